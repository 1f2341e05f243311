"""Boxes of the marked place of a course, beside those of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from infonb.plots.boxes import draw_box
from infonb.plots.live.levels.colours import layer_colours

__all__ = ["draw_boxes"]


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
    >>> from infonb.plots.live.levels.frame import Places, frame
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
