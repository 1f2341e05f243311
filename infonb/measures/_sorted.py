"""Rows sorted once for all their pairs: what the nearest-neighbour kernels share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infonb.measures._compile import compiled, over_blocks

__all__ = ["PAD", "RUNS", "SortedRows", "bytes_per_row", "sort_rows"]

# Infinite values on both sides of a sorted row: vectors may be read beyond its ends.
PAD = 24
# How many long runs of equal values a row may name, and from which share of the samples on.
RUNS, LONG = 4, 64


class SortedRows(NamedTuple):
    """
    Rows in ascending order.

    "By sample" means in the order in which the samples came; a rank is a place in the sorted row.
    """

    values: np.ndarray  # (row, sample) float64, by sample
    ordered: np.ndarray  # (row, PAD + rank + PAD) float64, between infinities
    eighths: np.ndarray  # (row, ...) every 8th, 64th, ... value of `ordered`: see `_levels`
    order: np.ndarray  # (row, rank) which sample has a rank
    start: np.ndarray  # (row, sample) how many values are smaller
    length: np.ndarray  # (row, sample) how many values are equal, the own one included
    runs: np.ndarray  # (row, RUNS, 2) first rank and length of the longest runs; length 0: none
    spread: np.ndarray  # (row,) how far apart the lowest and the highest 64th are
    levels: np.ndarray  # (level,) where in `eighths` each level begins, the coarsest first


def bytes_per_row(n_samples: int) -> int:
    """Return the memory that a row takes."""
    return 28 * n_samples + 8 * (2 * PAD + _levels(n_samples)[1])


def _levels(n_samples: int) -> tuple[np.ndarray, int]:
    """
    Return where each level begins and the length of the index.

    The item m of a level of groups of 8, 64, ... is the last value of group m. The coarsest level
    has less than 8 groups; every level ends in infinite values, up to a multiple of 8.
    """
    lengths, group = [], 1
    while n_samples // group >= 8:
        group *= 8
        lengths.append(n_samples // group // 8 * 8 + 8)
    ends = np.cumsum(lengths[::-1], dtype=np.int64)
    return ends - np.array(lengths[::-1], np.int64), sum(lengths)


def sort_rows(values: np.ndarray, which: np.ndarray) -> SortedRows:
    """Return the chosen rows of an array (row, sample), sorted."""
    n_rows, n = len(which), values.shape[1]
    levels, index_length = _levels(n)
    order, start, length = (np.empty((n_rows, n), np.int32) for _ in range(3))
    rows = SortedRows(
        values=np.empty((n_rows, n)),
        ordered=np.full((n_rows, n + 2 * PAD), np.inf),
        eighths=np.full((n_rows, index_length), np.inf),
        order=order,
        start=start,
        length=length,
        runs=np.zeros((n_rows, RUNS, 2), np.int64),
        spread=np.empty(n_rows),
        levels=levels,
    )

    def work(first: int, stop: int) -> None:
        own = values[which[first:stop]]
        rows.values[first:stop] = own
        order[first:stop] = np.argsort(own, axis=1)
        _fill(rows, first, stop)

    over_blocks(work, n_rows, max(1, 2**16 // n), unit="neuron")
    return rows


@compiled
def _fill(rows, first_row, stop_row):  # type: ignore[no-untyped-def]
    """Fill in everything but the values and their order."""
    n = rows.order.shape[1]
    for row in range(first_row, stop_row):
        u, own, order = rows.ordered[row], rows.values[row], rows.order[row]
        start, length, runs = rows.start[row], rows.length[row], rows.runs[row]
        u[:PAD] = -np.inf
        for p in range(n):
            u[PAD + p] = own[order[p]]
        rows.spread[row] = u[PAD + n - 1 - n // 64] - u[PAD + n // 64]
        group = 1
        for level in range(len(rows.levels) - 1, -1, -1):
            group *= 8
            for m in range(n // group):
                rows.eighths[row, rows.levels[level] + m] = u[PAD + (m + 1) * group - 1]
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
                    if runs[run, 1] < runs[least, 1]:
                        least = run
                if stop - first > runs[least, 1]:
                    runs[least, 0], runs[least, 1] = first, stop - first
            first = stop
