"""The figures of the page: accuracies, the matrix of pairs, the laws, and information."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.generalizable_memorizers.answer import accuracy_of_layers
from infonb.experiments.generalizable_memorizers.readings import ratio_of
from infonb.plots import Picture, palette, subplots

__all__ = [
    "plot_accuracy", "plot_information", "plot_matrix", "plot_parity", "plot_sizes", "plot_width",
]  # fmt: skip

_GREY = "#8a8a8a"
#: Pairs of single digits from which on they are drawn as a matrix.
_MATRIX = 10


def plot_accuracy(runs: xr.Dataset) -> Picture:
    """Draw the accuracy of each memorizer on images not seen, a point for each pair."""
    kinds = runs.memorizer.values.tolist()
    picture, axes = subplots(1, 1, size=(6.2, 3.3))
    axis: Any = axes[0, 0]
    colours, said = palette(len(kinds), "names"), []
    for at, (kind, colour) in enumerate(zip(kinds, colours, strict=True)):
        values = runs["accuracy"].sel(memorizer=kind).mean("seed").values
        spread = np.linspace(-0.22, 0.02, values.size) if values.size > 1 else np.zeros(1)
        axis.plot(at + spread, values, "o", color=colour, ms=5, alpha=0.8)
        axis.plot([at - 0.3, at + 0.1], [values.mean()] * 2, color=colour, lw=2.2)
        null = runs["accuracy_null"].sel(memorizer=kind).mean("seed").values
        axis.plot(np.full(null.size, at + 0.25), null, "_", color=_GREY, ms=9, mew=1.6)
        axis.plot([at + 0.36], [runs["train_accuracy"].sel(memorizer=kind).mean()], "^",
                  color="0.25", ms=5)  # fmt: skip
        said.append(
            f"{kind} {values.mean():.3f} held out ({values.min():.3f} to {values.max():.3f})"
            + (f", null {null.mean():.3f}" if np.isfinite(null).any() else "")
        )
    axis.axhline(0.5, color="0.6", ls=":", lw=1.2, zorder=0)
    axis.plot([], [], "o", color=_GREY, ms=5, label="held out, a pair each")
    axis.plot([], [], "^", color="0.25", ms=5, label="training images")
    if bool(runs["accuracy_null"].notnull().any()):
        axis.plot([], [], "_", color=_GREY, ms=9, mew=1.6, label="null: labels permuted")
    axis.set_xticks(range(len(kinds)), kinds)
    axis.set_xlim(-0.5, len(kinds) - 0.4)
    axis.set_ylabel("accuracy")
    picture.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    picture.alt = f"Accuracy of memorizers over {runs.sizes['pair']} pairs: {'; '.join(said)}."
    return picture


def plot_matrix(runs: xr.Dataset) -> Picture | None:
    """Draw the accuracy of each pair of digits, a matrix for each memorizer; None of few pairs."""
    pairs = [one for one in runs.pair.values.tolist() if len(one) == 3]
    if len(pairs) < _MATRIX:
        return None
    kinds = runs.memorizer.values.tolist()
    columns = 2
    rows = -(-len(kinds) // columns)
    picture, axes = subplots(rows, columns, size=(4.4, 3.7))
    said = []
    for axis, kind in zip(axes.flat, kinds, strict=False):
        values = runs["accuracy"].sel(memorizer=kind, pair=pairs).mean("seed")
        low = 100 * float(values.min())
        matrix = np.full((10, 10), np.nan)
        for pair, value in zip(pairs, values.values, strict=True):
            first, second = sorted((int(pair[0]), int(pair[2])))
            matrix[second, first] = 100 * value
        image = axis.imshow(matrix[1:, :9], cmap="viridis", vmin=low, vmax=100)
        for (row, column), value in np.ndenumerate(matrix[1:, :9]):
            if np.isfinite(value):
                dark = (value - low) / max(100 - low, 1e-9) < 0.6
                axis.text(column, row, f"{value:.1f}" if value < 99.95 else "100", ha="center",
                          va="center", fontsize=7.5,
                          color="white" if dark else "black")  # fmt: skip
        axis.set_xticks(range(9), range(9))
        axis.set_yticks(range(9), range(1, 10))
        axis.set_title(f"{kind} (%)", fontsize=10, loc="left")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
        picture.colorbar(image, ax=axis, shrink=0.8)
        hardest = pairs[int(np.nanargmin(values.values))]
        said.append(f"{kind} {low:.1f} (pair {hardest}) to {100 * float(values.max()):.1f} %")
    for axis in axes.flat[len(kinds) :]:
        axis.set_visible(False)
    picture.alt = f"Accuracy of {len(pairs)} pairs of digits: {'; '.join(said)}."
    return picture


def plot_width(runs: xr.Dataset) -> Picture:
    """Draw accuracy on points not seen by the width of the first layer, for numbers of points."""
    picture, axes = subplots(1, 1, size=(4.6, 3.2))
    axis: Any = axes[0, 0]
    counts, said = runs.law_points.values.tolist(), []
    for n, colour in zip(counts, palette(len(counts), "layers"), strict=True):
        one = runs["width_accuracy"].sel(law_points=n).transpose("rank", "draw")
        axis.plot(one["rank"], one, "o", color=colour, ms=3, alpha=0.5)
        axis.plot(one["rank"], one.mean("draw"), color=colour, lw=2, label=f"{n:,} points")
        said.append(f"{n:,} points {_course(one.mean('draw'))}")
    axis.axhline(1, color="0.7", lw=1, zorder=0)
    axis.set_xticks(runs["rank"].values)
    axis.set_xlabel(f"width of the first layer (dimension {runs.sizes['rank']})")
    axis.set_ylabel("accuracy")
    axis.legend(frameon=False, fontsize=9, loc="lower right")
    picture.alt = f"Accuracy by width 1 to {runs.sizes['rank']}: {'; '.join(said)}."
    return picture


def plot_sizes(runs: xr.Dataset) -> Picture:
    """Draw how many parameters bits and cells need, by the number of points."""
    picture, axes = subplots(1, 1, size=(4.6, 3.2))
    axis: Any = axes[0, 0]
    lines = {
        "cells": runs["cell_parameters"].mean("draw"),
        "the points, N (n + 2)": runs["point_numbers"],
        "bits": runs["bit_parameters"].mean("draw"),
        "bits of one number": runs["word_bits"].mean("draw"),
    }
    for (words, values), colour in zip(lines.items(), palette(4, "names"), strict=True):
        axis.plot(runs.bit_points, values, "o-", color=colour, lw=2, ms=4, label=words)
    axis.axhline(52, color="0.6", ls=":", lw=1.2, zorder=0)
    axis.annotate("float64: 52 bits", (1, 52), xycoords=("axes fraction", "data"), ha="right",
                  va="bottom", fontsize=8.5, color="0.35")  # fmt: skip
    axis.set(xscale="log", yscale="log")
    ticks = runs.bit_points.values
    axis.set_xticks(ticks, [f"{one:,}" for one in ticks])
    axis.minorticks_off()
    axis.set_xlabel("points N")
    axis.set_ylabel("parameters")
    axis.legend(frameon=False, fontsize=8.5)
    told = "; ".join(f"{words} {_course(values, 0)}" for words, values in lines.items())
    picture.alt = f"By points {', '.join(f'{one:,}' for one in ticks)}: {told}."
    return picture


def plot_parity(runs: xr.Dataset) -> Picture:
    """Draw how cells decide on corners of a cube that they have seen or not, by the share seen."""
    picture, axes = subplots(1, 1, size=(4.6, 3.2))
    axis: Any = axes[0, 0]
    lines = {"corners not seen": "parity_unseen", "all corners": "parity_all"}
    said = []
    for (words, name), colour in zip(lines.items(), palette(2, "layers"), strict=True):
        one = runs[name].transpose("seen", "draw")
        axis.plot(one.seen, one, "o", color=colour, ms=3, alpha=0.5)
        axis.plot(one.seen, one.mean("draw"), color=colour, lw=2, label=words)
        said.append(f"{words} {_course(one.mean('draw'))}")
    axis.axhline(0.5, color="0.6", ls=":", lw=1.2, zorder=0)
    axis.set_xlabel("share of the corners that is memorized")
    axis.set_ylabel("accuracy")
    axis.set_ylim(-0.04, 1.04)
    axis.legend(frameon=False, fontsize=9)
    shares = ", ".join(f"{one:g}" for one in runs.seen.values)
    picture.alt = f"Accuracy by share seen ({shares}): {'; '.join(said)}."
    return picture


def plot_information(runs: xr.Dataset) -> Picture | None:
    """Draw accuracy against entropy and MI / H of each layer; None where they were not measured."""
    ratio = ratio_of(runs)
    there = [one for one in runs.layer.values.tolist() if ratio.sel(layer=one).notnull().any()]
    if not there:
        return None
    entropy = runs["entropy"].max(["memorizer", "pair"])
    accuracy = accuracy_of_layers(runs)
    picture, axes = subplots(1, 2, size=(3.6, 3.2), sharey=True)
    said = []
    for layer, colour in zip(there, palette(len(there), "names"), strict=True):
        height = float(accuracy.sel(layer=layer))
        for axis, values in zip(axes[0], (entropy, ratio), strict=True):
            one = values.sel(layer=layer).values
            axis.plot(one, [height] * one.size, "o", color=colour, ms=6, alpha=0.75, label=layer)
        said.append(
            f"{layer}: accuracy {height:.2f}, H {float(entropy.sel(layer=layer).mean()):.2f} nat, "
            f"MI/H {float(ratio.sel(layer=layer).mean()):.3f}"
        )
    axes[0, 0].set_xlabel("mean entropy H (nat)")
    axes[0, 1].set_xlabel("mean MI of pairs / H")
    axes[0, 0].set_ylabel("accuracy")
    axes[0, 0].set_ylim(0.45, 1.02)
    handles, names = axes[0, 0].get_legend_handles_labels()
    picture.legend(handles, names, loc="outside lower center", ncols=len(there), frameon=False,
                   fontsize=8.5, handletextpad=0.2)  # fmt: skip
    picture.alt = f"{'; '.join(said)}."
    return picture


def _course(values: xr.DataArray, digits: int = 3) -> str:
    return " → ".join(f"{float(one):,.{digits}f}" for one in values.values)
