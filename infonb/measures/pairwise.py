"""The measured values of chosen pairs of rows, from memory or from chunks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from infonb.measures.pairs import Pairs
from infonb.measures.rows.chunked import BLOCK_BYTES, Chunked
from infonb.measures.rows.cluster import cluster
from infonb.measures.rows.counting import bins_of, count_pairs, tiles
from infonb.measures.rows.edges import Edges
from infonb.measures.rows.source import Source
from infonb.measures.ties import warn_of_grid, warn_of_ties

__all__ = ["binned_pairs", "nearest_pairs"]

# Values of one side of the pairs that a task takes: some seconds of work.
TASK_VALUES = 2**28


def nearest_pairs(
    rows: Source,
    pairs: Pairs,
    k: int,
    *,
    mixed: bool,
    pointwise: bool,
    device: str | None,
    progress: bool | str,
) -> Any:
    """Return the MI of pairs from nearest neighbours, (pair,) or (pair, sample)."""
    options = {"mixed": mixed, "pointwise": pointwise, "progress": progress}
    work = partial(_nearest, k=k, device=device, options=options)
    found = _by_blocks(rows, pairs, work, opening=partial(work, check_grid=True))
    return rows.call(_told, found, rows.layout.n_samples, k, pairs, mixed)


def binned_pairs(
    rows: Source,
    pairs: Pairs,
    edges: Edges,
    *,
    corrected: str | None,
    normalized: bool,
    pointwise: bool,
    seed: int,
    device: str | None,
    progress: bool | str,
) -> Any:
    """Return the MI of pairs from joint histograms, (pair,) or (pair, sample)."""
    plain = not pointwise and corrected != "permutation"
    if isinstance(rows, Chunked) and plain and _better_folded(rows, pairs, edges.bins):
        return _folded(rows, pairs, edges, corrected, normalized)
    work = partial(
        _binned, edges=edges, corrected=corrected, normalized=normalized, pointwise=pointwise,
        seed=seed, device=device, progress=progress,
    )  # fmt: skip
    found = _by_blocks(rows, pairs, work, bins_of(rows, edges, counted=True), bins=edges.bins)
    return rows.call(_first, found)


def _better_folded(rows: Chunked, pairs: Pairs, bins: int) -> bool:
    """
    Return whether to add up joint counts chunk by chunk, rather than to hold the codes of rows.

    What reads the store less often, and else what takes less memory: many bins make large counts.
    """
    passes = len(tiles(len(pairs.first), bins))
    block = rows.block(bins)
    reads = (-(-rows.layout.n_rows // block) + 1) / 2  # every two blocks meet once
    if passes != reads:
        return passes < reads
    held = BLOCK_BYTES * min(rows.layout.n_rows / block, 2)
    return 4 * bins * bins * len(pairs.first) <= held


def _by_blocks(
    rows: Source,
    pairs: Pairs,
    work: Callable[..., Any],
    *args: Any,
    opening: Callable[..., Any] | None = None,
    bins: int | None = None,
) -> Any:
    """
    Return what `work` gives of the pairs, two blocks of rows at a time; a chain for a worker.

    `opening`, if there is one, works on the first of them. With `bins`, codes are loaded.
    """
    block = rows.block(bins)
    key = (pairs.first // block).astype(np.int64) * (rows.layout.n_rows + 1)
    key += pairs.second // block
    order = np.argsort(key, kind="stable")
    workers = cluster()[1] if rows.lazy else 1
    ends: list[Any] = [None] * workers
    found = []
    for number, some in enumerate(_tasks(key[order], rows, workers)):
        chosen = order[some]
        first, second = pairs.first[chosen], pairs.second[chosen]
        one, other = (
            _bounds(rows, int(side[0]) // block if len(side) else 0, block)
            for side in (first, second)
        )
        chain = number % workers
        ends[chain] = rows.with_rows(
            [one, other], (number == 0 and opening) or work, one, other,
            first - one[0], second - other[0], *args,
            after=ends[chain], chain=chain,
        )  # fmt: skip
        found.append(ends[chain])
    return rows.call(_in_order, order, found)


def _tasks(key: np.ndarray, rows: Source, workers: int) -> list[slice]:
    """Divide sorted pairs into those of two blocks, and further if one would take long."""
    if not rows.lazy or not len(key):
        return [slice(0, len(key))]
    bounds = [0, *(np.flatnonzero(np.diff(key)) + 1), len(key)]
    longest = max(1, TASK_VALUES // rows.layout.n_samples)
    found = []
    for start, stop in pairwise(bounds):
        parts = max(-(-(stop - start) // longest), min(workers, stop - start))
        ends = np.linspace(start, stop, parts + 1).astype(int)
        found += [slice(a, b) for a, b in pairwise(ends)]
    return found


def _bounds(rows: Source, number: int, block: int) -> tuple[int, int]:
    return number * block, min((number + 1) * block, rows.layout.n_rows)


def _in_order(order: np.ndarray, found: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    joined = []
    for values in zip(*found, strict=True):
        together = np.concatenate(values)
        sorted_back = np.empty_like(together)
        sorted_back[order] = together
        joined.append(sorted_back)
    return tuple(joined)


def _first(found: tuple[np.ndarray, ...]) -> np.ndarray:
    return found[0]


def _nearest(
    rows: Source,
    one: tuple[int, int],
    other: tuple[int, int],
    first: np.ndarray,
    second: np.ndarray,
    *,
    k: int,
    device: str | None,
    options: dict[str, Any],
    check_grid: bool = False,
) -> tuple[np.ndarray, ...]:
    if device is None:
        from infonb.measures.kernels.ksg import ksg_information as kernel
    else:
        from infonb.measures.device.dispatch import ksg_information

        kernel = partial(ksg_information, device=device)
    values = rows.load(*one)
    others = None if one == other else rows.load(*other)
    if check_grid:
        warn_of_grid(values, others, first, second, k)
    return kernel(values, first, second, k, other=others, **options)


def _told(
    found: tuple[np.ndarray, np.ndarray], n_samples: int, k: int, pairs: Pairs, mixed: bool
) -> np.ndarray:
    values, tied = found
    if not mixed:
        warn_of_ties(tied[pairs.first != pairs.second], n_samples, k)
    return values


def _binned(
    rows: Source,
    one: tuple[int, int],
    other: tuple[int, int],
    first: np.ndarray,
    second: np.ndarray,
    bins_of_rows: tuple[np.ndarray, np.ndarray],
    *,
    edges: Edges,
    corrected: str | None,
    normalized: bool,
    pointwise: bool,
    seed: int,
    device: str | None,
    progress: bool | str,
) -> tuple[np.ndarray]:
    from infonb.measures.kernels.plug_in import plug_in

    bins = edges.bins
    codes = others = rows.codes(*one, edges, bins_of_rows)
    if one != other:
        others = rows.codes(*other, edges, bins_of_rows)
    value = plug_in(
        codes, others, (bins, bins), first, second, corrected=corrected, normalized=normalized,
        pointwise=pointwise, seed=seed, numbers=np.arange(*one), device=device, progress=progress,
    )  # fmt: skip
    return (value,)


def _folded(
    rows: Chunked,
    pairs: Pairs,
    edges: Edges,
    corrected: str | None,
    normalized: bool,
) -> Any:
    """Return tasks that count chunk by chunk and sum, a tile of pairs after the other."""
    bins_of_rows = bins_of(rows, edges, counted=True)
    found: list[Any] = []
    for tile in tiles(len(pairs.first), edges.bins):
        own = rows.share((pairs.first[tile], pairs.second[tile]))
        # the next tile waits for this one, so that counts of one tile are held at a time
        after = found[-1] if found else None
        counts = rows.fold(count_pairs, _added, edges, bins_of_rows, own, after, side_by_side=False)
        found.append(rows.call(_of_counts, counts, own, corrected, normalized))
    return rows.call(np.concatenate, found)


def _added(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    counts, joint = parts[0]
    for more_counts, more_joint in parts[1:]:
        counts, joint = counts + more_counts, joint + more_joint
    return counts, joint


def _of_counts(
    counts: tuple[np.ndarray, np.ndarray],
    pairs: tuple[np.ndarray, np.ndarray],
    corrected: str | None,
    normalized: bool,
) -> np.ndarray:
    from infonb.measures.kernels.plug_in import information_of_counts

    of_rows, joint = counts
    return information_of_counts(joint, of_rows, *pairs, corrected, normalized)
