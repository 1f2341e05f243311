"""
Array kernel: the distance to the k-th nearest other point in the plane, by max-norm.

How it is fast, for the points (x, y) of one pair of rows:

1. *Bands.* The points are dealt into bands of about equally many ranks of y, in each band by
   ascending x (both orders are known, so that nothing is sorted). The k nearest points of a point
   are then few steps away in its own band and in those whose y is near enough: O(sqrt(k) + k)
   steps each, whatever the number of samples, where along x alone it is sqrt(k S).
2. *Runs.* Many points with the same x (zeros after a ReLU) would have to be passed one by one.
   The longest runs are lists of their own, by ascending y: along them the nearest are next door.
3. *Lockstep.* Eight points that follow each other in a list go through the others together, one
   in each lane of a vector, and keep their k least distances in registers. A direction ends when
   for all eight the next step in that variable alone is as far as the k-th least distance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infonb.measures._compile import compiled, part_of_kernel
from infonb.measures._sorted import PAD, RUNS
from infonb.measures._vector import (
    absolute,
    any_below,
    broadcast,
    keep,
    largest,
    load,
    maximum,
    repeat,
    store,
    subtract,
)

__all__ = ["Lists", "empty_lists", "kth_distances"]

# Infinite points before and after every list: vectors may be read beyond its ends.
EDGE = 16
# The height of a band, in units of the distance at which an even spread has its k-th point; and
# how few points a band may have.
HEIGHT, FEWEST = 3.0, 24


class Lists(NamedTuple):
    """
    The points of a pair of rows in lists: bands of y by ascending x, then long runs of x by y.

    Few wide arrays: the time to compile a kernel grows with the number of its arguments.
    """

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


@compiled
def kth_distances(x, y, a, b, bands, into, k, like, lists, radius):  # type: ignore[no-untyped-def]
    """
    Set the distance from every sample to its k-th nearest other one, for some pairs of rows.

    Pair p is row a[p] of `x` and b[p] of `y`, dealt into bands[p] bands of y, and number into[p] of
    the result. `like` says how the least distances are kept: a tuple of k items or more (in
    registers), or an array of 8 k (in memory).
    """
    found, span = lists.radius, lists.span
    for pair in range(len(into)):
        n_bands = bands[pair]
        n_lists = _make_lists(x, y, a[pair], b[pair], n_bands, lists)
        out = radius[into[pair]]
        for own in range(n_lists):
            for m in range(n_lists):
                span[CURSOR, m] = span[BEGIN, m]
            begin, end = span[BEGIN, own], span[END, own]
            up = 0 if own >= n_bands else own + 1
            down = own - 1
            for i in range(begin, end, 8):
                near = repeat(like, load(found, i), k)
                near = _search_own(lists.along, lists.across, begin, end, i, near)
                if own >= n_bands:
                    while up < n_bands - 1 and lists.bound[HIGH, up] < lists.along[i]:
                        up += 1
                    down = up - 1
                near = _search_others(lists, own, i, up, down, n_bands, n_lists, near)
                store(found, i, largest(near))
            for i in range(begin, end):
                out[lists.sample[i]] = found[i]


@part_of_kernel
def _search_own(along, across, begin, end, i, near):  # type: ignore[no-untyped-def]
    """Search the list of the eight points from place i on, two steps up and down at a time."""
    s, t = load(along, i), load(across, i)
    left = right = i
    while True:
        # a side that has come to its end stays there, among infinite values
        left, right = max(left - 1, begin - 8), min(right + 1, end)
        d = subtract(load(along, right), s)
        near = keep(near, maximum(d, absolute(subtract(load(across, right), t))))
        d = subtract(s, load(along, left))
        near = keep(near, maximum(d, absolute(subtract(load(across, left), t))))
        left, right = max(left - 1, begin - 8), min(right + 1, end)
        d = subtract(load(along, right), s)
        near = keep(near, maximum(d, absolute(subtract(load(across, right), t))))
        e = subtract(s, load(along, left))
        near = keep(near, maximum(e, absolute(subtract(load(across, left), t))))
        if not (any_below(d, largest(near)) or any_below(e, largest(near))):
            return near


@part_of_kernel
def _search_others(lists, own, i, up, down, n_bands, n_lists, near):  # type: ignore[no-untyped-def]
    """Search the other lists that are near enough: bands upward, bands downward, runs."""
    along, across, cursor = lists.along, lists.across, lists.span[CURSOR]
    lows, highs = lists.bound[LOW], lists.bound[HIGH]
    x, y, x_least, y_least = load(along, i), load(across, i), along[i], lows[own]
    if own >= n_bands:
        x, y, x_least, y_least = y, x, y_least, x_least
    for way in range(3):
        m, stop, step = up, n_bands, 1
        s, t, least = x, y, x_least
        if way == 1:
            m, stop, step = down, -1, -1
        elif way == 2:
            m, stop = n_bands, n_lists
            s, t, least = y, x, y_least
        while m != stop:
            # upward, a point above the band may need the next one: its gap is below 0
            gap = subtract(broadcast(lows, m), t)
            if way == 1:
                gap = subtract(t, broadcast(highs, m))
            elif way == 2:
                gap = absolute(gap)
            if m != own and any_below(gap, largest(near)):
                near = _search_list(along, across, cursor, m, least, s, t, near)
            elif way < 2:
                break
            m += step
    return near


@part_of_kernel
def _search_list(along, across, cursor, m, least, s, t, near):  # type: ignore[no-untyped-def]
    """Search another list from the least coordinate of the eight points on, up and then down."""
    place = cursor[m]
    while along[place] < least:
        place += 1
    cursor[m] = place
    j = place
    while True:
        d = subtract(broadcast(along, j), s)
        near = keep(near, maximum(absolute(d), absolute(subtract(broadcast(across, j), t))))
        d = subtract(broadcast(along, j + 1), s)
        near = keep(near, maximum(absolute(d), absolute(subtract(broadcast(across, j + 1), t))))
        j += 2
        if not any_below(d, largest(near)):
            break
    j = place - 1
    while True:
        d = subtract(s, broadcast(along, j))
        near = keep(near, maximum(d, absolute(subtract(broadcast(across, j), t))))
        d = subtract(s, broadcast(along, j - 1))
        near = keep(near, maximum(d, absolute(subtract(broadcast(across, j - 1), t))))
        j -= 2
        if not any_below(d, largest(near)):
            return near


@part_of_kernel
def _make_lists(x, y, row, other, n_bands, lists):  # type: ignore[no-untyped-def]
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
