"""Data sets as a reader meets them: images with their labels, circles with what networks see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.examples import as_rgb
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of
from infonb.validate import check_dim, check_integer

__all__ = ["plot_circles", "plot_decision", "plot_images"]


def plot_images(examples: xr.Dataset, *, n: int = 12, columns: int = 6) -> Picture:
    """
    Draw the first images of a data set with their labels.

    Parameters
    ----------
    examples
        ``input`` (sample, row, column) grey, or (sample, channel, row, column) with two channels,
        drawn as red and green, or three: red, green, blue. ``label`` (sample), and perhaps
        ``true_label``; the labels' names in the attribute ``classes``, with commas between;
        ``context`` (sample).
    n, columns
        How many images, and how many in a row.

    Returns
    -------
    Picture
        Above an image its label, below the label its context, if it has one. A label that
        differs from the true one is marked.

    Examples
    --------
    >>> from infonb.data import colored_images, context_scenes
    >>> train, validation = colored_images("digits", alpha=1.0)
    >>> plot_images(train, n=4, columns=4).alt
    'Images with the labels 0, 0, 0, 1.'
    >>> train, evaluation = context_scenes("unbalanced", n_train=16, n_evaluation=16)
    >>> plot_images(train, n=2, columns=2).alt
    'Images with the labels fish (temple), fish (temple).'
    """
    n = min(check_integer("n", n, 1), examples.sizes["sample"])
    columns = min(check_integer("columns", columns, 1), n)
    width = 10.0 / max(columns, 5)
    # room for two lines of words above each image, also where many small ones stand in a row
    picture, axes = subplots(-(-n // columns), columns, size=(width, width + 0.5))
    shown = examples.isel(sample=slice(n))
    labels = shown["label"].values
    true = shown["true_label"].values if "true_label" in shown.coords else labels
    contexts = shown["context"].values if "context" in shown.coords else None
    images = as_rgb(shown["input"].values)
    words = []
    for at, axis in enumerate(axes.flat):
        axis.set_axis_off()
        if at >= n:
            continue
        axis.imshow(images[at], interpolation="nearest")
        wrong = labels[at] != true[at]
        below = [f"(true: {_class_of(examples, true[at])})"] if wrong else []
        if contexts is not None:
            below.append(f"({contexts[at]})")
        name = _class_of(examples, labels[at])
        axis.set_title(
            "\n".join([name if "classes" in examples.attrs else f"label {name}", *(below or [""])]),
            fontsize=10, color="#b03020" if wrong else "black",
        )  # fmt: skip
        words.append(name if contexts is None else f"{name} ({contexts[at]})")
    picture.alt = f"Images with the labels {', '.join(words)}."
    return picture


def _class_of(examples: xr.Dataset, label: Any) -> str:
    """Return the name of a label if the data set has names, else its number."""
    names = examples.attrs.get("classes")
    return str(label) if names is None else names.split(", ")[label]


def plot_circles(sets: Mapping[str, xr.Dataset]) -> Picture:
    """
    Draw sets of points: their place above, and the third feature below.

    Parameters
    ----------
    sets
        Name → points with ``input`` (sample, feature=x, y, c1) and ``label`` (sample).

    Returns
    -------
    Picture
        One column for each set.

    Examples
    --------
    >>> from infonb.data import add_artifact, concentric_circles
    >>> points = add_artifact(concentric_circles(100), division=1.0)
    >>> len(plot_circles({"heuristic": points}).axes)
    2
    """
    picture, axes = subplots(
        2,
        len(sets),
        size=(10.4 / max(len(sets), 3), 2.6),
        height_ratios=[3, 2],
        sharex="row",
        sharey="row",
    )
    for column, (name, points) in enumerate(sets.items()):
        above, below = axes[:, column]
        x, y, c1 = points["input"].transpose("feature", "sample").values
        labels = points["label"].values
        for value, colour in zip((0, 1), _CLASSES, strict=True):
            at = labels == value
            above.scatter(x[at], y[at], s=5, color=colour, label=f"label {value}")
            below.hist(c1[at], bins=np.linspace(-3.5, 3.5, 57), color=colour, alpha=0.65)
        above.set_title(f"{name}\n{labels.size:,} points", fontsize=10, loc="left")
        above.set_aspect("equal")
        above.set(xlabel="x")
        below.set(xlabel="c1")
        below.set_yscale("symlog", linthresh=10)
    axes[0, 0].set_ylabel("y")
    axes[1, 0].set_ylabel("points")
    handles, names = axes[0, 0].get_legend_handles_labels()
    picture.legend(
        handles, names, loc="outside upper center", ncols=2, frameon=False, markerscale=3
    )
    picture.alt = f"Points on two circles and their third feature c1: {', '.join(sets)}."
    return picture


_CLASSES = ("#0173b2", "#de8f05")


def plot_decision(
    probability: xr.DataArray,
    points: Mapping[str, xr.Dataset] | None = None,
    *,
    rows: str = "network",
    columns: str = "c1",
) -> Picture:
    """
    Draw what networks answer over the plane, for several values of the third feature.

    Parameters
    ----------
    probability
        Probability of label 1, dims (network, c1, y, x).
    points
        Name of a network → points to lay over its answers; at most 200 are drawn.
    rows, columns
        Which dimension runs down and which across.

    Returns
    -------
    Picture
        One panel for each network and c1. If a network's panels look alike it does not look at
        c1.

    Examples
    --------
    >>> values = xr.DataArray(np.full((1, 2, 3, 3), 0.5), dims=("network", "c1", "y", "x"), coords={
    ...     "network": ["baseline"], "c1": [-3.0, 3.0], "x": [-1, 0, 1], "y": [-1, 0, 1]})
    >>> len(plot_decision(values).axes)
    3
    """
    for dim in (rows, columns):
        check_dim(dim, probability.dims, "probability")
    shape = probability.sizes[rows], probability.sizes[columns]
    picture, axes = subplots(*shape, size=(2.4, 2.2), sharex=True, sharey=True)
    image: Any = None
    for (i, j), axis in np.ndenumerate(axes):
        surface = probability.isel({rows: i, columns: j}).transpose("y", "x")
        image = axis.pcolormesh(
            surface.x, surface.y, surface, cmap="PuOr_r", vmin=0, vmax=1, shading="nearest",
            rasterized=True,
        )  # fmt: skip
        _draw_points(axis, (points or {}).get(str(surface.network.item())))
        axis.set_aspect("equal")
        axis.tick_params(labelsize=8)
        if i == 0:
            axis.set_title(label_of(columns, surface[columns].item()), fontsize=10)
        if j == 0:
            axis.set_ylabel(label_of(rows, surface[rows].item()), fontsize=10)
    bar = picture.colorbar(image, ax=axes, shrink=0.9 if shape[0] == 1 else 0.5, pad=0.02)
    bar.set_label("probability of label 1", fontsize=9)
    picture.alt = (
        f"What the networks {', '.join(map(str, probability.network.values))} answer over the "
        f"plane at c1 = {', '.join(f'{c1:g}' for c1 in probability.c1.values)}."
    )
    return picture


def _draw_points(axis: Any, points: xr.Dataset | None) -> None:
    if points is None:
        return
    step = -(-points.sizes["sample"] // 200)
    shown = points.isel(sample=slice(None, None, step))
    x, y = shown["input"].transpose("feature", "sample").values[:2]
    colours = np.where(shown["label"].values == 1, *reversed(_CLASSES))
    axis.scatter(x, y, s=5, c=colours, edgecolors="white", linewidths=0.25)
