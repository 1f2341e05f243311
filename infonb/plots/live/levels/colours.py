"""The colours of layers and of curves."""

from __future__ import annotations

from typing import Any

from infonb.plots.style import palette

__all__ = ["curve_colours", "darker", "layer_colours"]


def layer_colours(n: int) -> list[Any]:
    """Return a colour for each layer: distinct ones for a few, from dark to light for many."""
    return palette(n, "layers" if n <= 8 else "levels")


def curve_colours(n: int) -> list[Any]:
    """Return a colour for each curve, none of which is that of one of the first layers."""
    pink, grey, sky = (palette(10, "layers")[at] for at in (4, 7, 9))
    return [("0.1", pink, sky, grey)[number % 4] for number in range(n)]


def darker(colour: Any) -> Any:
    """Return a colour in which words are readable on white."""
    from matplotlib.colors import to_rgb

    return tuple(0.65 * part for part in to_rgb(colour))
