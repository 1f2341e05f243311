"""The examples that a memorizer is built from: checked, and laid out on a line."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

__all__ = [
    "SMALLEST_GAP", "Line", "as_float64", "check_float64", "distinct", "flat_inputs", "laid_out",
    "plain_array",
]  # fmt: skip

#: Below this share of the range two neighbours on the line cannot be told apart to 1e-7.
SMALLEST_GAP = 1e-7

#: Directions that are tried for the one that keeps all points apart best.
_TRIED = 200


class Line(NamedTuple):
    """Points on a line: the direction, their places on it, and the smallest gap by the range."""

    direction: np.ndarray
    places: np.ndarray
    gap: float


def check_float64(dtype: Any) -> None:
    """Raise unless float64 is asked for."""
    if str(dtype).removeprefix("torch.") != "float64":
        raise ValueError(
            f"dtype must be float64; not {dtype}: weights of 10^5 and more cancel, so that of "
            "float32 nothing would be left. Convert the finished network with .float() to see it."
        )


def plain_array(values: Any) -> np.ndarray:
    """Return an array, a tensor, a DataArray (samples first) or a list as an array."""
    if isinstance(values, xr.DataArray) and "sample" in values.dims:
        values = values.transpose("sample", ...)
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.double() if values.is_floating_point() else values  # numpy has no bfloat16
    return np.asarray(values, order="C")  # torch takes no steps backwards


def as_float64(name: str, values: Any) -> np.ndarray:
    """Return an array as float64; raise unless it holds real numbers."""
    found = plain_array(values)
    if found.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be real numbers; not values of dtype {found.dtype}.")
    return found.astype(np.float64)


def flat_inputs(inputs: Any) -> np.ndarray:
    """Return inputs as float64 (sample, feature): finite, and at least one."""
    values = as_float64("inputs", inputs)
    if values.ndim == 0 or values.size == 0:
        raise ValueError(
            f"inputs must have dims (sample, ...) and values; not shape {values.shape}."
        )
    values = values.reshape(values.shape[0], -1)
    if not np.isfinite(values).all():
        raise ValueError("inputs must be finite; there is a NaN or an infinite value among them.")
    return values


def distinct(inputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs without those that are there twice; raise if their targets differ."""
    if len(inputs) != len(targets):
        raise ValueError(
            f"there are {len(inputs):,} inputs and {len(targets):,} targets; there must be as many."
        )
    _, first, group = np.unique(inputs, axis=0, return_index=True, return_inverse=True)
    own = first[group.ravel()]  # the first of those that are alike
    differ = np.flatnonzero((targets != targets[own]).reshape(len(targets), -1).any(axis=1))
    if differ.size:
        raise ValueError(
            f"inputs {own[differ[0]]} and {differ[0]} are the same, but their targets differ: no "
            "function has both. Leave one of them out."
        )
    if first.size < len(inputs):
        warnings.warn(
            f"{len(inputs) - first.size:,} inputs are there before, with the same target: each is "
            "stored once.",
            stacklevel=3,
        )
    kept = np.sort(first)
    return inputs[kept], targets[kept]


def laid_out(inputs: np.ndarray, seed: int) -> Line:
    """Return the points on the one of 200 random directions that keeps them apart best."""
    rng = np.random.default_rng([seed, 41])
    # a single feature has one direction only, up to its sign
    tried = rng.normal(size=(_TRIED if inputs.shape[1] > 1 else 1, inputs.shape[1]))
    tried /= np.linalg.norm(tried, axis=1, keepdims=True)
    if inputs.shape[1] == 1:
        tried = np.abs(tried)
    gaps = np.zeros(len(tried))
    for at, direction in enumerate(tried):
        places = np.sort(inputs @ direction)
        width = places[-1] - places[0]
        gaps[at] = np.diff(places).min() / width if len(places) > 1 and width else len(places) == 1
    best = int(np.argmax(gaps))
    if gaps[best] < SMALLEST_GAP:
        raise ValueError(
            f"the nearest points are {gaps[best]:.1e} of the range apart on the best of "
            f"{len(tried)} lines, below {SMALLEST_GAP:g}: float64 cannot store them to 1e-7. Take "
            "fewer points, another seed, or leave out points that are almost the same."
        )
    return Line(tried[best], inputs @ tried[best], float(gaps[best]))
