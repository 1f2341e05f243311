"""The heat map of a network: a block for each layer, neurons that act alike side by side."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["draw_heat_map", "label_ticks", "order_by_similarity"]


def draw_heat_map(
    axis: Any, activation: xr.DataArray, n_neurons: int, rng: np.random.Generator
) -> tuple[Any, list[int]]:
    """
    Draw samples downwards, the neurons of each layer to the right; return image and widths shown.

    Dims (layer, neuron, sample); neurons with NaN are left out, at most `n_neurons` of each layer
    are chosen at random.
    """
    matrix, bounds = _columns(activation, n_neurons, rng)
    image = _draw_blocks(axis, matrix, bounds)
    names = _names(activation.layer.values, bounds)
    axis.set_xticks(np.arange(len(bounds) - 1) + 0.5, names)
    return image, np.diff(bounds).tolist()


def label_ticks(labels: np.ndarray) -> tuple[list[float], list[str]]:
    """Return the middle of each run of equal labels, and the label; none if too many."""
    starts = np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]])
    if starts.size > 12:
        return [], []
    ends = np.r_[starts[1:], labels.size]
    middles = [float(start + end - 1) / 2 for start, end in zip(starts, ends, strict=True)]
    return middles, [f"{labels[start]}" for start in starts]


def _columns(
    activation: xr.DataArray, n_neurons: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the standardised matrix (sample, neuron of all layers) and the layers' bounds."""
    parts = []
    for layer in range(activation.sizes["layer"]):
        rows = activation.isel(layer=layer).transpose("neuron", "sample").values.astype(float)
        rows = rows[np.isfinite(rows).all(axis=1)]
        rows = rows[np.sort(rng.permutation(len(rows))[:n_neurons])]
        spread = rows.std(axis=1, keepdims=True)
        rows = (rows - rows.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
        parts.append(rows[order_by_similarity(len(rows), rows)])
    bounds = np.cumsum([0, *[len(part) for part in parts]])
    return np.concatenate(parts).T, bounds


def order_by_similarity(n: int, distances: np.ndarray) -> np.ndarray:
    """Return an order of n in which similar ones are neighbours; of rows, or distances of pairs."""
    if n < 3:
        return np.arange(n)
    from scipy.cluster.hierarchy import leaves_list, linkage

    return leaves_list(linkage(distances, method="average"))


def _draw_blocks(axis: Any, matrix: np.ndarray, bounds: np.ndarray) -> Any:
    """Draw the columns of each layer in a block of width 1; return one of the images."""
    image: Any = None
    for number, (start, stop) in enumerate(itertools.pairwise(bounds)):
        image = axis.imshow(
            matrix[:, start:stop], aspect="auto", cmap="PRGn", vmin=-2.5, vmax=2.5,
            interpolation="nearest", extent=(number, number + 1, len(matrix) - 0.5, -0.5),
        )  # fmt: skip
        if number:
            axis.axvline(number, color="black", linewidth=1)
    axis.set(xlim=(0, len(bounds) - 1), ylim=(len(matrix) - 0.5, -0.5))
    return image


def _names(layers: np.ndarray, bounds: np.ndarray) -> list[str]:
    """Return the names of layers, with the number of neurons shown if it is not the same in all."""
    widths = np.diff(bounds)
    if len(set(widths)) == 1:
        return [str(layer) for layer in layers]
    return [f"{layer} ({width})" for layer, width in zip(layers, widths, strict=True)]
