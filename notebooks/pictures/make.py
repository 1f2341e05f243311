"""
Make the pictures of the README: python notebooks/pictures/make.py [FOLDER].

They are drawn from the default runs of two experiments, which are made first where they are not
kept: about two minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

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
    return {name: picture.to_png() for name, picture in drawn.items()}


def of_digits(digits: ColoredDigits) -> dict[str, Picture | Panel]:
    """Return the pictures of a shortcut, and those of the explorers."""
    runs = digits.run()
    ends = [min(digits.alpha), max(digits.alpha)]
    first = runs.activation.sel(alpha=ends, seed=digits.seed[0])
    return {
        "entropy": inb.plot_entropy(runs.entropy, runs.final_validation_accuracy),
        "mutual_information": inb.plot_mutual_information(runs.mutual_information),
        "activations": plot_activations(first, sort="color"),
        "sensitivity": plot_sensitivity(digits.sensitivity(runs)),
        "explore": inb.explore(first.sel(alpha=ends[1]), colour_by="color"),
        "explore_sweep": inb.explore_sweep(runs),
    }


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
