"""Choose a width and a number of strings: where on the curve, and what is known of each string."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.memorization_capacity.figures import GREY, draw_totals

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_capacity", "plot_choice"]


def plot_choice(runs: xr.Dataset, size: int, n_strings: int) -> Picture:
    """Draw the curves with one training marked, and the bits of each of its strings."""
    from infonb.plots import palette, subplots

    one = runs.sel(size=size, n_strings=n_strings)
    picture, axes = subplots(1, 2, size=(4.3, 3.3))
    left, right = axes[0]
    draw_totals(left, runs)
    total = float(one.total_bits.mean())
    left.plot([n_strings], [total], "o", ms=12, mfc="none", mec="black", mew=1.8)
    bits, most = one.bits.values, float(one.string_bits.mean())
    bits = bits[np.isfinite(bits)]
    shared = runs.bits.values[np.isfinite(runs.bits.values)]
    edges = np.linspace(min(float(shared.min()), 0.0), most, 41)
    right.hist(bits, edges, weights=np.full(bits.size, 1 / bits.size),
               color=palette(1, "layers")[0])  # fmt: skip
    right.axvline(most, color=GREY, ls="--", lw=1.2)
    recited = float(one.recited.sel(group="trained").mean())
    words = f"{100 * recited:.0f} % recited, {bits.mean():.1f} bit a string"
    right.set_title(words, fontsize=10, loc="left")
    right.set(xlabel="held of a string (bit)", ylabel="share of strings")
    left.set_title(
        f"width {size}, {n_strings:,} strings: {total:,.0f} bit", fontsize=10, loc="left"
    )
    picture.alt = (
        f"Width {size}, {n_strings:,} strings: {total:,.0f} bit held, {words} of {most:.0f}, "
        f"{float(one.fullness):.1f} times the capacity in the strings."
    )
    return picture


def explore_capacity(runs: xr.Dataset, *, interactive: bool = True) -> Panel:
    """
    Choose a width and a number of strings; all is measured already, and only looked up.

    Dims of `runs` as of `MemorizationCapacity`.
    """
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    names = ["total_bits", "bits", "string_bits", "clipped_each", "most_bits", "recited",
             "fullness", "n_parameters"]  # fmt: skip
    kept = runs[names].load()

    def draw(size: int, n_strings: int) -> Picture:
        return plot_choice(kept, size, n_strings)

    def options(dim: str) -> list[tuple[str, Any]]:
        return [(f"{value:,}", value) for value in kept[dim].values.tolist()]

    controls = {
        "size": choice(options("size"), "width", kept["size"].values.tolist()[0]),
        "n_strings": choice(options("n_strings"), "strings", kept.n_strings.values.tolist()[-1]),
    }
    return Panel(draw, controls, interactive=interactive, owns_controls=True)
