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
   for all eight the next step in that variable alone is as far as the k-th least distance. In
   another band only those count that are near enough to it.
"""

from __future__ import annotations

import numpy as np

from infonb.measures.kernels.compile import compiled, part_of_kernel
from infonb.measures.kernels.knn.bands import BEGIN, CURSOR, END, HIGH, LOW, make_lists
from infonb.measures.kernels.knn.k_smallest import keep, largest, repeat
from infonb.measures.kernels.knn.vector import (
    absolute,
    any_below,
    broadcast,
    load,
    maximum,
    store,
    subtract,
    where_below,
)

__all__ = ["kth_distances"]


@compiled
def kth_distances(x, y, a, b, bands, into, k, like, lists, radius):  # type: ignore[no-untyped-def]
    """
    Set into[p] of `radius`, (pair, sample), for row a[p] of `x` and b[p] of `y` in bands[p] bands.

    `like`: a tuple of k items or more keeps the least in registers, an array of 8 k in memory.
    """
    found, span = lists.radius, lists.span
    for pair in range(len(into)):
        n_bands = bands[pair]
        n_lists = make_lists(x, y, a[pair], b[pair], n_bands, lists)
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
            far = largest(near)
            if m != own and any_below(gap, far):
                # points that need nothing of this list are put where they do not prolong the way
                s_up, s_down = where_below(gap, far, s, -np.inf), where_below(gap, far, s, np.inf)
                near = _search_list(along, across, cursor, m, least, s_up, s_down, t, near)
            elif way < 2:
                break
            m += step
    return near


@part_of_kernel
def _search_list(  # type: ignore[no-untyped-def]
    along, across, cursor, m, least, s_up, s_down, t, near
):
    """Search another list from the least coordinate of the eight points on, up and then down."""
    place = cursor[m]
    while along[place] < least:
        place += 1
    cursor[m] = place
    j = place
    while True:
        d = subtract(broadcast(along, j), s_up)
        near = keep(near, maximum(absolute(d), absolute(subtract(broadcast(across, j), t))))
        d = subtract(broadcast(along, j + 1), s_up)
        near = keep(near, maximum(absolute(d), absolute(subtract(broadcast(across, j + 1), t))))
        j += 2
        if not any_below(d, largest(near)):
            break
    j = place - 1
    while True:
        d = subtract(s_down, broadcast(along, j))
        near = keep(near, maximum(d, absolute(subtract(broadcast(across, j), t))))
        d = subtract(s_down, broadcast(along, j - 1))
        near = keep(near, maximum(d, absolute(subtract(broadcast(across, j - 1), t))))
        j -= 2
        if not any_below(d, largest(near)):
            return near
