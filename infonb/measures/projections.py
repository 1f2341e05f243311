"""Random directions through a layer, and what it looks like from each of them."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.dims import inside_width
from infonb.validate import check_integer

__all__ = ["directions", "projected"]


def directions(neurons: int, number: int, seed: int) -> np.ndarray:
    """Return random directions (neuron, direction), uniform but for their lengths."""
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    return rng.normal(size=(neurons, number))


def projected(activation: xr.DataArray, number: int, seed: int) -> xr.DataArray:
    """Return projections (..., neuron, sample) in place of the neurons, which are padded with 0."""
    inside = inside_width(activation)
    # a direction's length is of no matter, so that those of narrower layers are cut short
    whole = activation if inside is None else activation.where(inside, 0.0)
    weights = xr.DataArray(
        directions(activation.sizes["neuron"], number, seed), dims=("neuron", "projection")
    )
    gone = {name for name, coord in activation.coords.items() if "neuron" in coord.dims} | {"width"}
    whole = whole.astype(float).drop_vars(gone, errors="ignore")
    found = xr.dot(whole, weights, dim="neuron")
    return found.rename(projection="neuron").transpose(..., "neuron", "sample")
