"""
Make the pictures of the README: python notebooks/pictures/make.py [FOLDER] [NAME ...].

They are drawn from the default runs of experiments, which are kept: two minutes for those of two
experiments where they have not run yet, and one or two more for each of the nine systems. A NAME
(such as ``deja_vu``, or ``explore``) makes only pictures that are so called.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from PIL import Image, ImageDraw, ImageFont

import infonb as inb
from infonb import experiments
from infonb.experiments import ColoredDigits, ConcentricCircles, Experiment
from infonb.plots import (
    Picture,
    plot_activations,
    plot_sensitivity,
    plot_side_by_side,
    plot_surface,
    subplots,
)
from infonb.widgets import Panel

BLUE, ORANGE, GREEN, GREY = "#0173b2", "#de8f05", "#029e73", "#8a8a8a"


def pictures(
    digits: ColoredDigits, circles: ConcentricCircles, systems: Mapping[str, Experiment]
) -> dict[str, bytes]:
    """Return name of a file → PNG, of the runs of these experiments."""
    drawn = {**of_digits(digits), **of_circles(circles)}
    png = {
        name: picture if isinstance(picture, bytes) else picture.to_png()
        for name, picture in drawn.items()
    }
    return png | {name: of_system(name, one) for name, one in systems.items()}


def of_system(name: str, experiment: Experiment) -> bytes:
    """Return the small picture of one of the nine systems, by the name of its experiment."""
    picture, ((axis,),) = subplots(1, 1, size=(3.4, 2.2))
    SYSTEMS[name](experiment.run(), axis)
    title = axis.get_title()
    axis.set_title("")
    axis.set_title(title, loc="left", fontsize=10.5)
    axis.xaxis.label.set_fontsize(10)
    if axis.get_legend_handles_labels()[1]:
        axis.legend(frameon=False, fontsize=9, handlelength=1.4, labelspacing=0.25)
    whole = Image.open(io.BytesIO(picture.to_png())).convert("RGB")
    found = io.BytesIO()
    whole.quantize(64).save(found, "png", optimize=True)
    return found.getvalue()


def draw_information(runs: xr.Dataset, axis: Axes) -> None:
    """Draw the median MI of the pairs of each layer against the strength of the shortcut."""
    pairs = within_layers(runs.mutual_information)
    for layer, colour in zip(pairs.layer.values, (BLUE, ORANGE, GREEN), strict=True):
        median = pairs.sel(layer=layer).median(["neuron", "other_neuron"]).mean("seed")
        axis.plot(runs.alpha, median, "o-", color=colour, ms=4, label=f"layer {layer[-1]}")
    axis.set(title="median MI of pairs (nat)", xlabel="strength of the shortcut α")


def within_layers(information: xr.DataArray) -> xr.DataArray:
    """Return MI of the pairs of different neurons of one layer, NaN elsewhere."""
    own = [
        information.sel(layer=one, other_layer=one, drop=True) for one in information.layer.values
    ]
    found = xr.concat(own, information.layer)
    return found.where(found.neuron != found.other_neuron)


def draw_encoders(runs: xr.Dataset, axis: Axes) -> None:
    """Draw LayerMem by layer: images that the first encoder alone saw, the second, and neither."""
    of = runs.group_mem.sel(network=runs.network.values[0]).mean("seed")
    words = {"C": "seen by it alone", "E": "by neither (null)", "I": "by the other alone"}
    depth = np.arange(1, runs.sizes["layer"] + 1)
    for (group, word), colour in zip(words.items(), (BLUE, GREY, ORANGE), strict=True):
        axis.plot(depth, of.sel(group=group), "o-", color=colour, ms=4, label=word)
    axis.set(title="LayerMem of an encoder", xlabel="layer", xticks=depth)


def draw_prediction(runs: xr.Dataset, axis: Axes) -> None:
    """Draw how well each smaller model tells what the largest recites."""
    sizes = [one for one in runs["size"].values.tolist() if one.isdigit()]
    smaller = sizes[:-1] or sizes
    for name, colour in {"precision_seen": BLUE, "recall_seen": ORANGE}.items():
        values = runs[name].sel(size=smaller).isel(checkpoint=-1).mean("seed")
        axis.plot(smaller, values, "o-", color=colour, ms=4, label=name.split("_")[0])
    axis.set(
        title="telling what the largest recites", xlabel="width of the smaller model",
        ylim=(-0.05, 1.05),
    )  # fmt: skip


def draw_deja_vu(runs: xr.Dataset, axis: Axes) -> None:
    """Draw the gain in recall over a reference: pairs trained on, and the null of held-out ones."""
    words = {"default": "1,000 pairs", "n 4000": "4,000 pairs", "mask 0.3": "30 % masked",
             "mask 0.6": "60 % masked"}  # fmt: skip
    chosen = [one for one in words if one in runs.treatment]
    for group, colour, word in (("A", BLUE, "trained on"), ("C", GREY, "held out (null)")):
        gain = runs.prg.sel(group=group, treatment=chosen)
        axis.plot(gain, range(len(chosen)), "o", color=colour, ms=4, alpha=0.5)
        axis.plot(gain.mean("seed"), range(len(chosen)), "D", color=colour, ms=6, label=word)
    axis.set(title="recalled beyond the caption", xlabel="recall gain (PRG)")
    named = [words[one] for one in chosen]
    axis.set(yticks=range(len(chosen)), yticklabels=named, ylim=(len(chosen) - 0.5, -0.5))


def draw_early_learning(runs: xr.Dataset, axis: Axes) -> None:
    """Draw the share of wrong labels that is memorized, along training."""
    memorized = runs.fraction.sel(group="wrong", outcome="noisy").mean("seed")
    words = {"ce": "cross-entropy", "elr 3": "ELR, λ = 3", "elr 7": "ELR, λ = 7"}
    for (loss, word), colour in zip(words.items(), (GREY, ORANGE, BLUE), strict=True):
        if loss in memorized.loss:
            axis.plot(memorized.epoch, memorized.sel(loss=loss), color=colour, lw=2, label=word)
    axis.set(title="wrong labels memorized", xlabel="epoch", ylim=(-0.03, 1.03))


def draw_density(runs: xr.Dataset, axis: Axes) -> None:
    """Draw the memorization of each kind of image at the highest rate after the last epoch."""
    last = runs.mem.sel(score="log_density").isel(learning_rate=-1, checkpoint=-1).mean("seed")
    words = {"regular": "digits", "single": "odd, once", "copies": "odd, × 8", "null": "null"}
    there = [one for one in words if (last.role == one).any()]
    for place, role in enumerate(there):
        values = last[(last.role == role).values].values
        spread = np.random.default_rng(0).uniform(-0.25, 0.25, len(values))
        colour = GREY if role == "null" else BLUE
        axis.plot(values, place + spread, "o", color=colour, ms=2.5, alpha=0.5)
        axis.plot([np.mean(values)], [place], "D", color=ORANGE, ms=6)
    axis.set(title="memorization by a generator", xlabel="log-density in less out (nat)")
    axis.set(yticks=range(len(there)), yticklabels=[words[one] for one in there])
    axis.invert_yaxis()


def draw_gates(runs: xr.Dataset, axis: Axes) -> None:
    """Draw the MI of layers of gates: true labels, wrong labels, and before training."""
    layers = runs.information.sel(kind="clean").mean("seed").dropna("layer").layer.values
    lines = {
        "true labels": runs.information.sel(kind="clean"),
        "40 % wrong labels": runs.information.sel(kind="noise 0.4"),
        "before training": runs.null_information.sel(kind="clean"),
    }
    for (word, values), colour in zip(lines.items(), (BLUE, ORANGE, GREY), strict=True):
        one = values.sel(layer=layers).mean("seed")
        axis.plot(range(len(layers)), one, "o-", color=colour, ms=4, label=word)
    axis.set(title="MI of pairs of gates (nat)", ylim=(0, None), xticks=range(len(layers)))
    axis.set_xticklabels(layers, rotation=35, fontsize=8.5)


def draw_built(runs: xr.Dataset, axis: Axes) -> None:
    """Draw MI over entropy of networks that are built, trained, and as training begins."""
    kinds = runs.network.values.tolist()
    for labels, colour, shift in (("true", BLUE, -0.12), ("random", ORANGE, 0.12)):
        if labels in runs.labels:
            values = runs.ratio.sel(labels=labels).mean("layer").transpose("network", "seed")
            axis.plot(values, np.arange(len(kinds)) + shift, "o", color=colour, ms=5)
            axis.plot([], [], "o", color=colour, ms=5, label=f"{labels} labels")
    axis.set(title="sharing: MI / H of a network", xlabel="MI / H", xlim=(0, None))
    named = {"hard tanh": "built, tanh", "relu": "built, ReLU"}
    axis.set(yticks=range(len(kinds)), yticklabels=[named.get(one, one) for one in kinds])
    axis.invert_yaxis()


def draw_memorizers(runs: xr.Dataset, axis: Axes) -> None:
    """Draw the accuracy of memorizers on images that they hold, and on others."""
    kinds, all_but = runs.memorizer.values.tolist(), ["pair", "seed"]
    words = {"cells": "nearest cells", "projected": "cells on a line", "relu": "ReLU, built",
             "bits": "bits, built", "mlp": "trained"}  # fmt: skip
    axis.plot(runs.train_accuracy.mean(all_but), range(len(kinds)), "D", color=GREY, ms=6,
              label="memorized")  # fmt: skip
    axis.plot(runs.accuracy.mean(all_but), range(len(kinds)), "o", color=BLUE, ms=6,
              label="other images")  # fmt: skip
    axis.set(title="accuracy on two classes", xlim=(0.4, 1.03), xlabel="accuracy")
    axis.set(yticks=range(len(kinds)), yticklabels=[words[one] for one in kinds])
    axis.invert_yaxis()


#: Experiment → what draws its small picture.
SYSTEMS = {
    "colored_digits": draw_information,
    "encoder_memorization": draw_encoders,
    "predictable_memorization": draw_prediction,
    "deja_vu": draw_deja_vu,
    "early_learning": draw_early_learning,
    "density_memorization": draw_density,
    "logic_gates": draw_gates,
    "relu_memorizers": draw_built,
    "generalizable_memorizers": draw_memorizers,
}


def of_digits(digits: ColoredDigits) -> dict[str, Picture | Panel | bytes]:
    """Return the pictures of a shortcut, and those of the explorers."""
    runs = digits.run()
    ends = [min(digits.alpha), max(digits.alpha)]
    first = runs.activation.sel(alpha=ends, seed=digits.seed[0])
    return {
        "entropy": inb.plot_entropy(runs.entropy, runs.final_validation_accuracy),
        "mutual_information": inb.plot_mutual_information(runs.mutual_information),
        "activations": plot_activations(first, sort="color"),
        "sensitivity": plot_sensitivity(digits.sensitivity(runs)),
        "explore": explored(first.sel(alpha=ends[1])),
        "explore_sweep": inb.explore_sweep(runs),
    }


def explored(activation: xr.DataArray) -> bytes:
    """Return three frames of the explorer: a neuron, in fewer bins, with the most similar one."""
    last = activation.sel(layer=[activation.layer.values[-1]])
    information = inb.mutual_information(last, within="layer").squeeze("layer").values
    np.fill_diagonal(information, -np.inf)
    neuron, other = map(int, np.unravel_index(information.argmax(), information.shape))
    panel = inb.explore(last, colour_by="color")
    np.fill_diagonal(information, np.inf)
    calm = int(information[neuron].argmin())
    moves: list[dict[str, Any]] = [
        {"neuron": neuron, "other": calm, "bins": 100},
        {"bins": 10},
        {"other": other},
    ]
    frames = []
    for changed in moves:
        for name, value in changed.items():
            panel.controls[name].value = value
        words = ", ".join(f"{name} {value}" for name, value in changed.items())
        frames.append(frame(panel, words))
    return beside(frames)


def frame(panel: Panel, words: str) -> Image.Image:
    """Return what a panel shows of a neuron and a pair, below what was moved."""
    parts = [Image.open(io.BytesIO(panel.images[one].value)) for one in ("histogram", "scatter")]
    head = 70
    whole = Image.new("RGB", (parts[0].width, head + sum(part.height for part in parts)), "white")
    font = ImageFont.load_default(size=34)
    ImageDraw.Draw(whole).text((20, 14), words, fill="#1f2933", font=font)
    top = head
    for part in parts:
        whole.paste(part.convert("RGB"), (0, top))
        top += part.height
    return whole


def beside(frames: list[Image.Image]) -> bytes:
    """Return frames side by side as PNG."""
    strip = Image.new("RGB", (sum(one.width for one in frames), frames[0].height), "white")
    left = 0
    for one in frames:
        strip.paste(one, (left, 0))
        left += one.width
    found = io.BytesIO()
    strip.quantize(128).save(found, "png", optimize=True)
    return found.getvalue()


def of_circles(circles: ConcentricCircles) -> dict[str, Picture | Panel]:
    """Return what the networks answer, and the paper's Figure 1."""
    runs, seed, main = circles.run(), circles.seed[0], circles.main_networks
    points = {name: circles.data(name, seed)["train"] for name in main}
    shown = runs.sel(seed=seed, network=main)
    figure = runs.sel(network=main[:3], layer=circles.layers, alignment=circles.alignment)
    entropy, activation = figure.entropy.sel(edges=circles.edges), figure.activation.sel(seed=seed)
    return {
        "decision": plot_surface(shown.probability.sel(c1=[-3.0, 0.5, 3.0]), shown.radial, points),
        "circles": plot_side_by_side(activation, entropy, figure.mutual_information),
    }


def main() -> None:
    """Write all pictures, or those named, to a folder, by default the one of this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    chosen = set(sys.argv[2:])
    systems = {name: experiments.get(name)() for name in SYSTEMS if not chosen or name in chosen}
    if chosen and chosen <= set(SYSTEMS):  # the others need not run
        made = {name: of_system(name, one) for name, one in systems.items()}
    else:
        made = pictures(ColoredDigits(), ConcentricCircles(), systems)
    for name, png in made.items():
        if not chosen or name in chosen:
            (folder / f"{name}.png").write_bytes(png)
            print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
