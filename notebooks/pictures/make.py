"""
Make the pictures of the README: python notebooks/pictures/make.py [FOLDER].

They are drawn from the default runs of two experiments, which are made first where they are not
kept: about two minutes.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from PIL import Image, ImageDraw, ImageFont

import infonb as inb
from infonb.experiments import ColoredDigits, ConcentricCircles
from infonb.plots import (
    Picture,
    plot_activations,
    plot_sensitivity,
    plot_side_by_side,
    plot_surface,
)
from infonb.widgets import Panel


def pictures(digits: ColoredDigits, circles: ConcentricCircles) -> dict[str, bytes]:
    """Return name of a file → PNG, of the runs of these experiments."""
    drawn = {**of_digits(digits), **of_circles(circles)}
    return {
        name: picture if isinstance(picture, bytes) else picture.to_png()
        for name, picture in drawn.items()
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
    """Write all pictures to a folder, by default the one of this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    made = pictures(ColoredDigits(), ConcentricCircles())
    for name, png in made.items():
        (folder / f"{name}.png").write_bytes(png)
        print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
