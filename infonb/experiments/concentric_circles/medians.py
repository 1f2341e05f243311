"""Medians of neurons or pairs as mean of the layers, and how sure their changes are."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.claims import Change
from infonb.claims.bootstrap import decimals
from infonb.claims.resampling import draw_medians, draw_seeds
from infonb.dims import median_within_layers

__all__ = ["MeanOfLayers", "median"]


def median(values: xr.DataArray) -> xr.DataArray:
    """
    Return medians over neurons, or over pairs of different neurons, dims (..., layer).

    Examples
    --------
    >>> float(median(xr.DataArray([1.0, 2.0, 6.0], dims="neuron")))
    2.0
    """
    return (
        median_within_layers(values) if "other_neuron" in values.dims else values.median("neuron")
    )


class MeanOfLayers:
    """
    Medians of a measure over neurons, or pairs within a layer, as mean of the layers.

    Parameters
    ----------
    values
        Dims (network, seed, layer, neuron), and other_neuron if it is of pairs.

    Examples
    --------
    >>> values = np.random.default_rng(0).normal(size=(2, 3, 2, 50)) + [[[[1.0]]], [[[3.0]]]]
    >>> values = xr.DataArray(
    ...     values, {"network": ["a", "b"]}, ("network", "seed", "layer", "neuron"))
    >>> found = MeanOfLayers(values).change("a", "b")
    >>> len(found.effect), bool(1.5 < np.mean(found.effect) < 2.5)
    (3, True)
    """

    def __init__(self, values: xr.DataArray) -> None:
        self._values = values
        self._median = median(values).mean("layer").transpose("network", "seed")
        self._rng = np.random.default_rng(0)
        self._drawn: dict[str, np.ndarray] = {}

    def change(self, start: str, end: str) -> Change:
        """Return the change between two networks, as `change_of_median` does for one layer."""
        ends = [self._median.sel(network=name).values for name in (start, end)]
        drawn = draw_seeds([self._of(name) for name in (start, end)], 1000, self._rng)
        means = [float(one.mean()) for one in ends]
        digits = decimals([means[1] - means[0]])
        here = " → ".join(f"{mean:.{digits}f}" for mean in means)
        return Change(here, tuple((ends[1] - ends[0]).tolist()), (drawn[1] - drawn[0]).mean(axis=1))

    def _of(self, name: str) -> np.ndarray:
        """Return draws of one network's neurons, which all comparisons share: (seed, draw)."""
        if name not in self._drawn:
            one = self._values.sel(network=name).transpose("seed", "layer", "neuron", ...).values
            self._drawn[name] = np.array(
                [
                    np.mean([draw_medians(layer, self._rng) for layer in part], axis=0)
                    for part in one
                ]
            )
        return self._drawn[name]
