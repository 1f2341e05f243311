"""Choose a rate, an epoch and a place in the order of M: its images, and where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.density_memorization.answer import with_minus
from infonb.experiments.density_memorization.claims import rate_words

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_density", "ordered", "plot_chosen"]

_ENDS = ("highest", "median", "lowest")
_SHOWN = 8
_GREY = "#8a8a8a"


def ordered(mem: np.ndarray, end: str, n: int) -> np.ndarray:
    """Return places of the n samples of highest, middle or lowest memorization, from the top."""
    order = np.argsort(-mem, kind="stable")
    first = {"highest": 0, "median": (order.size - n) // 2, "lowest": order.size - n}[end]
    return order[max(first, 0) :][:n]


def plot_chosen(
    mem: xr.DataArray, images: np.ndarray, end: str, *, limits: tuple[float, float]
) -> Picture:
    """Draw the distribution of M, beside the null, and images of one of its ends; dims (sample)."""
    from infonb.plots import palette, subplots  # here, for it brings matplotlib along

    trained = np.flatnonzero(np.isin(mem["role"].values, ["regular", "single"]))
    null = np.flatnonzero(mem["role"].values == "null")
    at = trained[ordered(mem.values[trained], end, _SHOWN)]
    columns = _SHOWN // 2
    margins = {"left": 0.07, "right": 0.99, "top": 0.88, "bottom": 0.17, "wspace": 0.1,
               "hspace": 0.35}  # fmt: skip
    picture, axes = subplots(
        2, 1 + columns, size=(10.0 / (1 + columns), 1.55), margins=margins,
        width_ratios=[3.4, *[1] * columns],
    )  # fmt: skip
    grid = axes[0, 0].get_gridspec()
    for axis in axes[:, 0]:
        axis.remove()
    drawn: Any = picture.add_subplot(grid[:, 0])
    edges = np.linspace(*limits, 41)
    groups = {"trained on": (trained, palette(1, "layers")[0]), "null": (null, _GREY)}
    for words, (places, colour) in groups.items():
        drawn.hist(mem.values[places], edges, color=colour, alpha=0.75, log=True, label=words)
    drawn.set(ylim=(0.5, 2 * mem.size), xlim=limits)
    drawn.set_xlabel("M (nat)", fontsize=9)
    drawn.legend(frameon=False, fontsize=8.5)
    drawn.tick_params(labelsize=8.5)
    for place, image in zip(axes[:, 1:].flat, at, strict=False):
        place.imshow(images[image], cmap="gray_r", interpolation="nearest", vmin=0, vmax=1)
        place.set_title(f"{mem.values[image]:.1f}".replace("-", "−"), fontsize=9, pad=3)
    for place in axes[:, 1:].flat:
        place.set(xticks=[], yticks=[])
        place.spines[:].set(visible=True, color="0.7")
    told = ", ".join(f"{mem.values[one]:.1f}" for one in at)
    picture.alt = with_minus(
        f"M of {trained.size} images, mean {mem.values[trained].mean():.2f} nats, of the null "
        f"{mem.values[null].mean():.2f}; the {end} {at.size}: {told}."
    )
    return picture


def explore_density(runs: xr.Dataset, examples: xr.Dataset, *, interactive: bool = True) -> Panel:
    """Choose a rate, an epoch and an end of the order; nothing is computed anew."""
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    mem = runs.mem.sel(score="log_density", drop=True).mean("seed")
    images = examples["input"].values
    limits = float(mem.min()) - 0.5, float(mem.max()) + 0.5

    def draw(rate: float, epoch: int, images_of: str) -> Picture:
        one = mem.sel(learning_rate=rate, checkpoint=epoch)
        return plot_chosen(one, images, images_of, limits=limits)

    rates, epochs = (runs[dim].values.tolist() for dim in ("learning_rate", "checkpoint"))
    controls = {
        "rate": choice([(rate_words(one), one) for one in rates], "learning rate", max(rates)),
        "epoch": choice([(str(one), one) for one in epochs], "epoch", max(epochs)),
        "images_of": choice([(one, one) for one in _ENDS], "M", _ENDS[0]),
    }
    return Panel(draw, controls, interactive=interactive, owns_controls=True)
