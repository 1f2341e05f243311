"""Entropy in bins shared by all models, whatever their width."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.experiments.predictable_memorization.measures import folded, unfolded

__all__ = ["entropy_in_rulers_of", "entropy_in_shared_bins"]


def entropy_in_shared_bins(runs: xr.Dataset, bins: int) -> xr.Dataset:
    """Return the runs with the entropy of the finished models in one range of bins for all."""
    from infonb.measures import entropy

    low, high = float(runs.activation.min()), float(runs.activation.max())
    edges = np.linspace(low, high, bins + 1)
    parts = [
        unfolded(entropy(folded(runs.activation.sel(size=size).dropna("neuron")), edges=edges))
        for size in runs["size"].values
    ]
    found = xr.concat(parts, runs["size"], join="outer", combine_attrs="override")
    return runs.assign(entropy=found.assign_attrs(edges="shared", bins=bins))


def entropy_in_rulers_of(runs: xr.Dataset, size: str) -> xr.DataArray:
    """
    Return the entropy of one finished model in all rulers: (edges, group, seed, layer, neuron).

    Shared bins are those of its seeds, groups and layers.
    """
    from infonb.claims import entropy_in_rulers

    one = runs.sel(size=size)
    activation = folded(one.activation.dropna("neuron"))
    n = activation.sizes["neuron"]
    own = one.entropy.isel(neuron=slice(n))
    parts = own.transpose("group", ..., "layer", "neuron")
    stacked = xr.concat(
        [parts.sel(group=group, drop=True) for group in own.group.values], "layer",
        combine_attrs="override",
    ).assign_coords(layer=activation.layer.values).assign_attrs(own.attrs)  # fmt: skip
    given = xr.Dataset({"entropy": stacked.reset_coords(drop=True)})
    given["activation"] = activation.reset_coords(drop=True)
    return unfolded(entropy_in_rulers(given)).assign_attrs(own.attrs)
