"""Checks that measures of sequences share: tokens, log-probabilities, the same samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.validate import check_dim

__all__ = [
    "alike", "checked_bool", "checked_copies", "checked_log_probability", "checked_numbers",
    "checked_tokens", "with_known",
]  # fmt: skip

#: So far above 0 a log-probability may be by rounding, in single precision.
_ROUNDING = 1e-4


def checked_tokens(tokens: Any, name: str) -> xr.DataArray:
    """Return tokens (..., sample, position); raise unless they are whole numbers from 0 on."""
    tokens = _with_dims(tokens, name, "tokens", ("sample", "position"))
    if tokens.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be tokens, which are whole numbers; not {tokens.dtype}. Sequences that "
            "are too short are padded with NaN: leave them out before, and count them."
        )
    _check_some(tokens, name, ("sample", "position"))
    if (least := int(tokens.min())) < 0:
        raise ValueError(
            f"{name} has the token {least}, but tokens are 0 or more: sequences that are padded "
            "are too short for this prompt and continuation; leave them out, and count them."
        )
    return tokens


def checked_bool(values: Any, name: str, dims: tuple[str, ...] = ("sample",)) -> xr.DataArray:
    """Return values (..., dims); raise unless they are bool."""
    values = _with_dims(values, name, "values", dims)
    if values.dtype != bool:
        raise TypeError(f"{name} must be bool, as in scores >= 0.9; not {values.dtype}.")
    _check_some(values, name, dims)
    return values


def checked_log_probability(values: Any, name: str, *, zero: bool = False) -> xr.DataArray:
    """Return log-probabilities (..., sample) in double precision, summed over ``position``."""
    values = _with_dims(values, name, "log-probabilities", ("sample",))
    if values.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be logarithms of probabilities, floats; not {values.dtype}.")
    values = values.astype(float)
    dims = ("sample", "position") if "position" in values.dims else ("sample",)
    _check_some(values, name, dims)
    if bool(values.isnull().any()):
        raise ValueError(
            f"{name} is NaN for {int(values.isnull().sum()):,} of {values.size:,} values; leave "
            "these samples out."
        )
    if (most := float(values.max())) > _ROUNDING:
        raise ValueError(
            f"{name} has {most:.4g}, but logarithms of probabilities are 0 or less; pass natural "
            "logarithms (a loss is their negative)."
        )
    if not zero and bool(np.isinf(values).any()):
        raise ValueError(
            f"{name} is minus infinity for {int(np.isinf(values).sum()):,} values: a token has "
            "the probability 0. Take log_softmax of the logits, not the logarithm of a softmax."
        )
    values = values.clip(max=0.0)
    return values.sum("position") if "position" in values.dims else values


def checked_copies(values: Any, name: str) -> xr.DataArray:
    """Return numbers of copies (..., sample); raise unless they are whole numbers from 0 on."""
    values = _with_dims(values, name, "whole numbers", ("sample",))
    if values.dtype.kind not in "iu":
        raise TypeError(f"{name} must be whole numbers (sample); not {values.dtype}.")
    if values.size and int(values.min()) < 0:
        raise ValueError(f"{name} has {int(values.min())}; copies are counted from 0 on.")
    return values


def checked_numbers(
    values: xr.DataArray, name: str, dims: tuple[Any, ...], *, zero: bool
) -> xr.DataArray:
    """Return numbers from 0 on as floats, or above 0; raise for dims that the batch has not."""
    if extra := [dim for dim in values.dims if dim not in dims]:
        raise ValueError(f"{name} has the dim {extra[0]!r}, which the batch has not: {dims}.")
    if values.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be numbers; not {values.dtype}.")
    values = values.astype(float)
    good = np.isfinite(values.values) & ((values.values >= 0) if zero else (values.values > 0))
    if not good.all():
        least = "0 or more" if zero else "above 0"
        raise ValueError(f"{name} must be {least} and finite; not {values.values[~good][0]}.")
    return values


def alike(first: xr.DataArray, second: xr.DataArray, names: tuple[str, str]) -> xr.DataArray:
    """Return the second array without what is known of it; raise unless both are of the same."""
    for dim in (dim for dim in first.dims if dim in second.dims):
        one, other = first.sizes[dim], second.sizes[dim]
        if one != other:
            raise ValueError(f"{names[0]} has {one:,} along {dim!r}, but {names[1]} {other:,}.")
        both = dim in first.coords and dim in second.coords
        if both and not np.array_equal(first[dim].values, second[dim].values):
            raise ValueError(
                f"{names[0]} and {names[1]} have different labels along {dim!r}, or another order; "
                f"bring them in line, as in {names[1]}.sel({dim}={names[0]}.{dim})."
            )
    return second.reset_coords(drop=True)


def with_known(found: xr.Dataset, *sources: xr.DataArray) -> xr.Dataset:
    """Return a result with those coordinates of its sources that it lacks, the first's first."""
    for source in sources:
        known = {
            name: c
            for name, c in source.coords.items()
            if {*c.dims} <= {*found.dims} and name not in {*found.coords, *found.dims}
        }
        found = found.assign_coords(known)
    return found


def _with_dims(values: Any, name: str, what: str, dims: tuple[str, ...]) -> xr.DataArray:
    check_array(values, f"{name}: {what} {dims}")
    for dim in dims:
        check_dim(dim, values.dims, name)
    last = (*dims, "position") if "position" in values.dims and "position" not in dims else dims
    return values.transpose(..., *last)


def _check_some(values: xr.DataArray, name: str, dims: tuple[str, ...]) -> None:
    for dim in dims:
        if not values.sizes[dim]:
            raise ValueError(f"{name} has nothing along {dim!r}: there is nothing to measure.")
