"""Whether a floating type can tell the values of a neuron apart."""

from __future__ import annotations

import numpy as np

__all__ = ["first_lost"]

_BLOCK = 1 << 20  # values at a time
_SAMPLES = 4096  # of each neuron, whose values are counted
# of the largest value: differences below are the rounding of float64 sums, not values
_NOISE = 2.0**-46


def first_lost(values: np.ndarray, dtype: np.dtype | str) -> int | None:
    """
    Return the first neuron of (neuron, sample) whose values a type would merge, None if none is.

    Whole numbers must stay exact up to 2^53. Other values are lost if they are rounded by more
    than the type rounds numbers of the size of their range (a large offset), or if more than one
    in a hundred becomes equal to another one (several offsets, tiny numbers).
    """
    dtype = np.dtype(dtype)
    kind = values.dtype.kind
    if kind == "b" or values.size == 0 or (kind == "f" and np.can_cast(values.dtype, dtype)):
        return None
    step = max(1, _BLOCK // values.shape[1])
    for start in range(0, len(values), step):
        lost = _lost(np.asarray(values[start : start + step]), dtype)
        if lost.any():
            return start + int(lost.argmax())
    return None


def _lost(block: np.ndarray, dtype: np.dtype) -> np.ndarray:
    with np.errstate(all="ignore"):
        if block.dtype.kind in "iu":
            return _inexact(block, dtype)
        block = np.where(np.isfinite(block), block, 0)
        rounded = block.astype(dtype).astype(block.dtype)
        span = block.max(axis=1) - block.min(axis=1)
        size = np.abs(block).max(axis=1)
        error = np.abs(block - rounded).max(axis=1)
        offset = (span > _NOISE * size) & (error > 16 * np.finfo(dtype).eps * span)
        whole = (size < 2.0**53) & (block == np.rint(block)).all(axis=1) & (error > 0)
        return offset | whole | _merged(block, dtype, size)


def _inexact(block: np.ndarray, dtype: np.dtype) -> np.ndarray:
    exact = 2 ** (np.finfo(dtype).nmant + 1)
    doubtful = ((block > exact) | (block < (0 if block.dtype.kind == "u" else -exact))).any(axis=1)
    if doubtful.any():
        rows = block[doubtful].astype(object)  # Python's whole numbers have no limit
        doubtful[doubtful] = (rows != block[doubtful].astype(dtype).astype(object)).any(axis=1)
    return doubtful


def _merged(block: np.ndarray, dtype: np.dtype, size: np.ndarray) -> np.ndarray:
    """Tell of each neuron whether values that differ become equal too often."""
    some = np.sort(block[:, :: -(-block.shape[1] // _SAMPLES)], axis=1)
    different = np.diff(some, axis=1) > _NOISE * size[:, None]
    still = np.diff(some.astype(dtype), axis=1) > 0
    return (different & ~still).sum(axis=1) > 0.01 * different.sum(axis=1)
