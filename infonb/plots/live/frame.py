"""An empty live figure with one axes and a title, at fixed places."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from infonb.plots.live.figure import LiveFigure

__all__ = ["BOTTOM", "LEFT", "TOP", "fit", "frame", "with_offset"]

#: Inches left of the axes, below, and above them.
LEFT, BOTTOM, TOP = 0.7, 0.46, 0.54


def frame(
    size: tuple[float, float], *, right: float = 0.12, axes_width: float | None = None
) -> tuple[LiveFigure, Any, Any]:
    """Return a picture, its axes and the text above them, at fixed places; sizes in inches."""
    width, height = size
    across = axes_width or width - LEFT - right
    up = height - BOTTOM - TOP
    picture = LiveFigure(size, [(LEFT, BOTTOM, across, up)])
    axis: Any = picture.axes[0]
    axis.tick_params(labelsize=9)
    axis.xaxis.label.set_size(10)
    axis.yaxis.label.set_size(10)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.ticklabel_format(scilimits=(-3, 4))  # a power of ten beside the axis, not long numbers
    # with these given, matplotlib looks for no free place
    axis.xaxis.set_label_coords(0.5, -0.26 / up)
    axis.yaxis.set_label_coords(-0.55 / across, 0.5)
    title = axis.set_title("", loc="left", x=-0.55 / across, y=1 + 0.14 / up, fontsize=10)
    title.set_linespacing(1.15)
    for text in (title, axis.xaxis.label, axis.yaxis.label):
        text.set_parse_math(False)  # a "$" in a name is no formula
    for one in (axis.xaxis, axis.yaxis):
        one.offsetText.set_visible(False)  # beside the title there is no room: see `with_offset`
    return picture, axis, title


def with_offset(axis: Any, words: str) -> str:
    """Return the label of an axis (``axes.xaxis``), with what all its ticks have in common."""
    formatter = axis.get_major_formatter()
    formatter.set_locs(axis.get_majorticklocs())
    offset = formatter.get_offset()
    if not offset:
        return words
    at = next((at for at in range(1, len(offset)) if offset[at] in "+−" and offset[at - 1] != "e"),
              0 if offset[0] in "+−" else len(offset))  # fmt: skip
    factor, start = offset[:at], offset[at:]
    parts = [f"× {factor}"] * bool(factor) + [f"{start[:1]} {start[1:]}"] * bool(start)
    return f"{words} (ticks {' '.join(parts)})"


def fit(values: np.ndarray, margin: float = 0.04, least: float = 0.0) -> tuple[float, float]:
    """Return limits of an axis that shows all values with a margin, also of a constant."""
    low, high = float(np.min(values)), float(np.max(values))
    if low < high < low + least:
        middle = (low + high) / 2
        return middle - least / 2, middle + least / 2
    if low == high:
        return low - 0.5, high + 0.5
    return low - margin * (high - low), high + margin * (high - low)
