"""The empty picture of levels: places along the x axis, and room for every word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from infonb.plots.live.figure import LiveFigure
from infonb.plots.live.levels.colours import darker, layer_colours
from infonb.plots.live.levels.scale import brief
from infonb.plots.live.names import distinct

__all__ = ["LETTER", "SIZE", "Places", "frame"]

#: Width and height of a picture, in inches.
SIZE = (4.9, 3.27)

#: Inches around the axes: left, right, top, bottom.
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.7, 0.12, 0.34, 0.69

#: Inches that a letter of a tick label takes at most.
LETTER = 0.078

#: Inches that a second line above the axes takes, and letters from which on a name needs it.
_LINE, _SHORT = 0.17, 14


@dataclass(frozen=True)
class Places:
    """Where the levels stand along the x axis, and what they are called."""

    x: np.ndarray
    names: list[str] | None
    """At the ticks; None: the axis is a scale of numbers."""
    label: str
    ordered: bool
    """Whether a line may join the levels; not so for names."""
    reach: np.ndarray | None = None
    """What the axis must hold besides."""
    ticks: dict[float, str] | None = None
    """Place → number there, on a scale that is not even."""

    @property
    def long(self) -> bool:
        """Whether the levels have long names, for which there are two lines above the axes."""
        return not self.ordered and max(map(len, self.names or [""])) > _SHORT


def frame(
    places: Places,
    *,
    ylim: tuple[float, float],
    ylabel: str,
    boxes: Sequence[str] = (),
    note: str = "",
    foot: str = "",
) -> LiveFigure:
    """
    Return an empty picture of levels, with second axes for what belongs to the marked one.

    Without `boxes` there is room for the names of curves. `note` stands below the boxes, `foot`
    below all: what lines and bands are.
    """
    width, height = SIZE
    top = _TOP + _LINE * places.long
    height += top - _TOP
    side = 1.5 if len(boxes) < 5 else 1.9
    across = width - _LEFT - _RIGHT - side - 0.12
    step, turned = _room(places, across)
    bottom = _BOTTOM
    if turned:  # the labels take no room from the axes
        bottom = _LINE + 0.25 + 0.78 * LETTER * max(map(len, distinct(places.names or [""], 18)))
        height += max(bottom - _BOTTOM, 0.0)
    shown = distinct(boxes, 14)
    upright = (sum(map(len, shown)) + len(shown)) * 1.1 * LETTER > side
    if upright:
        most = _LINE + (0.4 if note else 0.24) + 1.15 * LETTER * max(map(len, shown))
        height += max(most - bottom, 0.0)
        bottom = max(bottom, most)
    high = height - top - bottom
    picture = LiveFigure(
        (width, height),
        [(_LEFT, bottom, across, high), (width - _RIGHT - side, bottom, side, high)],
    )
    axis, beside = picture.axes
    x = places.x if places.reach is None else places.reach
    pad = 0.5 if places.names is not None else 0.03 * (np.ptp(x) or 1.0)
    axis.set(xlim=(x.min() - pad, x.max() + pad), ylim=ylim)
    axis.set_ylabel(ylabel, fontsize=10)
    axis.grid(axis="y", color="0.92", linewidth=0.8)
    axis.set_axisbelow(True)
    if places.names is None:
        axis.locator_params(axis="x", nbins=6, integer=True)
        if np.ptp(x) > 0.1 * np.abs(x).max():  # otherwise such numbers would be alike
            axis.xaxis.set_major_formatter(lambda number, _: brief(number))
        if places.ticks is not None:
            axis.set_xticks(list(places.ticks), list(places.ticks.values()))
    else:
        axis.set_xticks(places.x[::step], distinct(places.names or [""], 18)[::step])
        for label in axis.get_xticklabels() if turned else ():
            label.set(rotation=55, ha="right", rotation_mode="anchor", fontsize=9)
    if not turned:
        axis.set_xlabel(places.label, fontsize=10)
    picture.text(0.1 / width, 0.06 / height, foot, fontsize=9, color="0.3")
    if not boxes:
        beside.set_axis_off()
        beside.set(xlim=(0, 1), ylim=(0, 1))
        return picture
    beside.set(xlim=(-0.6, len(boxes) - 0.4), ylim=ylim)
    beside.set_xticks(range(len(boxes)), shown)
    beside.tick_params(labelleft=False, left=False)
    beside.grid(axis="y", color="0.92", linewidth=0.8)
    beside.set_axisbelow(True)
    beside.set_xlabel(note, fontsize=9, color="0.3")
    for label, colour in zip(beside.get_xticklabels(), layer_colours(len(boxes)), strict=True):
        label.set(color=darker(colour), fontweight="bold", fontsize=9.5)
        label.set(rotation=90 if upright else 0)
    return picture


def _room(places: Places, across: float) -> tuple[int, bool]:
    """Return that every so manieth level has its name, and whether names are turned."""
    if places.names is None:
        return 1, False
    distance = across / len(places.names)
    needed = LETTER * (max(map(len, distinct(places.names or [""], 18))) + 1.5)
    if needed <= distance:
        return 1, False
    if places.ordered:
        return int(np.ceil(needed / distance)), False
    return int(np.ceil(0.24 / distance)), True
