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

from infonb.measures._compile import compiled
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
    """The points of a pair of rows in lists: bands of y by ascending x, then runs of x by y."""

    along: np.ndarray  # (place,) the coordinate that ascends
    across: np.ndarray  # (place,) the other one
    sample: np.ndarray  # (place,) which sample it is
    radius: np.ndarray  # (place,) the result
    begin: np.ndarray  # (list,) its first place
    end: np.ndarray  # (list,) the place after its last
    cursor: np.ndarray  # (list,) the place up to which a search has come
    low: np.ndarray  # (list,) bounds of `across`
    high: np.ndarray


def empty_lists(n: int) -> Lists:
    """Return room for the lists of n points."""
    n_lists = n // FEWEST + 1 + RUNS
    n_places = 2 * n + 2 * EDGE * (n_lists + 1)
    return Lists(
        np.empty(n_places),
        np.empty(n_places),
        np.empty(n_places, np.int32),
        np.empty(n_places),
        np.empty(n_lists, np.int64),
        np.empty(n_lists, np.int64),
        np.empty(n_lists, np.int64),
        np.empty(n_lists),
        np.empty(n_lists),
    )


@compiled
def kth_distances(rows, others, a, b, k, like, lists, radius):  # type: ignore[no-untyped-def]
    """
    Set the distance from every sample to its k-th nearest other one.

    `like` says how the least distances are kept: a tuple of k items (in registers), or an array of
    8 k (in memory).
    """
    # long runs and a small spread make long ways: such a row is better cut into bands
    long_a = long_b = 0
    for run in range(RUNS):
        long_a += rows.runs[a, run, 1]
        long_b += others.runs[b, run, 1]
    if long_a < long_b or (long_a == long_b and rows.spread[a] >= others.spread[b]):
        x, y, row, other = rows, others, a, b
    else:
        x, y, row, other = others, rows, b, a
    n_bands = _make_bands(x, y, row, other, k, lists)
    n_lists = _make_runs(x, y, row, other, n_bands, lists)
    for m in range(n_lists):
        for j in range(1, EDGE + 1):
            before, after = lists.begin[m] - j, lists.end[m] - 1 + j
            lists.along[before], lists.along[after] = -np.inf, np.inf
            lists.across[before] = lists.across[after] = np.inf
            lists.radius[after] = -np.inf  # a lane without a point is never in need of more
    for own in range(n_lists):
        begin, end = lists.begin[own], lists.end[own]
        for m in range(n_lists):
            lists.cursor[m] = lists.begin[m]
        up, down = own + 1, own - 1
        if own >= n_bands:
            up = 0
        for i in range(begin, end, 8):
            near = repeat(like, load(lists.radius, i))
            near = _search_own(lists.along, lists.across, begin, end, i, near)
            if own >= n_bands:
                while up < n_bands - 1 and lists.high[up] < lists.along[i]:
                    up += 1
                down = up - 1
            near = _search_others(lists, own, i, up, down, n_bands, n_lists, near)
            store(lists.radius, i, largest(near))
        for i in range(begin, end):
            radius[lists.sample[i]] = lists.radius[i]


@compiled
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


@compiled
def _search_others(lists, own, i, up, down, n_bands, n_lists, near):  # type: ignore[no-untyped-def]
    """Search the other lists that are near enough: bands upward, bands downward, runs."""
    s, t = load(lists.along, i), load(lists.across, i)
    s_least, t_least = lists.along[i], lists.low[own]
    x, y, x_least, y_least = s, t, s_least, t_least
    if own >= n_bands:
        x, y, x_least, y_least = t, s, t_least, s_least
    for way in range(3):
        m = up if way == 0 else down if way == 1 else n_bands
        while 0 <= m < (n_lists if way == 2 else n_bands):
            s, t, least = x, y, x_least
            if way == 2:
                s, t, least = y, x, y_least
            # upward, a point above the band may need the next one: its gap is below 0
            below = subtract(broadcast(lists.low, m), t)
            above = subtract(t, broadcast(lists.high, m))
            gap = below if way == 0 else above if way == 1 else maximum(below, above)
            if m != own and any_below(gap, largest(near)):
                near = _search_list(lists.along, lists.across, lists.cursor, m, least, s, t, near)
            elif way < 2:
                break
            m += -1 if way == 1 else 1
    return near


@compiled
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


@compiled
def _make_bands(x, y, row, other, k, lists):  # type: ignore[no-untyped-def]
    """Deal the points that are in no long run of x into bands of y; return how many bands."""
    order, u = x.order[row], x.ordered[row]
    v, v_ordered, v_order = y.values[other], y.ordered[other], y.order[other]
    v_start, v_length = y.start[other], y.length[other]
    runs = x.runs[row]
    n = len(order)
    ratio = 1.0
    if x.spread[row] > 0.0 and y.spread[other] > 0.0:
        ratio = y.spread[other] / x.spread[row]
    n_bands = int(min(max(np.sqrt(n / k * ratio) / HEIGHT, 1.0), n // FEWEST + 1.0))
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
        lists.begin[m] = lists.end[m] = start + 2 * EDGE * m + EDGE
        lists.low[m] = v_ordered[PAD + min(start, n - 1)]
        lists.high[m] = v_ordered[PAD + max(stop - 1, start)]
    p = 0
    while p < n:
        for run in range(RUNS):
            if runs[run, 1] > 0 and runs[run, 0] == p:
                p += runs[run, 1]
                break
        else:
            sample = order[p]
            m = (v_start[sample] * scale) >> 32
            place = lists.end[m]
            lists.along[place], lists.across[place] = u[PAD + p], v[sample]
            lists.sample[place], lists.radius[place] = sample, np.inf
            lists.end[m] = place + 1
            p += 1
    return n_bands


@compiled
def _make_runs(x, y, row, other, n_bands, lists):  # type: ignore[no-untyped-def]
    """Put every long run of x in a list; return how many lists there are now."""
    start, v, v_order = x.start[row], y.values[other], y.order[other]
    n_lists, n = n_bands, len(start)
    place = n + 2 * EDGE * n_bands + EDGE
    for run in range(RUNS):
        first, length = x.runs[row, run, 0], x.runs[row, run, 1]
        if length > 0:
            value = x.ordered[row, PAD + first]
            lists.begin[n_lists] = place
            lists.low[n_lists] = lists.high[n_lists] = value
            for q in range(n):
                if start[v_order[q]] == first:
                    lists.along[place], lists.across[place] = v[v_order[q]], value
                    lists.sample[place], lists.radius[place] = v_order[q], np.inf
                    place += 1
            lists.end[n_lists] = place
            place += 2 * EDGE
            n_lists += 1
    return n_lists
