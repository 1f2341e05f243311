"""The density of the pairs at the marked level, and at the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from infonb.plots.live.figure import LiveFigure
from infonb.plots.live.levels.colours import darker
from infonb.plots.live.levels.frame import SIZE

__all__ = ["density_frame", "draw_density"]

#: Points from the axes to the title: between them are the names of both curves.
_KEY = 36


def density_frame(
    curves: np.ndarray,
    xlim: ArrayLike,
    xlabel: str,
    title: str,
    note: str = "",
    of: str = "pairs",
) -> LiveFigure:
    """
    Return an empty picture for any of some densities (curve, value).

    Where few peaks are far above the others, the axis ends below them: a peak that is cut off has
    its height beside it.
    """
    bottom = 0.68 if note else 0.52
    picture = LiveFigure(SIZE, [(0.7, bottom, SIZE[0] - 0.82, SIZE[1] - bottom - 0.7)])
    axis = picture.axes[0]
    peaks = np.sort(np.nan_to_num(curves).max(axis=1))
    middling = peaks[(peaks.size - 1) // 2]
    top = 2.5 * middling if peaks[-1] > 4 * middling > 0 else peaks[-1]
    low, high = np.asarray(xlim, float)
    axis.set(xlim=(low, high), ylim=(0, 1.05 * (top or 1.0)))
    axis.set_xlabel(xlabel, fontsize=10)
    axis.set_ylabel(f"density of {of}", fontsize=10)
    picture.text(0.57, 0.02, note, fontsize=9, color="0.3", ha="center")
    axis.set_title(title, fontsize=10, loc="left", fontweight="bold", pad=_KEY)
    return picture


def draw_density(
    axis: Any, x: ArrayLike, y: ArrayLike, middle: float, colour: Any, label: str, *, faint: bool
) -> None:
    """Draw a density (value,), its median as a tick, its name at the right; faint: dashed."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    dash, wide = ("--", 1.5) if faint else ("-", 2.2)
    axis.fill_between(x, y, color=colour, alpha=0.1 if faint else 0.3, linewidth=0)
    axis.plot(x, y, color=colour, linewidth=wide, linestyle=dash)
    axis.plot([middle], [0], "|", ms=16, mew=2.5, color=colour, clip_on=False)
    axis.annotate(
        f"{'- -' if faint else '—'} {label}", (1.0, 1.0), xycoords="axes fraction",
        xytext=(0, 20 if faint else 6), textcoords="offset points", ha="right", fontsize=10,
        color="0.35" if faint else darker(colour), fontweight="normal" if faint else "bold",
    )  # fmt: skip
    if y.max() > axis.get_ylim()[1]:
        axis.annotate(
            f"peak {y.max():.3g}", (x[y.argmax()], 1.0), xytext=(6, -10 if faint else -24),
            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=9,
        )  # fmt: skip
