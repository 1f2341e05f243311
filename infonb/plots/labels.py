"""Labels below an axis that never touch each other, and legends that fit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from infonb.plots.picture import Picture

__all__ = ["add_legend", "keep_apart", "touching"]


def touching(picture: Picture, axes: Sequence[Any]) -> bool:
    """Return whether any two labels below one of the axes touch, as the picture is laid out now."""
    picture.draw_without_rendering()
    for axis in axes:
        labels = [label for label in axis.get_xticklabels() if label.get_text()]
        boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
        ends = itertools.pairwise(boxes)
        if any(right.x0 - left.x1 < left.height / 2 for left, right in ends):
            return True
    return False


def keep_apart(picture: Picture, axes: Sequence[Any]) -> None:
    """
    Turn the labels below the axes, all by the same angle, if any of them would touch.

    Where even upright ones would, as many are left out as must be, at equal distances. The picture
    grows by the height of turned labels, so that they take no room from the panels.
    """
    if not touching(picture, axes):
        return
    before = picture.get_figheight()
    rows = len({axis.get_subplotspec().rowspan.start for axis in axes})
    for angle in (30, 90):
        for label in _labels(axes):
            label.set(rotation=angle, ha="right" if angle < 90 else "center")
            label.set_rotation_mode("anchor" if angle < 90 else "default")
        tallest = max(label.get_window_extent().height for label in _labels(axes))
        picture.set_figheight(before + rows * tallest / picture.dpi)
        picture.draw_without_rendering()
        # turned lines are a distance * sin(angle) apart
        needed = max(_height(picture, label) for label in _labels(axes)) / np.sin(np.deg2rad(angle))
        distance = min(_distance(axis) for axis in axes)
        if distance > needed:
            return
    step = int(np.ceil(needed / distance))
    for axis in axes:
        for number, label in enumerate(axis.get_xticklabels()):
            label.set_visible(number % step == 0)


def add_legend(picture: Picture, handles: Sequence[Any], names: Sequence[str]) -> Any:
    """Put a legend above all panels, in as many columns, at most 6, as there is room for."""
    legend: Any = None
    for rows in range(-(-len(names) // 6), len(names) + 1):
        for spacing in (2.0, 1.0):
            if legend is not None:
                legend.remove()
            legend = picture.legend(
                handles, names, loc="outside upper center", ncols=-(-len(names) // rows),
                columnspacing=spacing, frameon=False,
            )  # fmt: skip
            if legend.get_window_extent().width < picture.bbox.width:
                return legend
    return legend


def _labels(axes: Sequence[Any]) -> list[Any]:
    return [label for axis in axes for label in axis.get_xticklabels()]


def _height(picture: Picture, label: Any) -> float:
    """Return the height of a line of text in pixels, with a little room."""
    return 1.3 * label.get_size() * picture.dpi / 72


def _distance(axis: Any) -> float:
    """Return the smallest distance between two ticks in pixels."""
    places = np.asarray(axis.get_xticks(), float)
    pixels = axis.transData.transform(np.stack([places, np.zeros_like(places)], axis=1))[:, 0]
    return float(np.diff(np.sort(pixels)).min(initial=np.inf))
