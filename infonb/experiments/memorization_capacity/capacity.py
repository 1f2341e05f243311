"""The plateau of the bits: what a network holds at most, how full it is, how it converges."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

__all__ = ["PUBLISHED", "alike", "bits_along", "exponent", "last_growth", "with_capacity"]

#: Bits a parameter that GPT-style models hold (Morris and others, 2025, abstract).
PUBLISHED = 3.6


def with_capacity(runs: xr.Dataset) -> xr.Dataset:
    """
    Return the runs with ``capacity``, ``capacity_per_parameter`` (size, seed), and ``fullness``.

    The capacity is the largest total over numbers of strings; ``fullness`` (size, n_strings) what
    there is to hold, in units of the mean capacity of the size.
    """
    capacity = runs.total_bits.max("n_strings")
    parameters = alike(runs.n_parameters)
    offered = alike(runs.string_bits) * runs.n_strings
    return runs.assign(
        capacity=capacity.assign_attrs(units="bit"),
        capacity_per_parameter=(capacity / parameters).assign_attrs(units="bit per parameter"),
        fullness=(offered / capacity.mean("seed")).transpose("size", "n_strings"),
    )


def last_growth(runs: xr.Dataset) -> xr.DataArray:
    """Return the share (size, seed) that the largest set adds to the bits of the one before."""
    last, before = (runs.total_bits.isel(n_strings=at, drop=True) for at in (-1, -2))
    return last / before - 1


def exponent(runs: xr.Dataset) -> xr.DataArray:
    """Return the slope (seed) of log capacity on log parameters: 1 if the two are proportional."""
    x = np.log(alike(runs.n_parameters).values)
    y = np.log(runs.capacity.transpose("seed", "size").values)
    slope = ((x - x.mean()) * (y - y.mean(axis=1, keepdims=True))).sum(axis=1)
    return xr.DataArray(slope / ((x - x.mean()) ** 2).sum(), {"seed": runs.seed}, ("seed",))


def bits_along(runs: xr.Dataset) -> xr.DataArray:
    """Return the total bits (size, n_strings, seed, epoch) in the course of training, by loss."""
    n_tokens = alike(runs.string_bits) * runs.n_strings  # in bits of the source
    saved = n_tokens - runs.train_loss / math.log(2) * n_tokens / _token_bits(runs)
    return saved.transpose("size", "n_strings", "seed", "epoch").assign_attrs(units="bit")


def _token_bits(runs: xr.Dataset) -> float:
    """Return the bits of a token by the true source."""
    import json

    return math.log2(json.loads(runs.attrs["parameters"])["vocabulary"])


def alike(values: xr.DataArray) -> xr.DataArray:
    """Return values that do not depend on seed and strings without these."""
    for dim in ("seed", "n_strings"):
        if dim in values.dims:
            values = values.isel({dim: 0}, drop=True)
    return values
