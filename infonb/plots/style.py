"""Colours and words that all figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["label_of", "palette", "palette_kind"]

#: seaborn's "colorblind". Written here because loading seaborn takes longer than most drawings.
_COLOURBLIND = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc",
    "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip

#: Tol's "muted", for networks, its indigo lighter: black is seen on it. None is a layer's colour.
_MUTED = (
    "#cc6677", "#7570b3", "#999933", "#88ccee", "#882255",
    "#44aa99", "#ddcc77", "#aa4499", "#117733", "#777777",
)  # fmt: skip

SYMBOLS = {"alpha": "α", "beta": "β", "seed": "seed", "epoch": "epoch", "network": "network"}


def palette(n: int, kind: str) -> list:
    """
    Return colours that colour-blind readers can tell, of their own for each kind of thing.

    ``"levels"`` are ordered: viridis from end to end, but for the yellow that is too pale for a
    line on white. ``"layers"`` take the ten colours of seaborn's palette "colorblind" and
    ``"names"``, of networks, nearly Tol's "muted", again from the first if need be.

    References
    ----------
    Waskom (2021), seaborn: statistical data visualization, Journal of Open Source Software 6, 3021.
    Tol (2021), Colour Schemes, SRON technical note 09-002.

    Examples
    --------
    >>> len(palette(5, "levels"))
    5
    """
    if kind == "levels":
        from matplotlib import colormaps

        places = np.linspace(0, 0.88, n) if n > 1 else [0.5]
        return [tuple(colormaps["viridis"](place)[:3]) for place in places]
    from matplotlib.colors import to_rgb

    colours = _MUTED if kind == "names" else _COLOURBLIND
    return [to_rgb(colours[at % len(colours)]) for at in range(n)]


def palette_kind(levels: Sequence[Any]) -> str:
    """Return the palette for levels: ordered colours for numbers, distinct ones for names."""
    return "names" if any(isinstance(level, str) for level in levels) else "levels"


def label_of(dim: str | None, value: Any = None) -> str:
    """
    Return a dimension, or one of its labels, as words for a figure.

    Examples
    --------
    >>> label_of("alpha"), label_of("alpha", 0.5), label_of("network", "baseline")
    ('α', 'α = 0.5', 'baseline')
    """
    name = SYMBOLS.get(str(dim), str(dim))
    if value is None:
        return name
    return str(value) if isinstance(value, str) else f"{name} = {value:g}"
