"""Layers that tell nothing: at least half of their neurons are constant in one of the models."""

from __future__ import annotations

import xarray as xr

__all__ = ["silent"]


def silent(found: xr.Dataset) -> xr.DataArray | None:
    """
    Return which layers are silent in either model of a comparison: dims (comparison, layer).

    The median entropy of such a layer is 0 in bins of each neuron, and so is its MI: that is no
    heuristic. None where the entropy was not measured so.
    """
    if "median_entropy" not in found or "neuron" not in found["edges"].values:
        return None
    medians = found["median_entropy"].sel(edges="neuron", drop=True)
    zero = (medians <= 0).drop_vars([name for name in medians.coords if name not in medians.dims])
    zero = zero.any("seed") if "seed" in zero.dims else zero
    names = found["comparison"].values
    other = zero.sel(model=names).rename(model="comparison")
    return other | zero.sel(model=found.attrs["reference"], drop=True)
