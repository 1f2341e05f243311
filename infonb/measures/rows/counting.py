"""Counts of the values in the bins, part of the samples by part: of rows and of pairs of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from infonb.measures.rows.chunked import Chunked
from infonb.measures.rows.cluster import on_worker
from infonb.measures.rows.edges import Edges
from infonb.measures.rows.source import Source

__all__ = ["bins_of", "count_pairs", "count_rows", "tiles"]

# The joint counts of pairs that are held at a time.
TILE_BYTES = 2**28


def bins_of(rows: Source, edges: Edges, *, counted: bool = False) -> Any:
    """
    Return the sets of edges and which of them each row has, now or as a task.

    With `counted`, what follows (`count_rows`, `count_pairs`, `Source.codes`) finds values outside
    given edges.
    """
    if counted and edges.given is not None and rows.lazy:
        return edges.given[None, :], np.zeros(rows.layout.n_rows, np.int64)
    return rows.call(edges.of_rows, rows.layout, rows.ranges())


def count_rows(
    part: Source,
    edges: Edges,
    bins_of_rows: tuple[np.ndarray, np.ndarray],
    onto: np.ndarray | None,
) -> np.ndarray:
    """Return how many values of every row lie in each bin, (row, bins) int64, added to earlier."""
    from infonb.measures.kernels.counts import row_counts

    sets, which = bins_of_rows
    shape = (part.layout.n_rows, sets.shape[1] - 1)
    counts = np.zeros(shape, np.int64) if onto is None else onto.copy()
    for row, first, values in part.pieces():
        if part.lazy and edges.given is not None:
            edges.check_inside(part.layout, *part.range_of(row, first, values))
        counts[row] += row_counts(values, sets, which[row])
        del values  # before the next chunk is made
    return counts


def count_pairs(
    part: Chunked,
    edges: Edges,
    bins_of_rows: tuple[np.ndarray, np.ndarray],
    pairs: tuple[np.ndarray, np.ndarray],
    after: Any,
    onto: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the counts of rows, (row, bins) int64, and the joint ones, (pair, bins * bins) int32.

    Codes of one chunk of samples of all rows are held at a time. `after` is not used: it makes
    this task wait for another.
    """
    from infonb.measures.kernels.counts import row_codes, row_counts
    from infonb.measures.kernels.joint import add_joint_counts

    sets, which = bins_of_rows
    first, second = pairs
    bins, n_rows = sets.shape[1] - 1, part.layout.n_rows
    if onto is None:
        counts = np.zeros((n_rows, bins), np.int64)
        whole = np.int32 if part.layout.n_samples < 2**31 else np.int64
        joint = np.zeros((len(first), bins * bins), whole)
    else:  # on a cluster the task may be tried again, and the counts may be read-only
        counts, joint = (earlier.copy() for earlier in onto) if on_worker() else onto
    there, codes = -1, np.empty((0, 0), np.uint8)
    for row, start, values in part.pieces(together=True):
        if edges.given is not None:
            edges.check_inside(part.layout, *part.range_of(row, start, values))
        counts[row] += row_counts(values, sets, which[row])
        own = row_codes(values, sets, which[row])
        del values  # before the next chunk is made
        if start != there:
            if there >= 0:
                add_joint_counts(codes, codes, bins, bins, first, second, joint)
            there, codes = start, np.empty((n_rows, own.shape[1]), own.dtype)
        codes[row] = own
    if there >= 0:
        add_joint_counts(codes, codes, bins, bins, first, second, joint)
    return counts, joint


def tiles(n_pairs: int, bins: int) -> list[slice]:
    """Divide the pairs so that the joint counts of a tile take 256 MB; each reads everything."""
    size = max(1, TILE_BYTES // (4 * bins * bins))
    return [slice(start, start + size) for start in range(0, max(n_pairs, 1), size)]
