"""The figures of the page that no other page has: the course of memorization, and its company."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.density_memorization.answer import NAMES, chosen, with_minus
from infonb.experiments.density_memorization.claims import rate_words
from infonb.memorization import high_share_by_density
from infonb.plots import Picture, palette, plot_memorization, subplots

__all__ = ["plot_course", "plot_groups", "plot_information_course", "plot_neighbours", "plot_share"]

_GREY = "#8a8a8a"


def plot_course(table: xr.Dataset) -> Picture:
    """Draw q.95 of M along the training, and the log-density of images seen and not seen."""
    picture, axes = subplots(1, 2, size=(4.3, 3.1))
    left, right = axes[0]
    rates = table.learning_rate.values.tolist()
    said = []
    for rate, colour in zip(rates, palette(len(rates), "layers"), strict=True):
        one = table.sel(learning_rate=rate)
        words = f"rate {rate_words(rate)}"
        _lines(left, one.q95, colour, words)
        left.plot(one.checkpoint, one.q95_null.mean("seed"), ":", color=colour, lw=1.6)
        _lines(right, one.train_density, colour, f"{words}, trained on")
        right.plot(one.checkpoint, one.held_out_density.mean("seed"), "s--", color=colour, lw=2,
                   ms=4, label=f"{words}, held out")  # fmt: skip
        said.append(
            f"{words}: q.95 {_course(one.q95)}, of the null {_course(one.q95_null)}; log p "
            f"{_course(one.train_density)} trained on, {_course(one.held_out_density)} held out"
        )
    left.plot([], [], ":", color=_GREY, lw=1.6, label="null")
    left.set_title("q.95 of M (nat)", fontsize=10, loc="left")
    right.set_title("mean log p (nat)", fontsize=10, loc="left")
    for axis in axes[0]:
        axis.set_xlabel("epoch")
        axis.legend(frameon=False, fontsize=8.5)
    picture.alt = with_minus(f"By epoch. {'; '.join(said)}.")
    return picture


def plot_groups(runs: xr.Dataset) -> Picture:
    """Draw how M is distributed in each role, at the highest rate and the last checkpoint."""
    from matplotlib.ticker import NullFormatter

    mem = chosen(runs).mem.sel(score="log_density").mean("seed")
    seen = runs["role"].values
    of = runs["copy_of"].values[seen == "copies"]
    copies = of.size // np.unique(of).size
    names = {words.format(copies=copies): role for role, words in NAMES.items()}
    groups = {words: mem[seen == role] for words, role in names.items()}
    null = [words for words, role in names.items() if role == "null"]
    picture = plot_memorization(groups, null=null, name="memorization M (nat)")
    for axis in picture.axes:  # of a few images all ticks lie within one power of ten
        axis.yaxis.set_minor_formatter(NullFormatter())
    return picture


def plot_neighbours(runs: xr.Dataset) -> Picture:
    """Draw M of each image against its nearest-neighbour ratio, at the highest rate, at the end."""
    one = chosen(runs).isel(seed=0)
    mem = one.mem.sel(score="log_density")
    ratio = one.nearest_ratio.where(~one.held_out).mean(["repeat", "fold"])
    picture, axes = subplots(1, 1, size=(5.2, 3.4))
    axis: Any = axes[0, 0]
    roles = {"regular": "regular", "single": "shuffled, each once"}
    for colour, (role, words) in zip(palette(2, "layers"), roles.items(), strict=True):
        at = np.flatnonzero(runs["role"].values == role)
        axis.scatter(ratio.values[at], mem.values[at], s=14, alpha=0.6, lw=0, color=colour,
                     label=words)  # fmt: skip
    axis.axvline(1, color="0.75", lw=1, zorder=0)
    axis.set_xlabel("nearest-neighbour ratio ρ: above 1 generated images are nearer")
    axis.set_ylabel("M (nat)")
    axis.legend(frameon=False, fontsize=9)
    at = np.flatnonzero(np.isin(runs["role"].values, list(roles)))
    picture.alt = with_minus(
        f"M against ρ of {at.size} images: M {float(mem[at].min()):.1f} to "
        f"{float(mem[at].max()):.1f} nats, ρ {float(ratio[at].min()):.2f} to "
        f"{float(ratio[at].max()):.2f}."
    )
    return picture


def plot_share(runs: xr.Dataset, bins: int = 6) -> Picture:
    """Draw which share of the regular images is highly memorized, by their log-density."""
    one = chosen(runs).isel(seed=0).sel(score="log_density")
    at = np.flatnonzero(runs["role"].values == "regular")
    found = high_share_by_density(one.U.isel(sample=at), one.mem.isel(sample=at), bins)
    picture, axes = subplots(1, 1, size=(4.4, 3.4))
    axis: Any = axes[0, 0]
    share, low, high = found.share, *(found.interval.sel(bound=b) for b in ("low", "high"))
    there = found.n.values > 0
    axis.errorbar(
        found.bin.values[there], share.values[there], fmt="o", capsize=3,
        yerr=abs(np.stack([share - low, high - share]))[:, there], color=palette(1, "layers")[0],
    )  # fmt: skip
    axis.axhline(0.05, color=_GREY, ls=":", lw=1.6)
    axis.set_ylim(-0.02, None)
    axis.set_xlabel("log p in training, U (nat)")
    axis.set_ylabel("share above q.95 of M")
    told = ", ".join(
        f"{at:.0f} nats {share:.2f} of {n}"
        for at, share, n in zip(found.bin.values, share.values, found.n.values, strict=True) if n
    )  # fmt: skip
    picture.alt = with_minus(f"Share of highly memorized images by log p: {told}.")
    return picture


def plot_information_course(table: xr.Dataset) -> Picture:
    """Draw median entropy and MI of each layer along the training, at both ends of the rates."""
    entropy = table.entropy
    if "edges" in entropy.dims:  # in the ruler of the runs
        entropy = entropy.sel(edges=entropy.attrs["edges"], drop=True)
    layers = table.layer.values.tolist()
    panels = {"median entropy (nat)": entropy, "median MI of pairs (nat)": table.pair_information}
    picture, axes = subplots(1, 2, size=(4.3, 3.1))
    rates = sorted({float(table.learning_rate.min()), float(table.learning_rate.max())})
    said, handles = [], {}
    for axis, (words, values) in zip(axes[0], panels.items(), strict=True):
        for layer, colour in zip(layers, palette(len(layers), "names"), strict=True):
            for rate, line in zip(rates, ("o--", "o-")[-len(rates) :], strict=True):
                one = values.sel(layer=layer, learning_rate=rate).mean("seed")
                name = f"{layer}, rate {rate_words(rate)}"
                handles[name] = axis.plot(one.checkpoint, one, line, color=colour, lw=2, ms=4)[0]
                said.append(f"{words.split(' (')[0]} of {name}: {_course(one)}")
        axis.set_title(words, fontsize=10, loc="left")
        axis.set_xlabel("epoch")
    picture.legend(handles.values(), handles, loc="outside lower center", ncols=len(layers),
                   frameon=False, fontsize=8.5, handlelength=3.2)  # fmt: skip
    picture.alt = with_minus(f"By epoch. {'; '.join(said)}.")
    return picture


def _lines(axis: Any, values: xr.DataArray, colour: Any, words: str) -> None:
    """Draw a thin line for each repeat, and a thick one for their mean."""
    values = values.transpose("checkpoint", "seed")
    axis.plot(values.checkpoint, values, color=colour, lw=0.7, alpha=0.6)
    axis.plot(values.checkpoint, values.mean("seed"), "o-", color=colour, lw=2, ms=4, label=words)


def _course(values: xr.DataArray) -> str:
    mean = values.mean("seed") if "seed" in values.dims else values
    return " → ".join(f"{one:.2f}" for one in mean.values)
