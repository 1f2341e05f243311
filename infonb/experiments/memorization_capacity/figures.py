"""Figures: bits against strings, capacity against parameters, convergence, what neurons show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.dims import median_within_layers
from infonb.experiments.memorization_capacity.capacity import PUBLISHED, alike, bits_along

if TYPE_CHECKING:
    from infonb.plots import Picture

__all__ = ["draw_totals", "plot_capacity", "plot_convergence", "plot_information",
           "plot_recited", "plot_totals"]  # fmt: skip

GREY = "#8a8a8a"


def plot_totals(runs: xr.Dataset) -> Picture:
    """Draw the bits that networks hold against the number of strings, a line for each width."""
    from infonb.plots import subplots

    picture, axes = subplots(1, 1, size=(6.4, 4.0))
    said = draw_totals(axes[0, 0], runs)
    axes[0, 0].legend(frameon=False, fontsize=8.5, loc="upper left")
    picture.alt = f"Bits held by number of strings {_listed(runs.n_strings)}: {said}."
    return picture


def draw_totals(axis: Any, runs: xr.Dataset) -> str:
    """Draw total bits on an axis; return them in words."""
    x = runs.n_strings.values
    offered = runs.most_bits.mean(["seed", "size"])
    axis.plot(x, offered, ls="--", color=GREY, lw=1.2, label="all that can be held of the strings")
    null = (runs.clipped_each.sel(group="held out") * runs.n_strings).mean(["seed", "size"])
    axis.plot(x, null, color=GREY, lw=2, label="as many held-out strings (each at least 0)")
    parameters, said = alike(runs.n_parameters), []
    for size, colour in _colours(runs):
        one = runs.total_bits.sel(size=size).transpose("n_strings", "seed")
        axis.plot(x, one, color=colour, lw=0.6, alpha=0.7)
        words = f"width {size}, {int(parameters.sel(size=size)):,} parameters"
        axis.plot(x, one.mean("seed"), "o-", ms=4.5, lw=2, color=colour, label=words)
        said.append(f"width {size} " + ", ".join(f"{value:,.0f}" for value in one.mean("seed")))
    top = float(runs.total_bits.max())
    axis.set(
        xlabel="random strings trained on", ylabel="held (bit)", ylim=(-0.04 * top, 1.45 * top)
    )
    axis.grid(alpha=0.3)
    return "; ".join(said)


def plot_capacity(runs: xr.Dataset) -> Picture:
    """Draw the capacity of each width against its parameters, beside the published line."""
    from infonb.plots import subplots

    picture, axes = subplots(1, 1, size=(5.2, 3.6))
    axis = axes[0, 0]
    x = alike(runs.n_parameters).values.astype(float)
    each = float(runs.capacity_per_parameter.mean())
    line = np.array([0, 1.08 * x.max()])
    axis.plot(line, PUBLISHED * line, ls="--", color=GREY, lw=1.2,
              label=f"{PUBLISHED} bits a parameter (paper)")  # fmt: skip
    axis.plot(line, each * line, color=GREY, lw=1.2, label=f"{each:.2f} bits a parameter (here)")
    said = []
    for (size, colour), parameters in zip(_colours(runs), x, strict=True):
        found = runs.capacity.sel(size=size).values
        axis.plot(np.full(found.size, parameters), found, "o", ms=6, color=colour, alpha=0.8)
        said.append(f"{parameters:,.0f} parameters {found.mean():,.0f}")
    axis.set(xlabel="parameters", ylabel="capacity (bit)", xlim=(0, line[1]))
    axis.set_ylim(0, PUBLISHED * line[1])
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize=8.5, loc="upper left")
    picture.alt = f"Capacity in bits: {'; '.join(said)}; {each:.2f} bits a parameter."
    return picture


def plot_recited(runs: xr.Dataset) -> Picture:
    """Draw the share of strings that are recited, and the bits held of each, by their number."""
    from infonb.plots import subplots

    picture, axes = subplots(1, 2, size=(3.7, 3.3))
    names = {"recited": "share recited", "bits_each": "held of a string (bit)"}
    x, said = runs.n_strings.values, []
    for axis, (name, words) in zip(axes[0], names.items(), strict=True):
        for size, colour in _colours(runs):
            found = runs[name].sel(size=size, group="trained").transpose("n_strings", "seed")
            axis.plot(x, found, color=colour, lw=0.6, alpha=0.7)
            mean = found.mean("seed")
            axis.plot(x, mean, "o-", ms=4, lw=2, color=colour, label=f"width {size}")
            said.append(f"{words} of width {size} " + ", ".join(f"{v:.2f}" for v in mean))
        axis.set(xlabel="random strings trained on", title=words)
        axis.title.set_fontsize(10)
        axis.grid(alpha=0.3)
    null = runs.recited.sel(group="held out").mean(["size", "seed"])
    axes[0, 0].plot(x, null, color=GREY, lw=2, label="held out")
    axes[0, 0].set_ylim(-0.03, 1.03)
    most = (runs.most_bits / runs.n_strings).mean(["seed", "size"])
    axes[0, 1].plot(x, most, color=GREY, ls="--", lw=1.2)
    axes[0, 1].set_ylim(0, 1.06 * float(runs.string_bits.mean()))
    axes[0, 0].legend(frameon=False, fontsize=8.5)
    picture.alt = f"By number of strings {_listed(runs.n_strings)}: {'; '.join(said)}."
    return picture


def plot_convergence(runs: xr.Dataset) -> Picture:
    """Draw the bits a parameter in the course of training, on the most strings."""
    from infonb.plots import subplots

    picture, axes = subplots(1, 1, size=(5.2, 3.6))
    axis = axes[0, 0]
    course = bits_along(runs).isel(n_strings=-1) / alike(runs.n_parameters)
    steps, said = course.epoch.values, []
    for size, colour in _colours(runs):
        one = course.sel(size=size).transpose("epoch", "seed")
        axis.plot(steps, one, color=colour, lw=0.6, alpha=0.6)
        mean = one.mean("seed")
        axis.plot(steps, mean, color=colour, lw=2, label=f"width {size}")
        half = float(mean[len(mean) // 2])
        said.append(f"width {size} {half:.2f} half-way, {float(mean[-1]):.2f} at the end")
    axis.axhline(PUBLISHED, ls="--", color=GREY, lw=1.2)
    axis.annotate("paper", (steps[-1], PUBLISHED), ha="right", va="top", fontsize=8.5,
                  xytext=(0, -3), textcoords="offset points", color=GREY)  # fmt: skip
    axis.set(xlabel="step", ylabel="bits a parameter", ylim=(0, PUBLISHED * 1.06))
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize=8.5, loc=(0.04, 0.64))
    picture.alt = f"Bits a parameter along {steps.size} steps: {'; '.join(said)}."
    return picture


def plot_information(runs: xr.Dataset) -> Picture:
    """Draw median entropy and MI of the MLPs' neurons against how full the network is."""
    from infonb.plots import subplots

    values = {
        "entropy (nat)": runs.entropy.median("neuron"),
        "mutual information (nat)": median_within_layers(runs.mutual_information),
    }
    picture, axes = subplots(1, 2, size=(3.7, 3.3))
    said = []
    for axis, (name, found) in zip(axes[0], values.items(), strict=True):
        found = found.mean("layer")
        axis.axvline(1, color=GREY, ls="--", lw=1.2)
        for size, colour in _colours(runs):
            x, one = (part.sel(size=size) for part in (runs.fullness, found))
            one = one.transpose("n_strings", "seed")
            axis.plot(x, one, "o", ms=3, color=colour, alpha=0.6)
            axis.plot(x, one.mean("seed"), color=colour, lw=2, label=f"width {size}")
            said.append(
                f"{name} of width {size} " + ", ".join(f"{v:.2f}" for v in one.mean("seed"))
            )
        axis.set(xlabel="bits in the strings / capacity", xscale="log", title=name)
        low, high = float(runs.fullness.min()), float(runs.fullness.max())
        ticks = [
            tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if 0.8 * low < tick < 1.25 * high
        ]
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.title.set_fontsize(10)
        axis.grid(alpha=0.3)
    # a ground of its own: a dashed line may stand behind it
    axes[0, 0].legend(framealpha=0.9, edgecolor="none", fontsize=8.5)
    picture.alt = f"By number of strings {_listed(runs.n_strings)}: {'; '.join(said)}."
    return picture


def _colours(runs: xr.Dataset) -> list[tuple[int, Any]]:
    from infonb.plots import palette

    sizes = runs["size"].values.tolist()
    return list(zip(sizes, palette(len(sizes), "levels"), strict=True))


def _listed(values: xr.DataArray) -> str:
    return ", ".join(f"{value:,}" for value in values.values.tolist())
