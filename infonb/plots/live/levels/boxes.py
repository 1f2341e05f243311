"""Boxes of the marked level, beside those of the reference."""

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

    Of values (value,) boxes with notch and whiskers; without them, of `quartiles` (layer, 3) only.
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
