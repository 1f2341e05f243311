"""A quantity along a sweep or a training, with one place marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from infonb.plots.live.levels.frame import LETTER, Places

__all__ = ["beside_each_other", "draw_course", "draw_key", "draw_lines", "mark", "note"]

#: Number of places up to which each has a dot.
_DOTS = 30


def draw_course(
    axis: Any, places: Places, quartiles: ArrayLike, colour: Any, shift: float = 0.0
) -> None:
    """
    Draw a median with its quartiles along a course.

    Parameters
    ----------
    axis
        To draw on.
    places
        The x axis.
    quartiles
        Shape (place, 3): first quartile, median, third; NaN where nothing was measured.
    colour
        Of all of it.
    shift
        Along the x axis, for names, where bars beside each other replace bands.

    Examples
    --------
    >>> from infonb.plots.live.levels.frame import frame
    >>> places = Places(np.arange(2), ["0", "1"], "α", True)
    >>> picture = frame(places, ylim=(0, 4), ylabel="")
    >>> draw_course(picture.axes[0], places, [[1, 2, 3], [0, 1, 2]], "tab:blue")
    >>> picture.axes[0].lines[0].get_ydata()
    array([2., 1.])
    """
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
    Draw the mean of some curves, and their range as a band.

    Parameters
    ----------
    axis
        To draw on.
    places
        Shape (place,).
    values
        Shape (curve, place); NaN where a curve has ended. The mean is drawn as far as all go.
    colour, dash
        Of the line; dash ``""`` draws dots and bars.

    Examples
    --------
    >>> from infonb.plots.live.levels.frame import frame
    >>> places = Places(np.arange(2), ["0", "1"], "α", True)
    >>> picture = frame(places, ylim=(0, 1), ylabel="accuracy")
    >>> draw_lines(picture.axes[0], [0, 1], [[0.5, 0.7], [0.7, 0.9]], "tab:blue", "-")
    >>> picture.axes[0].lines[0].get_ydata().round(2)
    array([0.6, 0.8])
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
    """
    Return how far each of n layers stands from a place: 0 where lines join the places.

    Examples
    --------
    >>> beside_each_other(Places(np.arange(2), ["a", "b"], "network", False), 2).round(2)
    array([-0.18,  0.18])
    """
    if places.ordered:
        return np.zeros(n)
    return 0.7 * (np.arange(n) - (n - 1) / 2) / n


def mark(axis: Any, x: float, points: Sequence[tuple[float, float, Any]], words: str) -> None:
    """
    Mark a place of a course: a line through it, a ring on each curve, and its name above.

    Parameters
    ----------
    axis
        To draw on.
    x
        The place.
    points
        Place, height and colour of each ring; none is drawn at a height of NaN.
    words
        Above the line, on one line or two.

    Examples
    --------
    >>> from infonb.plots.live.levels.frame import frame
    >>> places = Places(np.arange(2), ["0", "1"], "α", True)
    >>> picture = frame(places, ylim=(0, 3), ylabel="")
    >>> mark(picture.axes[0], 1, [(1, 2.0, "tab:blue")], "α = 1")
    >>> picture.axes[0].texts[0].get_text()
    'α = 1'
    """
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
    """
    Write words above the right end of axes, on one line or two.

    Examples
    --------
    >>> from infonb.plots.style import subplots
    >>> _, axes = subplots()
    >>> note(axes[0, 0], "faint: α = 0")
    >>> axes[0, 0].texts[0].get_text()
    'faint: α = 0'
    """
    axis.annotate(
        words, (1.0, 1.0), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
        ha="right", fontsize=9, color="0.3", va=_foot(words),
    )  # fmt: skip


def _foot(words: str) -> str:
    """Return what of the words stands above the axes: two lines do with all that they have."""
    return "bottom" if "\n" in words else "baseline"


def draw_key(axis: Any, curves: Sequence[tuple[str, float, Any, str]]) -> None:
    r"""
    Name curves, each with its value at the marked place.

    Parameters
    ----------
    axis
        Empty axes from 0 to 1.
    curves
        Name, value (NaN: none), colour and dash (empty: dots).

    Examples
    --------
    >>> from infonb.plots.style import subplots
    >>> _, axes = subplots()
    >>> draw_key(axes[0, 0], [("training", 0.987, "black", "-")])
    >>> axes[0, 0].texts[0].get_text()
    'training\n0.987'
    """
    step = min(0.3, 1.0 / max(len(curves), 1))
    for number, (name, value, colour, dash) in enumerate(curves):
        y = 0.95 - step * number
        if dash:
            axis.plot([0.0, 0.2], [y, y], color=colour, linestyle=dash, linewidth=2)
        else:
            axis.plot([0.1], [y], "o", color=colour, ms=6)
        words = f"{name}\n{value:.3g}" if np.isfinite(value) else name
        axis.text(0.26, y + 0.045, words, fontsize=10, va="top", linespacing=1.35)
