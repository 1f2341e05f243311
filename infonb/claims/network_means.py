"""Mean entropy, or mean MI, of each network, and the same with its neurons drawn anew."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims.resampling import RESAMPLES, draw_counts, pair_sums

__all__ = ["by_seed", "network_means"]


def by_seed(values: xr.DataArray, over: str) -> np.ndarray:
    """Return numbers of networks as (seed, level)."""
    if "seed" not in values.dims:
        values = values.expand_dims(seed=[0])
    return values.transpose("seed", over).values


def network_means(values: xr.DataArray, over: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each network, (level, seed), and with neurons drawn anew (..., draw)."""
    if "neuron" not in values.dims:
        table = by_seed(values, over).T
        return table, table[..., None]
    for dim in ("seed", "layer"):
        if dim not in values.dims:
            values = values.expand_dims(dim)
    inner = ("layer", "neuron", "other_layer", "other_neuron")
    dims = [dim for dim in inner if dim in values.dims]
    table = values.transpose(over, "seed", *dims).values
    return _drawn_means(table, within="other_layer" not in dims)


def _drawn_means(values: np.ndarray, *, within: bool) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the mean of each network, (level, seed), and with neurons drawn anew, (..., resample).

    Values (level, seed, layer, neuron), or with the same again for pairs (within: of one layer).
    """
    rng = np.random.default_rng(0)
    shape = values.shape[:2]
    drawn = np.empty((*shape, 1 + RESAMPLES))
    for at in np.ndindex(shape):
        one = values[at]
        finite = np.isfinite(one)
        counts = _counts(
            finite if one.ndim == 2 else finite.any(axis=tuple(range(2, one.ndim))), rng
        )
        if one.ndim == 2:
            flat = counts.reshape(len(counts), -1)
            sums, number = flat @ np.nan_to_num(one.ravel()), flat.sum(axis=1)
        elif within:
            layers = [pair_sums(block, counts[:, at]) for at, block in enumerate(one)]
            sums, number = np.sum(layers, axis=0)
        else:
            flat = counts.reshape(len(counts), -1)
            sums, number = pair_sums(one.reshape(flat.shape[1], -1), flat)
        drawn[at] = np.divide(sums, number, out=np.full(len(sums), np.nan), where=number > 0)
    return drawn[..., 0], drawn[..., 1:]


def _counts(there: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how often each neuron that is there (layer, neuron) counts: once, then drawn anew."""
    counts = np.zeros((1 + RESAMPLES, *there.shape))
    counts[0, there] = 1  # as measured
    for layer, here in enumerate(there):
        if here.any():
            counts[1:, layer, here] = draw_counts(int(here.sum()), RESAMPLES, rng)
    return counts
