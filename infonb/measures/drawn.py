"""Draws of samples, and the one of neurons: each layer takes the first of one seeded order."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import xarray as xr

from infonb.dims import Attributes, count_neurons
from infonb.validate import check_dim, check_integer, did_you_mean

__all__ = ["check_neurons", "draw_rows", "draw_samples", "numbers_of_layers", "share_out"]

Neurons = int | Mapping[Hashable, int]


def share_out(activation: xr.DataArray, n: int) -> dict[Hashable, int]:
    """
    Return {layer: number}: n neurons in all, shared out in proportion to the layers' widths.

    ``mutual_information(activation, neurons=share_out(activation, n))``. 0, or more than there are:
    all. Where n suffices at least two of each layer that has them: one alone makes no pair.
    """
    widths = np.array(count_neurons(activation))
    total = int(widths.sum())
    n = min(n, total) or total
    shares = n * widths / total
    sizes = np.floor(shares).astype(int)
    sizes[np.argsort(sizes - shares, kind="stable")[: n - sizes.sum()]] += 1
    least = np.minimum(widths, 2)
    if n >= least.sum():
        sizes = np.maximum(sizes, least)
        while sizes.sum() > n:
            sizes[np.argmax(sizes - least)] -= 1
    return dict(zip(activation["layer"].values.tolist(), sizes.tolist(), strict=True))


def check_neurons(neurons: Neurons) -> None:
    """Raise unless it is a number of neurons of each layer, or {layer: number}."""
    if not isinstance(neurons, Mapping):
        check_integer("neurons", neurons, minimum=1)
        return
    for layer, number in neurons.items():
        check_integer(f"neurons[{layer!r}]", number, minimum=0)


def numbers_of_layers(neurons: Neurons, layers: Sequence[Hashable]) -> list[int | None]:
    """Return how many neurons each layer is to have at most; None, of a layer not named: all."""
    if not isinstance(neurons, Mapping):
        return [neurons] * max(len(layers), 1)
    for layer in neurons:
        if layer not in layers:
            raise ValueError(
                f"neurons names layer {layer!r}; the activation has "
                f"{', '.join(map(repr, layers)) or 'no layers'}.{did_you_mean(layer, layers)}"
            )
    return [neurons.get(layer) for layer in layers] or [None]


def draw_rows(
    layer: np.ndarray, place: np.ndarray, numbers: Sequence[int | None], seed: int
) -> np.ndarray:
    """
    Return which rows are drawn, given the layer of each row and its place in it.

    One order of places for all layers: those of one width share the draw, so that the result stays
    small, and a larger draw contains a smaller one.
    """
    order = np.random.default_rng(seed).permutation(int(place.max(initial=-1)) + 1)
    turn = np.argsort(order)[place]
    rows = np.lexsort((turn, layer))
    _, start, size = np.unique(layer[rows], return_index=True, return_counts=True)
    taken = np.arange(len(rows)) - np.repeat(start, size)
    most = np.array([np.inf if number is None else number for number in numbers])
    drawn = np.zeros(len(rows), np.bool_)
    drawn[rows] = taken < most[layer[rows] % len(most)]
    return drawn


def draw_samples(
    activation: xr.DataArray, dim: Hashable, max_samples: int, seed: int
) -> tuple[slice | np.ndarray, Attributes]:
    """Return which samples, at most so many, drawn without replacement and in order, and attrs."""
    check_dim(dim, activation.dims, "activation")
    check_integer("max_samples", max_samples, minimum=1)
    n = activation.sizes[dim]
    if n <= max_samples:
        return slice(None), {}
    drawn = np.sort(np.random.default_rng(seed).choice(n, max_samples, replace=False))
    return drawn, {"drawn_from_samples": n, "seed": seed}
