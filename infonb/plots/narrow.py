"""Figures that are drawn twice: for a page, and as narrow as the screen of a phone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec, cast

from infonb.plots.picture import DPI, Picture

__all__ = ["NARROW", "with_narrow"]

#: Inches: what a phone of 390 pixels shows in full, at the size that it has.
NARROW = 350 / DPI

Options = ParamSpec("Options")


def with_narrow(draw: Callable[Options, Picture]) -> Callable[Options, Picture]:
    """
    Let a plot that has a `width` give wide pictures a narrow one, which pages show on phones.

    It is the same plot of the same data at the width `NARROW`, drawn when a picture is shown.
    """
    signature = inspect.signature(draw)

    @wraps(draw)
    def drawn(*args: Options.args, **options: Options.kwargs) -> Picture:
        picture = draw(*args, **options)
        if picture.get_figwidth() > NARROW:
            given = signature.bind(*args, **options).arguments | {"width": NARROW}
            picture.narrow = cast(Callable[[], Picture], partial(draw, **given))
        return picture

    return drawn
