"""The figures of the page that no other page has: training, depth, gates, bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.logic_gates.claims import CHANCE
from infonb.experiments.logic_gates.kinds import (
    CLEAN,
    GAUSSIAN,
    kind_of,
    pairs_of_depth,
    with_noise,
)
from infonb.plots import Picture, palette, subplots

__all__ = [
    "plot_course", "plot_density", "plot_depth", "plot_estimators", "plot_gates",
    "plot_information", "plot_thermometer",
]  # fmt: skip

_GREY = "#8a8a8a"


def plot_course(runs: xr.Dataset) -> Picture:
    """Draw the accuracy along the training, soft on what is learnt and hard on other images."""
    kinds = [one for one in runs.kind.values.tolist() if kind_of(one).depth is None]
    picture, axes = subplots(1, 2, size=(4.3, 3.2), sharey=True)
    said = []
    for colour, kind in zip(palette(len(kinds), "names"), kinds, strict=True):
        one = runs.sel(kind=kind)
        for axis, name in zip(axes[0], ("train_accuracy", "validation_accuracy"), strict=True):
            values = one[name].dropna("epoch", how="all").transpose("epoch", "seed")
            axis.plot(values.epoch, values, color=colour, lw=0.7, alpha=0.6)
            axis.plot(values.epoch, values.mean("seed"), color=colour, lw=2, label=kind)
        last = int(values.epoch[-1])
        axes[0, 1].plot([last] * one.soft.size, one.soft.values.ravel(), "o", color=colour, ms=5,
                        mfc="none")  # fmt: skip
        said.append(
            f"{kind}: soft in training {_ends(one.train_accuracy)}, hard on other images "
            f"{_ends(one.validation_accuracy)}, soft in the end {float(one.soft.mean()):.3f}"
        )
    axes[0, 0].set_title("soft, training labels", fontsize=10, loc="left")
    axes[0, 1].set_title("hard, other images (○ soft)", fontsize=10, loc="left")
    axes[0, 0].set_ylabel("accuracy")
    axes[0, 1].legend(frameon=False, fontsize=9, loc="best")
    for axis in axes[0]:
        axis.set_xlabel("epoch")
        axis.set_ylim(0, 1.02)
    picture.alt = f"By epoch. {'; '.join(said)}."
    return picture


def plot_depth(runs: xr.Dataset) -> Picture | None:
    """Draw the hard accuracy of deep dense networks, by the start of their weights, if any."""
    pairs = pairs_of_depth(runs.kind.values.tolist())
    if not pairs:
        return None
    picture, axes = subplots(1, 1, size=(4.6, 3.0))
    axis: Any = axes[0, 0]
    said = []
    for at, pair in enumerate(pairs):
        for side, (kind, colour) in enumerate(zip(pair, palette(2, "names"), strict=True)):
            values = runs.hard.sel(kind=kind).values
            x = at + 0.36 * (side - 0.5)
            words = ("gates that pass bits on", "Gaussian")[side]
            axis.bar(x, values.mean(), 0.32, color=colour, label=words if at == 0 else None)
            axis.plot([x] * values.size, values, "o", color="0.2", ms=3.5)
            said.append(f"{kind_of(kind).depth} layers, {words}: {values.mean():.3f}")
    axis.axhline(0.1, color=_GREY, ls=":", lw=1.4)
    axis.set_xticks(range(len(pairs)), [f"{kind_of(one).depth} layers" for one, _ in pairs])
    axis.set(ylim=(0, 1.02), ylabel="hard accuracy")
    picture.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=9)
    picture.alt = f"Hard accuracy, chance 0.1. {'; '.join(said)}; {CHANCE:g} counts as chance."
    return picture


def plot_gates(runs: xr.Dataset) -> Picture:
    """Draw which gates the layers are made of, from residual and from Gaussian weights."""
    kinds = [one for one in (CLEAN, GAUSSIAN) if one in runs.kind.values]
    # of fixed margins: to measure so many words takes longer than to draw them
    high = 2.9
    margins = {"left": 0.08, "right": 0.99, "top": 1 - 0.3 / (high * len(kinds)),
               "bottom": 0.95 / (high * len(kinds)), "hspace": 0.75}  # fmt: skip
    picture, axes = subplots(len(kinds), 1, size=(8.6, high), margins=margins)
    names = [one.replace("_", " ") for one in runs.gate.values.tolist()]
    said = []
    for axis, kind in zip(axes[:, 0], kinds, strict=True):
        share = runs.gate_share.sel(kind=kind).mean("seed").dropna("layer", how="all")
        table = share.transpose("layer", "gate").values
        axis.imshow(100 * table, cmap="Blues", vmin=0, vmax=70, aspect="auto")
        for (row, column), value in np.ndenumerate(table):
            if value >= 0.005:
                axis.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8.5,
                          color="white" if value > 0.4 else "0.15")  # fmt: skip
        axis.set_yticks(range(len(table)), share.layer.values.tolist(), fontsize=9)
        axis.set_xticks(range(16), names, rotation=40, ha="right", fontsize=8)
        axis.set_title(f"{kind}: % of the gates of a layer", fontsize=10, loc="left")
        axis.spines[:].set_visible(False)
        passing = share.sel(gate="A")
        said.append(f"{kind}: A " + ", ".join(
            f"{layer} {100 * float(value):.0f} %"
            for layer, value in zip(passing.layer.values, passing.values, strict=True)
        ))  # fmt: skip
    picture.alt = f"Shares of the sixteen gates. {'; '.join(said)}."
    return picture


def plot_information(runs: xr.Dataset) -> Picture:
    """Draw mean entropy and MI of each layer: true labels, wrong labels, and before training."""
    noisy = with_noise(runs.kind.values.tolist())
    kinds = [CLEAN, *noisy]
    clean = runs.entropy.sel(kind=CLEAN).mean("seed").dropna("layer")
    layers = clean.layer.values.tolist()
    picture, axes = subplots(1, 2, size=(4.4, 3.3))
    said = []
    for axis, (name, words) in zip(
        axes[0], {"entropy": "entropy", "information": "MI of pairs"}.items(), strict=True
    ):
        lines = {kind: runs[name].sel(kind=kind, layer=layers) for kind in kinds}
        lines["before training"] = runs[f"null_{name}"].sel(kind=CLEAN, layer=layers)
        colours = [*palette(len(kinds), "names"), _GREY]
        for (kind, values), colour in zip(lines.items(), colours, strict=True):
            style = ":" if kind == "before training" else "-"
            axis.plot(layers, values.transpose("layer", "seed"), style, color=colour, lw=0.7,
                      alpha=0.6)  # fmt: skip
            axis.plot(layers, values.mean("seed"), style + "o"[: style == "-"], color=colour, lw=2,
                      ms=4, label=kind)  # fmt: skip
            told = ", ".join(f"{one:.4f}" for one in values.mean("seed").values)
            said.append(f"{words}, {kind}: {told}")
        axis.set_title(f"mean {words} (nat)", fontsize=10, loc="left")
        axis.tick_params(axis="x", rotation=40, labelsize=8.5)
        axis.set_ylim(0, None)
    axes[0, 0].legend(frameon=False, fontsize=9)
    picture.alt = f"Of the layers {', '.join(layers)}. {'; '.join(said)}."
    return picture


def plot_density(runs: xr.Dataset) -> Picture:
    """Draw the share of ones in each layer, before and after training; both sides of a pooling."""
    one = runs.sel(kind=CLEAN)
    layers = one.density.mean("seed").dropna("layer").layer.values.tolist()
    picture, axes = subplots(1, 1, size=(5.6, 3.0))
    axis: Any = axes[0, 0]
    said = []
    for shift, (name, words), colour in zip(
        (-0.18, 0.18), {"null_density": "before training", "density": "after"}.items(),
        (_GREY, palette(1, "names")[0]), strict=True,
    ):  # fmt: skip
        values = one[name].sel(layer=layers).mean("seed").values
        axis.bar(np.arange(len(layers)) + shift, values, 0.34, color=colour, label=words)
        said.append(f"{words}: " + ", ".join(f"{value:.2f}" for value in values))
    axis.axhline(0.5, color="0.3", ls=":", lw=1.2)
    axis.set_xticks(range(len(layers)), layers, rotation=40, fontsize=9)
    axis.set(ylim=(0, 1), ylabel="share of ones")
    axis.legend(frameon=False, fontsize=9)
    picture.alt = f"Share of ones of {', '.join(layers)}. {'; '.join(said)}."
    return picture


def plot_estimators(known: xr.Dataset, neurons: xr.DataArray) -> Picture:
    """Draw what estimators say of bits with known MI, and of neurons beside what was counted."""
    picture, axes = subplots(1, 2, size=(4.4, 3.3))
    left, right = axes[0]
    names = [one for one in known.estimator.values.tolist() if one != "counts"]
    left.plot(known.flip, known.exact, color="0.2", lw=2, label="exact")
    counted = neurons.sel(estimator="counts").values
    right.plot([0, counted.max()], [0, counted.max()], color="0.2", lw=1.2)
    said = []
    for name, mark, colour in zip(names, "osv", palette(len(names), "layers"), strict=True):
        mean = known.information.sel(estimator=name).mean("pair")
        left.plot(
            known.flip, mean, mark, color=colour, ms=11 if name == "2 bins" else 6, label=name,
            mfc="none" if name == "2 bins" else colour,
        )  # fmt: skip
        values = neurons.sel(estimator=name).values
        right.plot(counted, values, mark, color=colour, ms=3.5, alpha=0.6, mew=0.6,
                   mfc="none" if name == "2 bins" else colour)  # fmt: skip
        off = np.abs(values - counted)
        said.append(
            f"{name}: of known bits {float(mean[0]):.2f} at MI {float(known.exact[0]):.2f} and "
            f"{float(mean[-1]):.2f} at {float(known.exact[-1]):.2f}, of neurons up to "
            f"{off.max():.3f} off"
        )
    left.set_xlabel("share of bits that are turned")
    left.set_title("a bit and its noisy copy: MI (nat)", fontsize=10, loc="left")
    right.set_xlabel("MI of two neurons, counted (nat)")
    right.set_title("pairs of neurons: MI estimated (nat)", fontsize=10, loc="left")
    left.legend(frameon=False, fontsize=9)
    picture.alt = f"{'; '.join(said)}.".replace("-", "−")
    return picture


def plot_thermometer(model: Any, examples: xr.Dataset, n: int = 3) -> Picture:
    """Draw images, their bits, and what some trees or gates of the first layer make of them."""
    import torch

    thresholds = model.thermometer.thresholds
    images = torch.as_tensor(examples.input.values[:n], device=thresholds.device)
    bits = model.eval().thermometer(images).cpu().numpy()
    maps = [(f"> {float(one):.2g}", bits[:, at]) for at, one in enumerate(thresholds.ravel())]
    if hasattr(model, "conv1"):
        with torch.no_grad():
            trees = model.conv1(model.thermometer(images)).cpu().numpy()
        varied = np.argsort(-trees.std(axis=(0, 2, 3)), kind="stable")[:4]
        maps += [(f"tree {at}", trees[:, at]) for at in np.sort(varied)]
    picture, axes = subplots(n, 1 + len(maps), size=(1.05, 1.1))
    for row in range(n):
        shown = [("image", examples.input.values[row, 0]), *((w, m[row]) for w, m in maps)]
        for axis, (words, image) in zip(axes[row], shown, strict=True):
            axis.imshow(image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set(visible=True, color="0.7")
            if row == 0:
                axis.set_title(words, fontsize=9)
    labels = ", ".join(str(one) for one in examples.label.values[:n])
    picture.alt = (
        f"Images of {labels}; their bits at {len(thresholds.ravel())} thresholds, with "
        + ", ".join(f"{100 * float(m.mean()):.0f} %" for _, m in maps)
        + " ones, the trees of the first layer last."
    )
    return picture


def _ends(values: xr.DataArray) -> str:
    mean = values.mean("seed").dropna("epoch")
    return f"{float(mean[0]):.3f} → {float(mean[-1]):.3f}"
