"""Plug-in mutual information from codes or from joint counts, in nats."""

from __future__ import annotations

from typing import Any

import numpy as np

from infonb.measures.kernels.corrections import entropy_of_counts
from infonb.measures.kernels.joint import joint_sums, sums_of_counts
from infonb.measures.options import PERMUTATIONS

__all__ = ["information_of_counts", "plug_in"]


def plug_in(
    codes: np.ndarray,
    other: np.ndarray,
    bins: tuple[int, int],
    first: np.ndarray,
    second: np.ndarray,
    *,
    corrected: str | None = None,
    normalized: bool = False,
    pointwise: bool = False,
    seed: int = 0,
    numbers: np.ndarray | None = None,
    device: str | None = None,
    progress: bool | str = False,
) -> np.ndarray:
    """
    Return the MI of pairs of rows, (pair,), or pointwise (pair, sample).

    Parameters
    ----------
    codes, other
        (row, sample) and (other row, sample), the bin of every value.
    bins
        How many bins the rows of each have.
    first, second
        (pair,) which rows of `codes` and of `other`.
    corrected
        None, ``"miller-madow"``, or ``"permutation"``: less the mean value of shuffled `codes`.
    normalized
        Whether to divide by the smaller of the two entropies.
    pointwise
        Whether to return log(p(x, y) / (p(x) p(y))) of every sample.
    seed, numbers
        Seed of the shuffles, and the (row,) numbers of the rows of `codes`: by these each row has
        shuffles of its own, whatever rows are measured with it.
    device
        None, or a device of torch.
    progress
        Whether to show a bar.
    """
    counts, other_counts = (
        _counts_of(side, n) for side, n in zip((codes, other), bins, strict=True)
    )
    if pointwise:
        return _pointwise(codes, other, counts, other_counts, first, second, normalized)

    def value(codes: np.ndarray, corrected: str | None, progress: bool | str) -> np.ndarray:
        kernel = joint_sums
        options: dict[str, Any] = {}
        if device is not None:
            from infonb.measures.device.dispatch import joint_sums as kernel

            options["device"] = device
        cells = corrected == "miller-madow"
        sums, filled = kernel(
            codes, other, *bins, first, second, cells=cells, progress=progress, **options
        )
        return _value(sums, filled, counts, other_counts, first, second, normalized)

    found = value(codes, corrected, progress)
    if corrected == "permutation":
        baseline = np.zeros(len(first))
        numbers = np.arange(len(codes)) if numbers is None else numbers
        for turn in range(PERMUTATIONS):
            shuffled = np.empty_like(codes)
            for index, row in enumerate(codes):
                rng = np.random.default_rng([seed, turn, numbers[index]])
                shuffled[index] = rng.permutation(row)
            baseline += value(shuffled, None, False)
        found -= baseline / PERMUTATIONS
    return found


def _counts_of(codes: np.ndarray, bins: int) -> np.ndarray:
    """Return how often each bin occurs in each row, (row, bins) int64."""
    counts = np.empty((len(codes), bins), np.int64)
    for row, own in enumerate(codes):
        counts[row] = np.bincount(own, minlength=bins)
    return counts


def information_of_counts(
    joint: np.ndarray,
    counts: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    corrected: str | None,
    normalized: bool,
) -> np.ndarray:
    """Return the same from joint counts (pair, bins * bins); to the last bit the same."""
    sums, filled = sums_of_counts(joint, cells=corrected == "miller-madow")
    return _value(sums, filled, counts, counts, first, second, normalized)


def _pointwise(
    codes: np.ndarray,
    other: np.ndarray,
    counts: np.ndarray,
    other_counts: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    normalized: bool,
) -> np.ndarray:
    """Return log(p(x, y) / (p(x) p(y))) of every sample of every pair, (pair, sample)."""
    n_samples, bins = codes.shape[1], other_counts.shape[1]
    value = np.empty((len(first), n_samples))
    h, other_h = entropy_of_counts(counts), entropy_of_counts(other_counts)
    for pair, (a, b) in enumerate(zip(first, second, strict=True)):
        cell = codes[a].astype(np.int64) * bins + other[b]
        _, where, n_xy = np.unique(cell, return_inverse=True, return_counts=True)
        n_x, n_y = counts[a][codes[a]], other_counts[b][other[b]]
        value[pair] = np.log(n_xy[where] * (n_samples / (n_x.astype(np.float64) * n_y)))
        if normalized:
            value[pair] = _divided(value[pair], min(h[a], other_h[b]))
    return value


def _value(
    sums: np.ndarray,
    filled: np.ndarray | None,
    counts: np.ndarray,
    other_counts: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    normalized: bool,
) -> np.ndarray:
    """
    Return H(X) + H(Y) - H(X, Y) from the sums of n log n over cells and bins.

    log S + (sum n_xy log n_xy - sum n_x log n_x - sum n_y log n_y) / S. The sums are exact, so that
    the order of counting does not matter and a constant has exactly 0. Rounding below 0 is cut off,
    since the plug-in value cannot be negative.
    """
    if not len(first):
        return np.empty(0)
    n_samples = int(counts[0].sum())
    (whole,), _ = sums_of_counts(np.array([[n_samples]]))
    marginal, other_marginal = (sums_of_counts(side)[0] for side in (counts, other_counts))
    value = (whole + sums) - (marginal[first] + other_marginal[second])
    value = np.maximum(value, 0.0) / n_samples
    if filled is not None:  # Miller-Madow: (K_x + K_y - K_xy - 1) / 2S
        bins, other_bins = ((side > 0).sum(axis=1) for side in (counts, other_counts))
        value += (bins[first] + other_bins[second] - filled - 1) / (2 * n_samples)
    if normalized:
        corrected = None if filled is None else "miller-madow"
        h, other_h = (entropy_of_counts(side, corrected) for side in (counts, other_counts))
        value = _divided(value, np.minimum(h[first], other_h[second]))
    return value


def _divided(value: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    """Return a quotient; 0 where a constant neuron makes both 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(by) > 0, value / by, 0.0)
