"""How activations differ between two versions of the same samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import group_dim, with_layer
from infonb.plots.activations import choose_labels
from infonb.plots.picture import Picture, subplots
from infonb.plots.side_by_side import shown_samples
from infonb.plots.style import label_of, palette
from infonb.validate import check_integer

__all__ = ["plot_difference"]


def plot_difference(
    difference: xr.DataArray, *, by: str | None = None, n_samples: int = 400, seed: int = 0
) -> Picture:
    """
    Draw how activations differ between two versions of the same samples.

    Parameters
    ----------
    difference
        Dims (levels, layer, neuron, sample), such as
        `infonb.experiments.concentric_circles.aligned_difference` returns.
    by
        The dimension of the levels; needed only if there are several candidates.
    n_samples
        How many samples to show at most: a random choice.
    seed
        Seed of the choice.

    Returns
    -------
    Picture
        For each level a heat map, samples from top to bottom by label, and below it each neuron's
        mean absolute difference; the neurons of a layer from the largest to the smallest.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3 (aligned evaluation sets).

    Examples
    --------
    >>> values = np.random.default_rng(0).normal(size=(2, 1, 4, 30))
    >>> difference = xr.DataArray(values, {"network": ["a", "b"], "layer": ["fc1"]},
    ...     ("network", "layer", "neuron", "sample"))
    >>> len(plot_difference(difference).axes)
    5
    """
    check_integer("n_samples", n_samples, 1)
    difference = with_layer(difference)
    by = group_dim(difference, by, {"layer", "neuron", "sample"})
    difference = choose_labels(difference, (by, "layer", "neuron", "sample"), "difference")
    if by is None:
        difference, by = difference.expand_dims("network"), "network"
    levels, layers = list(difference[by].values), list(difference.layer.values)
    order, ticks = shown_samples(difference, n_samples, seed)
    picture, axes = subplots(
        2, len(levels), size=(10.2 / max(len(levels), 3), 2.7), height_ratios=[3, 2], sharex="col",
        sharey="row",
    )  # fmt: skip
    colours = palette(len(layers), "layers")
    reach = float(np.nanquantile(abs(difference.values), 0.99)) or 1.0
    image: Any = None
    words = []
    for number, level in enumerate(levels):
        above, below = axes[:, number]
        parts, means = [], []
        for layer in layers:
            values = difference.isel({by: number}).sel(layer=layer).transpose("neuron", "sample")
            values = values.values[np.isfinite(values.values).all(axis=1)]
            mean = abs(values).mean(axis=1)
            ranked = np.argsort(-mean, kind="stable")
            parts.append(values[ranked][:, order])
            means.append(mean[ranked])
        image = above.imshow(
            np.concatenate(parts).T, aspect="auto", cmap="PRGn", vmin=-reach, vmax=reach,
            interpolation="nearest",
        )  # fmt: skip
        start = 0
        for layer, colour, mean in zip(layers, colours, means, strict=True):
            below.bar(start + np.arange(mean.size), mean, color=colour, label=layer)
            start += mean.size
            for axis in (above, below):
                if start < sum(map(len, means)):
                    axis.axvline(start - 0.5, color="black", linewidth=1)
        above.set_title(label_of(by, level), fontsize=11)
        above.set_yticks(*ticks)
        above.tick_params(length=0)
        ends = np.cumsum([0, *map(len, means)])
        below.set_xticks((ends[:-1] + ends[1:]) / 2 - 0.5, layers)
        named = zip(layers, means, strict=True)
        words.append(f"{label_of(by, level)} {', '.join(f'{n} {m.mean():.2f}' for n, m in named)}")
    axes[0, 0].set_ylabel("samples, by label", fontsize=10)
    axes[1, 0].set_ylabel("mean |difference|", fontsize=10)
    bar = picture.colorbar(image, ax=list(axes[0]), pad=0.01)
    bar.set_label(
        f"{difference.attrs.get('long_name', 'difference')}\n({difference.attrs.get('units', '')})",
        fontsize=10,
    )
    picture.supxlabel("neurons, from the largest difference to the smallest", fontsize=10)
    picture.alt = (
        "Differences of activations: heat maps of samples and neurons, and bars of each neuron's "
        f"mean absolute difference. Means of the layers: {'; '.join(words)}."
    )
    return picture
