"""A quantity along a sweep or a training, with one place marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from infonb.plots.live.levels.frame import LETTER, Places

__all__ = ["beside_each_other", "draw_key", "draw_lines", "draw_quartiles", "mark", "note"]

#: Number of places up to which each has a dot.
_DOTS = 30


def draw_quartiles(
    axis: Any, places: Places, quartiles: ArrayLike, colour: Any, shift: float = 0.0
) -> None:
    """Draw a median with its quartiles (place, 3) along levels; bars replace bands for names."""
    quartiles = np.asarray(quartiles, float)
    there = np.isfinite(quartiles[:, 1])
    x, (low, middle, high) = places.x[there] + shift, quartiles[there].T
    if places.ordered:
        axis.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
        dots = {"marker": "o", "ms": 4} if len(x) <= _DOTS else {}
        axis.plot(x, middle, color=colour, linewidth=1.6, **dots)
    else:
        axis.vlines(x, low, high, color=colour, alpha=0.35, linewidth=4)
        axis.plot(x, middle, "o", color=colour, ms=4)


def draw_lines(axis: Any, places: ArrayLike, values: ArrayLike, colour: Any, dash: str) -> None:
    """
    Draw the mean of curves (curve, place), and their range as a band; dash "": dots and bars.

    NaN where a curve has ended; the mean goes as far as all do.
    """
    values = np.asarray(values, float)
    there = np.isfinite(values).any(axis=0)
    x, values = np.asarray(places, float)[there], values[:, there]
    if len(values) > 1 and x.size:
        low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
        if dash:
            axis.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
        else:
            axis.vlines(x, low, high, color=colour, alpha=0.35, linewidth=4)
    dots = {"marker": "o", "ms": 4} if len(x) <= _DOTS or not dash else {}
    axis.plot(x, values.mean(axis=0), color=colour, lw=1.6, linestyle=dash or "none", **dots)


def beside_each_other(places: Places, n: int) -> np.ndarray:
    """Return how far each of n layers stands from a place: 0 where lines join the places."""
    if places.ordered:
        return np.zeros(n)
    return 0.7 * (np.arange(n) - (n - 1) / 2) / n


def mark(axis: Any, x: float, points: Sequence[tuple[float, float, Any]], words: str) -> None:
    """Mark a level: a line through it, a ring (place, height, colour) a curve, its name above."""
    axis.axvline(x, color="0.25", linewidth=1.1, zorder=1.5)
    at, heights, colours = zip(*points, strict=True)
    axis.scatter(at, heights, s=60, c=colours, edgecolors="black", linewidths=1.4, zorder=3,
                 clip_on=False)  # fmt: skip
    left, right = axis.get_xlim()
    wide = 1.15 * LETTER * max(map(len, words.split("\n")))
    across = axis.get_position().width * axis.figure.get_figwidth()
    start = np.clip((x - left) / (right - left) * across - wide / 2, 0.0, max(across - wide, 0.0))
    axis.annotate(
        words, (start / across, 1.0), xycoords="axes fraction", xytext=(0, 4),
        textcoords="offset points", fontsize=10, fontweight="bold", va=_foot(words),
    )  # fmt: skip


def note(axis: Any, words: str) -> None:
    """Write words above the right end of axes, on one line or two."""
    axis.annotate(
        words, (1.0, 1.0), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
        ha="right", fontsize=9, color="0.3", va=_foot(words),
    )  # fmt: skip


def _foot(words: str) -> str:
    """Return what of the words stands above the axes: two lines do with all that they have."""
    return "bottom" if "\n" in words else "baseline"


def draw_key(axis: Any, curves: Sequence[tuple[str, float, Any, str]]) -> None:
    """Name curves (name, value at the marked level, colour, dash) on empty axes from 0 to 1."""
    step = min(0.3, 1.0 / max(len(curves), 1))
    for number, (name, value, colour, dash) in enumerate(curves):
        y = 0.95 - step * number
        if dash:
            axis.plot([0.0, 0.2], [y, y], color=colour, linestyle=dash, linewidth=2)
        else:
            axis.plot([0.1], [y], "o", color=colour, ms=6)
        words = f"{name}\n{value:.3g}" if np.isfinite(value) else name
        axis.text(0.26, y + 0.045, words, fontsize=10, va="top", linespacing=1.35)
