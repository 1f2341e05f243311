"""Array kernel: ranks of neighbours among points, ties shared, of all or of some of the points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infonb.measures.kernels.compile import compiled

__all__ = ["Neighbours", "mean_rank", "nearest", "neighbours", "ranks_among"]

#: Squared distances closer than this share of the largest are equal: float64 is exact to less.
_TIE = 1e-12


class Neighbours(NamedTuple):
    """All other points of each point, the nearest first."""

    order: np.ndarray  # (point, place) int32: which point
    tie: np.ndarray  # (point, place) int32: number of its group; those of one are equally far


def neighbours(points: np.ndarray) -> Neighbours:
    """Return the order of the others around each point, (n, feature); Euclidean distances."""
    centred = points - points.mean(axis=0)
    length = (centred**2).sum(axis=1)
    squared = length[:, None] + length[None] - 2.0 * (centred @ centred.T)
    # only order matters; a point itself goes first, before others at the same place
    np.fill_diagonal(squared, -np.inf)
    order = np.argsort(squared, axis=1)
    return Neighbours(*_ties(squared, order, 4 * _TIE * float(length.max())))


@compiled
def _ties(squared, order, same):  # type: ignore[no-untyped-def]
    """Return the order without the point itself, and the groups of values no further apart."""
    n = len(order)
    short, tie = np.empty((n, n - 1), np.int32), np.zeros((n, n - 1), np.int32)
    for i in range(n):
        group, before = 0, squared[i, order[i, 1]]
        for p in range(1, n):
            value = squared[i, order[i, p]]
            group += value - before > same
            before = value
            short[i, p - 1] = order[i, p]
            tie[i, p - 1] = group
    return short, tie


@compiled
def ranks_among(order, tie, place):  # type: ignore[no-untyped-def]
    """
    Return the rank of each point around each, among some: (m, m) float32, 1 the nearest.

    `place` (n,) int32 says where a point stands among the m of them; n: not one of them. Points
    that are equally far share the mean of their ranks; that of a point to itself is 0.
    """
    n = len(place)
    m = 0
    for i in range(n):
        m += place[i] < n
    found = np.zeros((m, m), np.float32)
    row, run = np.zeros(m + 1, np.float32), np.empty(m, np.int64)
    for i in range(n):
        own = place[i]
        if own >= n:
            continue
        if tie[i, n - 2] == n - 2:  # no two are equally far
            count = 1
            for p in range(n - 1):
                # others are written into a place that nobody reads: no branch to guess
                at = min(place[order[i, p]], m)
                row[at] = count
                count += at < m
            row[own] = 0.0
            found[own] = row[:m]
        else:
            _tied_ranks(order[i], tie[i], place, run, found[own])
    return found


@compiled
def _tied_ranks(order, tie, place, run, row):  # type: ignore[no-untyped-def]
    """Write the ranks of one point's neighbours, means for those that are equally far."""
    before, length, group = 0, 0, -1
    for p in range(len(order)):
        at = place[order[p]]
        if at >= len(place):
            continue
        if tie[p] != group:
            for q in range(length):
                row[run[q]] = before + (length + 1) / 2
            before, length, group = before + length, 0, tie[p]
        run[length] = at
        length += 1
    for q in range(length):
        row[run[q]] = before + (length + 1) / 2


@compiled
def nearest(ranks, k):  # type: ignore[no-untyped-def]
    """Return the k nearest of each point as (start, index, weight); ties share what is left."""
    m = len(ranks)
    start = np.zeros(m + 1, np.int64)
    index, weight = np.empty(m * (m - 1), np.int32), np.empty(m * (m - 1))
    filled = 0
    small = np.empty(k)
    for i in range(m):
        # the k least ranks, ascending; the last is that of the group in which the k-th lies
        for q in range(k):
            small[q] = np.inf
        for j in range(m):
            r = ranks[i, j]
            if j != i and r < small[k - 1]:
                q = k - 1
                while q > 0 and small[q - 1] > r:
                    small[q] = small[q - 1]
                    q -= 1
                small[q] = r
        last = small[k - 1]
        nearer, equal = 0, 0
        for j in range(m):
            if j != i:
                nearer += ranks[i, j] < last
                equal += ranks[i, j] == last
        for j in range(m):
            if j != i and ranks[i, j] <= last:
                index[filled] = j
                weight[filled] = 1.0 if ranks[i, j] < last else (k - nearer) / equal
                filled += 1
        start[i + 1] = filled
    return start, index[:filled].copy(), weight[:filled].copy()


@compiled
def mean_rank(ranks, start, index, weight, k, order):  # type: ignore[no-untyped-def]
    """Return 2 / m times the mean rank of given neighbours, points renamed by `order` (m,)."""
    m = len(ranks)
    total = 0.0
    for i in range(m):
        row = ranks[order[i]]
        for p in range(start[i], start[i + 1]):
            total += weight[p] * row[order[index[p]]]
    return 2.0 * total / (m * k * m)
