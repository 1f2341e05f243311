"""What measures of memorization in encoders share: their activations, layer by layer, checked."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.dims import take_activation, with_layer
from infonb.validate import check_dim

__all__ = ["FEW", "Values", "by_layer", "check_group", "known_of", "selectivity", "taken"]

Values = NDArray[np.float64]

#: Below so many samples a maximum or a mean over them says little.
FEW = 20


def taken(acts: Any, what: str, *, at_least: int = 3) -> xr.DataArray:
    """Return activations (..., layer, augmentation?, neuron, sample) of enough samples."""
    values = with_layer(take_activation(acts))
    for dim in ("neuron", "sample"):
        check_dim(dim, values.dims, "activation")
    n = values.sizes["sample"]
    if n < at_least:
        raise ValueError(
            f"{what} needs at least {at_least} samples, of which one stands out against the "
            f"others; there {'is 1' if n == 1 else f'are {n}'}."
        )
    if n < FEW:
        warnings.warn(
            f"{what} of {n} samples: below {FEW} it says more of these samples than of the "
            "network; give more.",
            stacklevel=3,
        )
    views = [dim for dim in ("augmentation",) if dim in values.dims]
    inner = ["layer", *views, "neuron", "sample"]
    return values.transpose(*(dim for dim in values.dims if dim not in inner), *inner)


def by_layer(values: xr.DataArray) -> Iterator[tuple[object, Values]]:
    """Yield layer after layer: name and values (..., augmentation?, neuron, sample) in memory."""
    names = values.layer.values if "layer" in values.coords else range(values.sizes["layer"])
    for place, name in enumerate(names):
        # one layer at a time: all of them in double precision, or on disk, may be too large
        yield name, _checked(values.isel(layer=place), name)


def _checked(values: xr.DataArray, layer: object) -> Values:
    """Return the values of a layer, in which a neuron is NaN as a whole (padding) or nowhere."""
    found = np.asarray(values.values, np.float64)
    if not np.isfinite(found).all():
        bad = ~np.isfinite(found)
        padding = np.isnan(found).all(axis=-1, keepdims=True)
        if (bad & ~padding).any():
            *_, neuron, sample = np.argwhere(bad & ~padding)[0].tolist()
            raise ValueError(
                f"activation is NaN or infinite at layer {layer!r}, neuron {neuron}, sample "
                f"{sample} ({int((bad & ~padding).sum()):,} such values); drop these samples, or "
                "look for the cause in the model."
            )
    return found


def known_of(values: xr.DataArray, *left_out: str) -> dict[Any, Any]:
    """Return the coordinates of a result, from which some dims were reduced."""
    return {name: coord for name, coord in values.coords.items() if not {*left_out} & {*coord.dims}}


def check_group(values: xr.DataArray, role: object, what: str) -> NDArray[np.bool_]:
    """Return which samples have a role."""
    there = list(dict.fromkeys(values.role.values.tolist())) if "role" in values.coords else []
    if role not in there:
        raise ValueError(f"{what} {role!r} is no role of the samples; there are {there}.")
    return np.asarray(values.role.values == role)


def selectivity(largest: Values, others: Values, dead: float) -> Values:
    """Return (largest - others) / (largest + others), `dead` where both are 0."""
    total = largest + others
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (largest - others) / total
    return np.where((largest == 0) & (others == 0), dead, ratio)
