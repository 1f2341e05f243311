"""Controls that are easy to set with a mouse and by the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infonb.plots.live.names import numbers

__all__ = ["buttons", "choice", "named"]

#: Letters that there is room for beside a slider.
_SHORT = 10


def choice(options: Sequence[tuple[str, Any]], words: str, value: Any) -> Any:
    """Return a slider, which the arrow keys move everywhere, or a list if names are long."""
    import ipywidgets as widgets

    short = max(len(name) for name, _ in options) <= _SHORT
    kind = widgets.SelectionSlider if short else widgets.Dropdown
    return kind(options=options, value=value, description=words)


def named(labels: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return labels with their names: numbers with as many digits as tell them apart."""
    words = iter(numbers([label for label in labels if not isinstance(label, str)]))
    return [(label if isinstance(label, str) else next(words), label) for label in labels]


def buttons(options: Sequence[str], words: str, value: str) -> Any:
    """Return a row of buttons, one of which is chosen."""
    import ipywidgets as widgets

    narrow = {"button_width": "auto"}
    return widgets.ToggleButtons(options=options, value=value, description=words, style=narrow)
