"""What is added up chunk by chunk: ranges of rows, counts in the bins of rows and of pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

from infonb.measures.rows.cluster import on_worker
from infonb.measures.rows.edges import Edges, Rulers
from infonb.measures.rows.layout import Layout

# a Chunked, which is made of these functions
Pieces = Any

__all__ = [
    "add_counts",
    "checked_range",
    "count_pairs",
    "count_rows",
    "range_of_piece",
    "range_of_rows",
    "widest",
]

Ends = tuple[np.ndarray, np.ndarray]
Counts = tuple[np.ndarray, np.ndarray]


def range_of_rows(part: Pieces, onto: Ends | None = None) -> Ends:
    """Return the least and the greatest value of every row, and of earlier parts."""
    low, high = onto or _of_no_values(part.layout)
    for row, first, values in part.pieces():
        least, greatest = range_of_piece(part.layout, row, first, values)
        low, high = np.minimum(low, least), np.maximum(high, greatest)
        del values  # before the next chunk is made
    return low, high


def widest(parts: list[Ends]) -> Ends:
    """Return one range of several."""
    low = np.minimum.reduce([part[0] for part in parts])
    return low, np.maximum.reduce([part[1] for part in parts])


def checked_range(where: Layout, ranges: Ends) -> Ends:
    """Return ranges that float64 can tell apart."""
    where.check_range(*ranges)
    return ranges


def range_of_piece(where: Layout, row: np.ndarray, first: int, values: np.ndarray) -> Ends:
    """Return the range of all rows, (row,), of a piece that holds some of them."""
    low, high = _of_no_values(where)
    low[row], high[row] = where.range_of(values, row, first)
    return low, high


def _of_no_values(where: Layout) -> Ends:
    return np.full(where.n_rows, np.inf), np.full(where.n_rows, -np.inf)


def count_rows(part: Pieces, edges: Edges, rulers: Rulers, onto: np.ndarray | None) -> np.ndarray:
    """Return how many values of every row lie in each bin, (row, bins) int64, added to earlier."""
    from infonb.measures.kernels.counts import row_counts

    sets, which = rulers
    shape = (part.layout.n_rows, sets.shape[1] - 1)
    counts = np.zeros(shape, np.int64) if onto is None else onto.copy()
    for row, first, values in part.pieces():
        if edges.given is not None:
            edges.check_inside(part.layout, *range_of_piece(part.layout, row, first, values))
        counts[row] += row_counts(values, sets, which[row])
        del values  # before the next chunk is made
    return counts


def count_pairs(
    part: Pieces, edges: Edges, rulers: Rulers, pairs: Ends, after: Any, onto: Counts | None
) -> Counts:
    """
    Return the counts of rows, (row, bins) int64, and the joint ones, (pair, bins * bins) int32.

    Codes of one chunk of samples of all rows are held at a time. `after` is not used: it makes
    this task wait for another.
    """
    from infonb.measures.kernels.counts import row_codes, row_counts
    from infonb.measures.kernels.joint import add_joint_counts

    sets, which = rulers
    bins, n_rows = sets.shape[1] - 1, part.layout.n_rows
    if onto is None:
        counts = np.zeros((n_rows, bins), np.int64)
        whole = np.int32 if part.layout.n_samples < 2**31 else np.int64
        joint = np.zeros((len(pairs[0]), bins * bins), whole)
    else:  # on a cluster the task may be tried again, and the counts may be read-only
        counts, joint = (earlier.copy() for earlier in onto) if on_worker() else onto
    there, codes = -1, np.empty((0, 0), np.uint8)
    for row, start, values in part.pieces(together=True):
        if edges.given is not None:
            edges.check_inside(part.layout, *range_of_piece(part.layout, row, start, values))
        counts[row] += row_counts(values, sets, which[row])
        own = row_codes(values, sets, which[row])
        del values  # before the next chunk is made
        if start != there:
            if there >= 0:
                add_joint_counts(codes, codes, bins, bins, *pairs, joint)
            there, codes = start, np.empty((n_rows, own.shape[1]), own.dtype)
        codes[row] = own
    if there >= 0:
        add_joint_counts(codes, codes, bins, bins, *pairs, joint)
    return counts, joint


def add_counts(parts: list[Counts]) -> Counts:
    """Return one pair of counts of several."""
    counts, joint = parts[0]
    for more_counts, more_joint in parts[1:]:
        counts, joint = counts + more_counts, joint + more_joint
    return counts, joint
