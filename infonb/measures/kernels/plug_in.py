"""Plug-in mutual information from codes or from joint counts, in nats."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np

from infonb.measures.kernels.corrections import entropy_of_counts
from infonb.measures.kernels.joint import joint_sums, sums_of_counts

__all__ = ["PERMUTATIONS", "information_of_counts", "plug_in", "pointwise_plug_in", "shuffles"]

# Shuffles whose mean is the baseline of corrected="permutation".
PERMUTATIONS = 10

# Orders of no more samples are kept, so many: to draw one takes thirty times as long as to use it.
# At most 64 MiB, as places are of 16 bits.
_MOST_SAMPLES, _MOST_ORDERS = 1024, 32_768

# (pair,) the rows of codes and of others.
Ends = tuple[np.ndarray, np.ndarray]


def plug_in(
    codes: np.ndarray,
    others: np.ndarray,
    bins: tuple[int, int],
    ends: Ends,
    *,
    corrected: str | None = None,
    normalized: bool = False,
    sums: Callable[..., tuple[np.ndarray, np.ndarray | None]] = joint_sums,
) -> np.ndarray:
    """
    Return the MI of pairs of rows, (pair,), from the bins of values, (row, sample).

    `corrected`: None or ``"miller-madow"``; `normalized`: by the smaller of the two entropies;
    `sums`: what counts, `joint_sums` or the same on a device.
    """
    cells = corrected == "miller-madow"
    found, filled = sums(codes, others, *bins, *ends, cells=cells)
    counts = _counts_of(codes, bins[0]), _counts_of(others, bins[1])
    return _value(found, filled, counts, ends, normalized)


def shuffles(codes: np.ndarray, seed: int, numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Yield codes with the samples of each row shuffled, by its number whatever rows are there."""
    order_of = _kept_order if codes.shape[1] <= _MOST_SAMPLES else _order
    for turn in range(PERMUTATIONS):
        shuffled = np.empty_like(codes)
        for index, row in enumerate(codes):
            shuffled[index] = row[order_of(seed, turn, int(numbers[index]), len(row))]
        yield shuffled


def _order(seed: int, turn: int, number: int, n_samples: int) -> np.ndarray:
    """Return the order in which the samples of a row stand after a shuffle, (sample,)."""
    order = np.random.default_rng([seed, turn, number]).permutation(n_samples)
    return order.astype(np.uint16) if n_samples <= _MOST_SAMPLES else order


_kept_order = functools.lru_cache(maxsize=_MOST_ORDERS)(_order)


def _counts_of(codes: np.ndarray, bins: int) -> np.ndarray:
    """Return how often each bin occurs in each row, (row, bins) int64."""
    counts = np.empty((len(codes), bins), np.int64)
    for row, own in enumerate(codes):
        counts[row] = np.bincount(own, minlength=bins)
    return counts


def information_of_counts(
    joint: np.ndarray, counts: np.ndarray, ends: Ends, corrected: str | None, normalized: bool
) -> np.ndarray:
    """Return the same from joint counts (pair, bins * bins); to the last bit the same."""
    sums, filled = sums_of_counts(joint, cells=corrected == "miller-madow")
    return _value(sums, filled, (counts, counts), ends, normalized)


def pointwise_plug_in(
    codes: np.ndarray, others: np.ndarray, bins: tuple[int, int], ends: Ends, normalized: bool
) -> np.ndarray:
    """Return log(p(x, y) / (p(x) p(y))) of every sample of every pair, (pair, sample)."""
    n_samples = codes.shape[1]
    counts, other_counts = _counts_of(codes, bins[0]), _counts_of(others, bins[1])
    value = np.empty((len(ends[0]), n_samples))
    h, other_h = entropy_of_counts(counts), entropy_of_counts(other_counts)
    for pair, (a, b) in enumerate(zip(*ends, strict=True)):
        cell = codes[a].astype(np.int64) * bins[1] + others[b]
        _, where, n_xy = np.unique(cell, return_inverse=True, return_counts=True)
        n_x, n_y = counts[a][codes[a]], other_counts[b][others[b]]
        value[pair] = np.log(n_xy[where] * (n_samples / (n_x.astype(np.float64) * n_y)))
        if normalized:
            value[pair] = _divided(value[pair], min(h[a], other_h[b]))
    return value


def _value(
    sums: np.ndarray,
    filled: np.ndarray | None,
    counts: tuple[np.ndarray, np.ndarray],
    ends: Ends,
    normalized: bool,
) -> np.ndarray:
    """
    Return H(X) + H(Y) - H(X, Y) from the sums of n log n over cells and bins.

    log S + (sum n_xy log n_xy - sum n_x log n_x - sum n_y log n_y) / S. The sums are exact, so that
    the order of counting does not matter and a constant has exactly 0. Rounding below 0 is cut off,
    since the plug-in value cannot be negative.
    """
    if not len(ends[0]):
        return np.empty(0)
    first, second = ends
    n_samples = int(counts[0][0].sum())
    (whole,), _ = sums_of_counts(np.array([[n_samples]]))
    marginal, other_marginal = (sums_of_counts(side)[0] for side in counts)
    value = (whole + sums) - (marginal[first] + other_marginal[second])
    value = np.maximum(value, 0.0) / n_samples
    if filled is not None:  # Miller-Madow: (K_x + K_y - K_xy - 1) / 2S
        bins, other_bins = ((side > 0).sum(axis=1) for side in counts)
        value += (bins[first] + other_bins[second] - filled - 1) / (2 * n_samples)
    if normalized:
        corrected = None if filled is None else "miller-madow"
        h, other_h = (entropy_of_counts(side, corrected) for side in counts)
        value = _divided(value, np.minimum(h[first], other_h[second]))
    return value


def _divided(value: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    """Return a quotient; 0 where a constant neuron makes both 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(by) > 0, value / by, 0.0)
