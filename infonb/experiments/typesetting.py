"""Tables of numbers as a page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler

__all__ = ["typeset"]


def typeset(table: pd.DataFrame, digits: int = 3) -> Styler:
    """Return a table whose numbers have minus signs, and whose checks say yes or no."""

    def words(value: Any) -> str:
        if value is None:
            return "–"
        if isinstance(value, bool | np.bool_):
            return "yes" if value else "no"
        if isinstance(value, float | np.floating):
            number = float(value)
            if np.isnan(number):
                return "–"
            if abs(number) >= 100:
                return f"{number:,.0f}".replace("-", "−")
            return f"{round(number, digits) + 0.0:.{digits}f}".replace("-", "−")  # no −0
        return f"{value:,}" if isinstance(value, int | np.integer) else str(value)

    return table.rename_axis(None).rename_axis(None, axis=1).style.format(words)
