"""Rows sorted once for all their pairs: what the nearest-neighbour kernels share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infonb.measures.kernels.compile import compiled, over_blocks

__all__ = ["PAD", "RUNS", "SortedRows", "bytes_per_row", "sort_rows", "spread"]

# Infinite values on both sides of a sorted row: vectors may be read beyond its ends.
PAD = 24
# How many long runs of equal values a row may name, and from which share of the samples on.
RUNS, LONG = 4, 64


class SortedRows(NamedTuple):
    """Rows in ascending order: a rank is a place there; "by sample" is the order of samples."""

    values: np.ndarray  # (row, sample) float64, by sample
    ordered: np.ndarray  # (row, PAD + rank + PAD) float64, between infinities
    eighths: np.ndarray  # (row, ...) every 8th, 64th, ... value of `ordered`: see `_levels`
    order: np.ndarray  # (row, rank) which sample has a rank
    start: np.ndarray  # (row, sample) how many values are smaller
    length: np.ndarray  # (row, sample) how many values are equal, the own one included
    runs: np.ndarray  # (row, RUNS, 2) first rank and length of the longest runs; length 0: none
    levels: np.ndarray  # (level,) where in `eighths` each level begins, the coarsest first


def bytes_per_row(n_samples: int) -> int:
    """Return the memory that a row takes."""
    return 28 * n_samples + 8 * (2 * PAD + _levels(n_samples)[1])


def _levels(n_samples: int) -> tuple[np.ndarray, int]:
    """
    Return where each level of the index begins and its length.

    The item m of a level of groups of 8, 64, ... is the last value of group m. The coarsest level
    has less than 8 groups; every level ends in infinite values, up to a multiple of 8.
    """
    lengths, group = [], 1
    while n_samples // group >= 8:
        group *= 8
        lengths.append(n_samples // group // 8 * 8 + 8)
    ends = np.cumsum(lengths[::-1], dtype=np.int64)
    return ends - np.array(lengths[::-1], np.int64), sum(lengths)


def spread(rows: SortedRows, which: np.ndarray) -> np.ndarray:
    """Return for some rows how far apart the lowest and the highest 64th of their values are."""
    n = rows.order.shape[1]
    low, high = PAD + n // 64, PAD + n - 1 - n // 64
    return np.asarray(rows.ordered[which, high] - rows.ordered[which, low])


def sort_rows(values: np.ndarray, which: np.ndarray) -> SortedRows:
    """Return the chosen rows of an array (row, sample), sorted."""
    n_rows, n = len(which), values.shape[1]
    levels, index_length = _levels(n)
    groups = 8 ** np.arange(len(levels), 0, -1)
    order, start, length = (np.empty((n_rows, n), np.int32) for _ in range(3))
    rows = SortedRows(
        values=np.empty((n_rows, n)),
        ordered=np.full((n_rows, n + 2 * PAD), np.inf),
        eighths=np.full((n_rows, index_length), np.inf),
        order=order,
        start=start,
        length=length,
        runs=np.zeros((n_rows, RUNS, 2), np.int64),
        levels=levels,
    )

    def work(first: int, stop: int) -> None:
        own = values[which[first:stop]]
        rows.values[first:stop] = own
        order[first:stop] = np.argsort(own, axis=1)
        ordered = rows.ordered[first:stop, PAD : PAD + n]
        ordered[:] = np.take_along_axis(rows.values[first:stop], order[first:stop], axis=1)
        rows.ordered[first:stop, :PAD] = -np.inf
        for place, group in zip(levels, groups, strict=True):
            lasts = ordered[:, group - 1 :: group]
            rows.eighths[first:stop, place : place + lasts.shape[1]] = lasts
        _find_runs(rows.ordered, order, start, length, rows.runs, first, stop)
        # the runs in the order in which they stand
        runs = rows.runs[first:stop]
        runs[:] = np.take_along_axis(runs, np.argsort(runs[:, :, :1], axis=1), axis=1)

    over_blocks(work, n_rows, max(1, 2**16 // n), unit="neuron")
    return rows


@compiled
def _find_runs(  # type: ignore[no-untyped-def]
    ordered, orders, starts, lengths, runs, first_row, stop_row
):
    """Set where the equal values of each value start and how many they are, and the longest."""
    n = orders.shape[1]
    for row in range(first_row, stop_row):
        u, order, start, length = ordered[row], orders[row], starts[row], lengths[row]
        first = 0
        while first < n:
            stop = first + 1
            while stop < n and u[PAD + stop] == u[PAD + first]:
                stop += 1
            for p in range(first, stop):
                start[order[p]], length[order[p]] = first, stop - first
            if stop - first >= max(32, n // LONG):
                least = 0
                for run in range(RUNS):
                    if runs[row, run, 1] < runs[row, least, 1]:
                        least = run
                if stop - first > runs[row, least, 1]:
                    runs[row, least, 0], runs[row, least, 1] = first, stop - first
            first = stop
