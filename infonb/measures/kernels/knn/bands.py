"""
The points of a pair of rows in lists in which near points are near: see `_nearest`.

Bands of y by ascending x, and long runs of equal x by ascending y, filled from the known orders of
both rows: nothing is sorted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infonb.measures.kernels.compile import part_of_kernel
from infonb.measures.kernels.knn.sorted_rows import PAD, RUNS

__all__ = ["BEGIN", "CURSOR", "END", "HIGH", "LOW", "Lists", "empty_lists", "make_lists", "n_bands"]

# Infinite points before and after every list: vectors may be read beyond its ends.
EDGE = 16
# The height of a band, in units of the distance at which an even spread has its k-th point; and
# how few points a band may have.
HEIGHT, FEWEST = 3.0, 24


class Lists(NamedTuple):
    """Bands of y by ascending x, then long runs of x by y; few arrays, which compile fast."""

    along: np.ndarray  # (place,) the coordinate that ascends
    across: np.ndarray  # (place,) the other one
    sample: np.ndarray  # (place,) which sample it is
    radius: np.ndarray  # (place,) the result
    span: np.ndarray  # (3, list) first place, place after the last, place a search has come to
    bound: np.ndarray  # (2, list) least and greatest `across`


# Rows of `Lists.span` and of `Lists.bound`.
BEGIN, END, CURSOR = 0, 1, 2
LOW, HIGH = 0, 1


def empty_lists(n: int) -> Lists:
    """Return room for the lists of n points."""
    n_lists = n // FEWEST + 1 + RUNS
    n_places = 2 * n + 2 * EDGE * (n_lists + 1)
    return Lists(
        np.empty(n_places),
        np.empty(n_places),
        np.empty(n_places, np.int32),
        np.empty(n_places),
        np.empty((3, n_lists), np.int64),
        np.empty((2, n_lists)),
    )


def n_bands(n: int, k: int, x_spread: np.ndarray, y_spread: np.ndarray) -> np.ndarray:
    """Return into how many bands of y the points of every pair are best dealt."""
    ratio = np.ones(len(x_spread))
    np.divide(y_spread, x_spread, out=ratio, where=(x_spread > 0) & (y_spread > 0))
    bands = np.sqrt(n / k * ratio) / HEIGHT
    return np.clip(bands, 1, n // FEWEST + 1).astype(np.int64)


@part_of_kernel
def make_lists(x, y, row, other, n_bands, lists):  # type: ignore[no-untyped-def]
    """Deal the points into bands of y, those of long runs of x into lists; return how many."""
    order, u, runs = x.order[row], x.ordered[row], x.runs[row]
    v, v_ordered, v_order = y.values[other], y.ordered[other], y.order[other]
    v_start, v_length = y.start[other], y.length[other]
    along, across, samples, begin, end = (
        lists.along,
        lists.across,
        lists.sample,
        lists.span[BEGIN],
        lists.span[END],
    )
    n = len(order)
    # the band of a rank, in whole numbers: rank * scale >> 32
    scale = (n_bands << 32) // n
    stop = 0
    for m in range(n_bands):
        start, stop = stop, n
        if m < n_bands - 1:
            stop = -((-(m + 1) << 32) // scale)
            sample = v_order[stop]
            if v_start[sample] < stop:  # a run of equal values is in the band where it starts
                stop = v_start[sample] + v_length[sample]
        stop = max(start, stop)
        begin[m] = end[m] = start + 2 * EDGE * m + EDGE
        lists.bound[LOW, m] = v_ordered[PAD + min(start, n - 1)]
        lists.bound[HIGH, m] = v_ordered[PAD + max(stop - 1, start)]
    # the long runs are passed over, in the order in which they stand
    p = 0
    n_lists = n_bands
    place = n + 2 * EDGE * n_bands + EDGE
    for run in range(RUNS + 1):
        first, length = (runs[run, 0], runs[run, 1]) if run < RUNS else (n, 1)
        if length == 0:
            continue
        while p < first:
            sample = order[p]
            m = (v_start[sample] * scale) >> 32
            along[end[m]], across[end[m]], samples[end[m]] = u[PAD + p], v[sample], sample
            end[m] += 1
            p += 1
        if run == RUNS:
            break
        p += length
        value = u[PAD + first]
        begin[n_lists] = place
        lists.bound[LOW, n_lists] = lists.bound[HIGH, n_lists] = value
        for q in range(n):
            sample = v_order[q]
            if x.start[row, sample] == first:
                along[place], across[place], samples[place] = v[sample], value, sample
                place += 1
        end[n_lists] = place
        place += 2 * EDGE
        n_lists += 1
    # infinite points before and after; a lane without a point is never in need of more
    for m in range(n_lists):
        lists.radius[begin[m] : end[m]] = np.inf
        lists.radius[end[m] : end[m] + EDGE] = -np.inf
        along[begin[m] - EDGE : begin[m]] = -np.inf
        along[end[m] : end[m] + EDGE] = np.inf
        across[begin[m] - EDGE : begin[m]] = np.inf
        across[end[m] : end[m] + EDGE] = np.inf
    return n_lists
