"""Pairs of rows of chunks: two blocks of rows at a time, or joint counts added up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from infonb.measures.rows.cluster import cluster
from infonb.measures.rows.counting import add_counts, count_pairs
from infonb.measures.rows.edges import Edges
from infonb.measures.rows.source import Block, PairsOfRows

__all__ = ["BLOCK_BYTES", "better_added_up", "by_blocks", "of_counts"]

# What a block of rows may take in memory when rows are loaded from chunks.
BLOCK_BYTES = 2**28
# Values of one side of the pairs that a task takes: some seconds of work.
TASK_VALUES = 2**28
# The joint counts of pairs that are held at a time.
TILE_BYTES = 2**28

Rows = Any  # a Chunked, which uses these functions


def by_blocks(
    rows: Rows, pairs: PairsOfRows, work: Callable[..., Any], *args: Any, bins: int | None = None
) -> Any:
    """Return what `work` gives of pairs, two blocks of rows (`bins`: of codes) at a time."""
    block = rows.block(bins)
    ends = pairs.ends
    key = (ends[0] // block).astype(np.int64) * (rows.layout.n_rows + 1) + ends[1] // block
    order = np.argsort(key, kind="stable")
    workers = cluster()[1]
    last: list[Any] = [None] * workers
    found = []
    for number, some in enumerate(_tasks(key[order], rows.layout.n_samples, workers)):
        first, second = (side[order[some]] for side in ends)
        one, other = (
            _bounds(int(side[0]) // block if len(side) else 0, block, rows.layout.n_rows)
            for side in (first, second)
        )
        own = Block(one, other, first - one[0], second - other[0], is_first=number == 0)
        chain = number % workers
        last[chain] = rows.with_rows([one, other], work, own, *args, after=last[chain], chain=chain)
        found.append(last[chain])
    return rows.call(_in_order, order, found)


def _tasks(key: np.ndarray, n_samples: int, workers: int) -> list[slice]:
    """Divide sorted pairs into those of two blocks, and further if one would take long."""
    if not len(key):
        return [slice(0, 0)]
    bounds = [0, *(np.flatnonzero(np.diff(key)) + 1), len(key)]
    longest = max(1, TASK_VALUES // n_samples)
    found = []
    for start, stop in pairwise(bounds):
        parts = max(-(-(stop - start) // longest), min(workers, stop - start))
        ends = np.linspace(start, stop, parts + 1).astype(int)
        found += [slice(a, b) for a, b in pairwise(ends)]
    return found


def _bounds(number: int, block: int, n_rows: int) -> tuple[int, int]:
    return number * block, min((number + 1) * block, n_rows)


def _in_order(order: np.ndarray, found: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    joined = []
    for values in zip(*found, strict=True):
        together = np.concatenate(values)
        sorted_back = np.empty_like(together)
        sorted_back[order] = together
        joined.append(sorted_back)
    return tuple(joined)


def better_added_up(rows: Rows, n_pairs: int, bins: int) -> bool:
    """
    Return whether to add up joint counts chunk by chunk, rather than to hold the codes of rows.

    What reads the store less often, and else what takes less memory: many bins make large counts.
    """
    if 4 * bins * bins > TILE_BYTES:
        return False
    passes = len(_tiles(n_pairs, bins))
    block = rows.block(bins)
    reads = (-(-rows.layout.n_rows // block) + 1) / 2  # every two blocks meet once
    if passes != reads:
        return passes < reads
    held = BLOCK_BYTES * min(rows.layout.n_rows / block, 2)
    return 4 * bins * bins * n_pairs <= held


def of_counts(
    rows: Rows, pairs: PairsOfRows, edges: Edges, finish: Callable[..., np.ndarray]
) -> Any:
    """Return ``finish(counts, ends)`` of joint counts added up, a tile of pairs after the other."""
    rulers = rows.rulers(edges, checked=False)
    first, second = pairs.ends
    found: list[Any] = []
    for tile in _tiles(len(first), edges.bins):
        own = rows.share((first[tile], second[tile]))
        # the next tile waits for this one, so that counts of one tile are held at a time
        after = found[-1] if found else None
        counts = rows.fold(count_pairs, add_counts, edges, rulers, own, after, side_by_side=False)
        found.append(rows.call(finish, counts, own))
    return rows.call(np.concatenate, found)


def _tiles(n_pairs: int, bins: int) -> list[slice]:
    """Divide the pairs so that the joint counts of a tile take 256 MB; each reads everything."""
    size = max(1, TILE_BYTES // (4 * bins * bins))
    return [slice(start, start + size) for start in range(0, max(n_pairs, 1), size)]
