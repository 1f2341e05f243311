"""Pictures that are laid out once, and drawn anew in the same places."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from infonb.plots.picture import Picture

__all__ = ["settled"]


def settled(draw: Callable[..., Picture]) -> Callable[..., Picture]:
    """
    Return the function with pictures laid out as the first: places are worked out only once.

    All have the same words around the same axes, and this takes twice as long as the drawing.
    """
    before: Picture | None = None

    @functools.wraps(draw)
    def drawn(**chosen: Any) -> Picture:
        nonlocal before
        picture = draw(**chosen)
        if before is not None:
            picture.set_layout_engine("none")
            for axis, place in zip(picture.axes, before.axes, strict=True):
                axis.set_position(place.get_position(original=True))
        before = picture
        return picture

    return drawn
