"""What measures of memorization in encoders share: their activations, layer by layer, checked."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.dims import inside_width, take_activation, with_layer
from infonb.validate import check_dim

__all__ = [
    "FEW", "Values", "by_layer", "check_alike", "check_dead", "check_group", "known_of",
    "selectivity", "taken",
]  # fmt: skip

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
    if not values.size:
        raise ValueError(f"activation is empty: {dict(values.sizes)}.")
    inner = ["layer", *views, "neuron", "sample"]
    return values.transpose(*(dim for dim in values.dims if dim not in inner), *inner)


def by_layer(values: xr.DataArray) -> Iterator[tuple[object, Values]]:
    """Yield layer after layer: name and values (..., augmentation?, neuron, sample) in memory."""
    names = values.layer.values if "layer" in values.coords else range(values.sizes["layer"])
    for place, name in enumerate(names):
        # one layer at a time: all of them in double precision, or on disk, may be too large
        yield name, _checked(values.isel(layer=place), name)


def _checked(values: xr.DataArray, layer: object) -> Values:
    """Return the values of a layer, in which nothing but padding is NaN."""
    found = np.asarray(values.values, np.float64)
    bad = ~np.isfinite(found)
    if bad.any():
        inside = inside_width(values.copy(data=found))
        if inside is None:  # no width is known: padding is NaN as a whole
            bad &= ~np.isnan(found).all(axis=-1, keepdims=True)
        else:
            bad &= inside.broadcast_like(values).transpose(*values.dims).values
        if bad.any():
            *_, neuron, sample = np.argwhere(bad)[0].tolist()
            raise ValueError(
                f"activation is NaN or infinite at layer {layer!r}, neuron {neuron}, sample "
                f"{sample} ({int(bad.sum()):,} such values); drop these samples, or "
                "look for the cause in the model."
            )
    return found


def check_dead(dead: object) -> float:
    """Return the value of units that are 0 everywhere: a number, NaN among them."""
    if isinstance(dead, bool) or not isinstance(dead, int | float | np.number):
        raise TypeError(f"dead must be a number, such as nan or 0.0; not {dead!r}.")
    return float(dead)


def check_alike(values: xr.DataArray, other: xr.DataArray, name: str, *dims: Hashable) -> None:
    """Raise unless another array has the same length, and labels if any, along some dims."""
    for dim in dims:
        n, n_other = values.sizes[dim], other.sizes[dim]
        if n != n_other:
            raise ValueError(
                f"{name} has {n_other:,} along {dim!r}, the activations {n:,}; record both alike."
            )
        labelled = dim in values.coords and dim in other.coords
        if labelled and values[dim].values.tolist() != other[dim].values.tolist():
            raise ValueError(
                f"{name} has other labels along {dim!r} than the activations, or another order: "
                f"bring them in line, as in {name}.sel({dim}=acts.{dim})."
            )


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
