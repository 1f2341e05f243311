"""Variables of very different scale, of which neighbours tell too little; and the remedy."""

from __future__ import annotations

import numpy as np

from infonb.measures.ties import warn

__all__ = ["ScaleWarning", "standardized", "warn_of_scale"]

# Ranges that differ by less leave the estimates as they are, from a hundred samples on.
RATIO = 20.0

# How many pairs are looked at, at least and at most, and of how many the ranges are compared.
PAIRS, MOST, COMPARED = 16, 64, 2**18


class ScaleWarning(UserWarning):
    """Variables of so different a scale that estimates from neighbours are too low."""


def standardized(values: np.ndarray) -> np.ndarray:
    """Return (..., sample) divided by the standard deviation over the samples, from 0 on."""
    scaled = values.astype(np.float64)
    for row in scaled.reshape(-1, scaled.shape[-1]):
        row -= row.min()
        row /= row.max() or 1.0  # neither overflows nor underflows
        row /= np.sort(row).std() or 1.0  # the same in any order of the samples
    return scaled


def warn_of_scale(
    values: np.ndarray, others: np.ndarray | None, first: np.ndarray, second: np.ndarray, k: int
) -> None:
    """Warn once if the estimates of pairs of rows, (row, sample), depend on their scales."""
    others_of = values if others is None else others
    a, b = _far_apart(values, others_of, first, second)
    if not len(a):
        return
    from infonb.measures.kernels.ksg import ksg_information

    one, other = values[a].astype(np.float64), others_of[b].astype(np.float64)
    place = np.arange(len(a))
    raw, _ = ksg_information(one, place, place, k, other=other)
    scaled, _ = ksg_information(standardized(one), place, place, k, other=standardized(other))
    lost = scaled - raw
    worst, error = float(lost.max()), 0.6 / np.sqrt(values.shape[1])  # of an estimate, about
    if worst > 5 * error or lost.mean() > 3.3 * error / np.sqrt(len(lost)):
        warn(
            f"variables of very different scale: the estimate is too low by up to {worst:.2g} nat "
            f"in {len(a)} pairs looked at, whose ranges differ by a factor of {RATIO:.0f} or more, "
            "since the nearest neighbours are those of the wider variable alone. Pass "
            "standardize=True, which leaves the mutual information as it is. To keep the values "
            "silently: warnings.simplefilter('ignore', infonb.measures.ScaleWarning).",
            ScaleWarning,
        )


def _far_apart(
    values: np.ndarray, others: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return some pairs whose ranges differ much: half of them those that differ most."""
    reach, its = _log_ranges(values), _log_ranges(others)
    both = np.concatenate([reach, its])
    known = both[np.isfinite(both)]
    if not len(known) or np.ptp(known) < np.log(RATIO):
        return first[:0], second[:0]
    some = np.unique(np.linspace(0, len(first) - 1, min(COMPARED, len(first))).astype(int))
    a, b = first[some], second[some]
    with np.errstate(invalid="ignore"):  # of two constants
        ratio = np.abs(reach[a] - its[b])
    far = np.flatnonzero(np.isfinite(ratio) & (ratio >= np.log(RATIO)))
    far = far[np.argsort(-ratio[far], kind="stable")]
    number = int(np.clip(len(first) // 20, PAIRS, MOST))
    if len(far) > number:
        rest = np.linspace(number // 2, len(far) - 1, number - number // 2).astype(int)
        far = np.concatenate([far[: number // 2], far[rest]])
    return a[far], b[far]


def _log_ranges(values: np.ndarray) -> np.ndarray:
    """Return the logarithm of the range of each row, -inf of a constant."""
    low, high = (end(axis=-1).astype(np.float64) for end in (values.min, values.max))
    with np.errstate(divide="ignore"):
        return np.log(high - low)
