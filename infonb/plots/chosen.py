"""What belongs to the marked place of a course: boxes, values of curves, a density."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from infonb.plots.boxes import draw_box
from infonb.plots.course_frame import SIZE, darker, layer_colours
from infonb.plots.framed import FramedPicture

__all__ = ["density_frame", "draw_boxes", "draw_density", "draw_key", "note"]


def draw_boxes(
    axis: Any,
    values: Sequence[np.ndarray] | None,
    quartiles: np.ndarray,
    faint: np.ndarray | None,
) -> None:
    """
    Draw a box for each layer, beside a faint one for the same layer of the reference.

    Parameters
    ----------
    axis
        To draw on.
    values
        For each layer its values, for notched boxes with whiskers (`infonb.plots.boxes`); None:
        boxes of the quartiles only.
    quartiles
        Shape (layer, 3); a layer of NaN has no box.
    faint
        The same of the reference, or None.

    Examples
    --------
    >>> from infonb.plots.course_frame import Places, frame
    >>> places = Places(np.arange(2), ["0", "1"], "α", True)
    >>> picture = frame(places, ylim=(0, 3), ylabel="", boxes=["fc1"])
    >>> draw_boxes(picture.axes[1], None, np.array([[1, 2, 3]]), np.array([[0, 1, 2]]))
    >>> len(picture.axes[1].patches)
    2
    """
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    wide, shift = (0.62, 0.0) if faint is None else (0.42, 0.23)
    colours = layer_colours(len(quartiles))
    boxes = []
    if faint is not None:
        boxes += [(at - shift, faint[at], colour, 0.35) for at, colour in enumerate(colours)]
    if values is None:
        boxes += [(at + shift, quartiles[at], colour, 1.0) for at, colour in enumerate(colours)]
    else:
        for at, colour in enumerate(colours):
            if values[at].size:
                draw_box(axis, values[at], at + shift, wide, colour)
    boxes = [box for box in boxes if np.isfinite(box[1]).all()]
    for place, (low, _, high), colour, alpha in boxes:
        axis.add_patch(
            Rectangle(
                (place - wide / 2, low), wide, high - low, linewidth=0.8,
                facecolor=to_rgba(colour, alpha), edgecolor=to_rgba("black", alpha),
            )
        )  # fmt: skip
    if boxes:
        places = np.array([box[0] for box in boxes])
        axis.hlines(
            [box[1][1] for box in boxes], places - wide / 2, places + wide / 2, linewidth=2,
            colors=[to_rgba("black", box[3]) for box in boxes],
        )  # fmt: skip


def note(axis: Any, words: str) -> None:
    """
    Write words above the right end of axes.

    Examples
    --------
    >>> from infonb.plots.picture import subplots
    >>> _, axes = subplots()
    >>> note(axes[0, 0], "faint: α = 0")
    >>> axes[0, 0].texts[0].get_text()
    'faint: α = 0'
    """
    axis.annotate(
        words, (1.0, 1.0), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
        ha="right", fontsize=9, color="0.3",
    )  # fmt: skip


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
    >>> from infonb.plots.picture import subplots
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


def density_frame(
    curves: np.ndarray, xlim: ArrayLike, xlabel: str, title: str, note: str = ""
) -> FramedPicture:
    """
    Return an empty picture for any of some densities.

    Parameters
    ----------
    curves
        All that may be drawn, shape (curve, value). Where few peaks are far above the others, the
        axis ends below them: a peak that is cut off has its height beside it.
    xlim, xlabel
        The x axis.
    title
        Above it.
    note
        Below the x axis, in small letters.

    Examples
    --------
    >>> picture = density_frame(np.ones((3, 10)), (0, 1), "MI of a pair (nat)", "pairs of fc1")
    >>> print(f"{picture.axes[0].get_ylim()[1]:.2f}")
    1.05
    """
    bottom = 0.68 if note else 0.52
    picture = FramedPicture(SIZE, [(0.7, bottom, SIZE[0] - 0.82, SIZE[1] - bottom - 0.34)])
    axis = picture.axes[0]
    peaks = np.sort(np.nan_to_num(curves).max(axis=1))
    middling = peaks[(peaks.size - 1) // 2]
    top = 2.5 * middling if peaks[-1] > 4 * middling > 0 else peaks[-1]
    low, high = np.asarray(xlim, float)
    axis.set(xlim=(low, high), ylim=(0, 1.05 * (top or 1.0)))
    axis.set_xlabel(xlabel, fontsize=10)
    axis.set_ylabel("density of pairs", fontsize=10)
    picture.text(0.57, 0.02, note, fontsize=9, color="0.3", ha="center")
    axis.set_title(title, fontsize=10, loc="left", fontweight="bold")
    return picture


def draw_density(
    axis: Any, x: ArrayLike, y: ArrayLike, middle: float, colour: Any, label: str, *, faint: bool
) -> None:
    """
    Draw a density with its median as a tick on the axis, and its name at the right.

    Parameters
    ----------
    axis
        To draw on.
    x, y
        Shape (value,).
    middle
        The median.
    colour, label
        Of the curve.
    faint
        Dashed, and named above the other.

    Examples
    --------
    >>> axis = density_frame(np.ones((1, 2)), (0, 1), "", "").axes[0]
    >>> draw_density(axis, [0, 1], [1, 1], 0.5, "black", "α = 0: median 0.5", faint=True)
    >>> axis.texts[0].get_text()
    '- - α = 0: median 0.5'
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    dash, wide = ("--", 1.5) if faint else ("-", 2.2)
    axis.fill_between(x, y, color=colour, alpha=0.1 if faint else 0.3, linewidth=0)
    axis.plot(x, y, color=colour, linewidth=wide, linestyle=dash)
    axis.plot([middle], [0], "|", ms=16, mew=2.5, color=colour, clip_on=False)
    axis.text(
        0.995, 0.95 if faint else 0.86, f"{'- -' if faint else '—'} {label}", fontsize=10,
        color="0.35" if faint else darker(colour), fontweight="normal" if faint else "bold",
        ha="right", va="center", transform=axis.transAxes,
    )  # fmt: skip
    if y.max() > axis.get_ylim()[1]:
        axis.annotate(
            f"peak {y.max():.3g}", (x[y.argmax()], 1.0), xytext=(6, -10 if faint else -24),
            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=9,
        )  # fmt: skip
