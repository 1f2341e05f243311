"""Pairs of neurons within one layer."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["median_within_layers", "within_layer", "within_layers"]


def median_within_layers(information: xr.DataArray) -> xr.DataArray:
    """Return the median MI of the pairs of different neurons of each layer: dims (..., layer)."""
    pairs = within_layers(information)
    median = pairs.where(pairs.neuron != pairs.other_neuron).median(["neuron", "other_neuron"])
    return median.transpose(..., "layer").assign_attrs(information.attrs)


def within_layer(information: xr.DataArray, layer: object) -> xr.DataArray:
    """Return the values of one layer; of pairs, those within it."""
    one = information.sel(layer=layer)
    return one.sel(other_layer=layer) if "other_layer" in one.dims else one


def within_layers(information: xr.DataArray) -> xr.DataArray:
    """Return pairs within layers, dims (..., layer, neuron, other_neuron); other values as is."""
    if "other_layer" not in information.dims:
        return information
    diagonal = xr.DataArray(np.arange(information.sizes["layer"]), dims="layer")
    pairs = information.isel(layer=diagonal, other_layer=diagonal)
    return pairs.drop_vars(["other_layer", "other_width"], errors="ignore")
