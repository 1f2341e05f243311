"""
Make the pictures of the README: python notebooks/pictures/make.py [FOLDER].

They are drawn from the default runs of two experiments, which are made first where they are not
kept: about two minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import infonb as inb
from infonb.claims.sensitivity import sensitivity
from infonb.experiments import colored_digits, concentric_circles
from infonb.plots import (
    Picture,
    plot_activations,
    plot_sensitivity,
    plot_side_by_side,
    plot_surface,
)
from infonb.widgets import Panel


def pictures(
    digits: colored_digits.Parameters, circles: concentric_circles.Parameters
) -> dict[str, bytes]:
    """Return name of a file → PNG, of the runs with these parameters."""
    drawn = {**of_digits(digits), **of_circles(circles)}
    return {name: picture.to_png() for name, picture in drawn.items()}


def of_digits(parameters: colored_digits.Parameters) -> dict[str, Picture | Panel]:
    """Return the pictures of a shortcut, and those of the explorers."""
    runs = colored_digits.run(parameters)
    ends = [min(parameters.alpha), max(parameters.alpha)]
    grid = sensitivity(runs.activation, "alpha", *ends, direction=-1)
    return {
        "entropy": inb.plot_entropy(runs.entropy, runs.final_validation_accuracy),
        "mutual_information": inb.plot_mutual_information(runs.mutual_information),
        "activations": plot_activations(runs.activation.sel(alpha=ends), sort="color"),
        "sensitivity": plot_sensitivity(grid),
        "explore": inb.explore(runs.activation.sel(alpha=ends[1]), colour_by="color"),
        "explore_sweep": inb.explore_sweep(runs),
    }


def of_circles(parameters: concentric_circles.Parameters) -> dict[str, Picture | Panel]:
    """Return what the networks answer, and the paper's Figure 1."""
    runs, seed = concentric_circles.run(parameters), parameters.seed[0]
    main = concentric_circles.main_networks(parameters)
    points = {name: concentric_circles.data(parameters, name, seed)[0] for name in main}
    shown = runs.sel(seed=seed, network=main)
    figure = runs.sel(
        network=main[:3],
        layer=concentric_circles.LAYERS[parameters.activations],
        alignment=parameters.alignment,
    )
    entropy = figure.entropy.sel(edges=parameters.edges)
    return {
        "decision": plot_surface(shown.probability.sel(c1=[-3.0, 0.5, 3.0]), shown.radial, points),
        "circles": plot_side_by_side(figure.activation, entropy, figure.mutual_information),
    }


def main() -> None:
    """Write all pictures to a folder, by default the one of this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    made = pictures(colored_digits.Parameters(), concentric_circles.Parameters())
    for name, png in made.items():
        (folder / f"{name}.png").write_bytes(png)
        print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
