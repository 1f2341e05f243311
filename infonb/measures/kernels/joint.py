"""Array kernels: joint histograms of pairs of rows of bin codes."""

from __future__ import annotations

import numpy as np
from llvmlite.binding import get_host_cpu_features

from infonb.measures.kernels.compile import compiled, over_blocks
from infonb.measures.kernels.counts import code_type
from infonb.measures.kernels.joint_bitplanes import TILE, joint_by_planes
from infonb.measures.kernels.joint_scatter import run_sums, scatter_counts, scatter_sums
from infonb.measures.kernels.n_log_n import log_table, sum_n_log_n

__all__ = ["add_joint_counts", "joint_sums", "sums_of_counts"]

# Nanoseconds to count 64 samples of one joint cell by bit planes: measured 0.07 where one
# instruction counts the bits of a whole vector, 0.16 elsewhere.
_WORD = 0.07 if get_host_cpu_features().get("avx512vpopcntdq") else 0.16
# Joint tables up to this size are scattered into: four of them in a core's second-level cache.
_TABLE_CELLS = 2**16
# Nanoseconds that a block of pairs should take: an interrupt waits for it.
_BLOCK = 2e7


def joint_sums(
    codes: np.ndarray,
    other: np.ndarray,
    bins: int,
    other_bins: int,
    first: np.ndarray,
    second: np.ndarray,
    *,
    cells: bool = False,
    progress: bool | str = False,
) -> tuple[np.ndarray, np.ndarray | None]:
    """
    Return the sum of n log n over the joint histogram of pairs of rows of codes, (pair,) float64.

    H(X, Y) is log S - sum / S. With `cells` also how many cells are filled, (pair,) int64. Bit for
    bit the same if the rows of a pair change places, in any order of pairs, on any number of
    threads, and from `sums_of_counts`.

    Few bins: bit planes (`joint_bitplanes`), about bins² S / 64 steps for eight pairs. More: the
    samples are scattered into the tables of four partners of a row in turns, so that an increment
    need not wait for the one before; then the table is walked through, or, where it has more cells
    than there are samples, the samples once more. Still more (from 257 bins on both sides): the
    samples are sorted by the bin of one row, once, and one small table serves for each of its bins.
    """
    if len(other) < len(codes):  # eight or four rows of `other` are counted at once
        codes, other, bins, other_bins = other, codes, other_bins, bins
        first, second = second, first
    codes, other, first, second = _checked(codes, other, bins, other_bins, first, second)
    n_samples, n_cells = codes.shape[1], bins * other_bins
    order = _tile_order(first, second)
    table, unit = log_table(n_samples)
    sums = np.empty(len(first), np.int64)
    filled = np.empty(len(first) if cells else 0, np.int64)
    none = np.empty((0, 0), np.int64)
    planes, block = _plan(n_samples, bins, other_bins)

    def work(start: int, stop: int) -> None:
        pairs = (codes, other, (bins, other_bins), first, second, order[start:stop])
        if planes:
            joint_by_planes(*pairs, table, unit, sums, filled, none)
        elif n_cells <= _TABLE_CELLS:
            scatter_sums(*pairs, table, unit, sums, filled)
        else:
            run_sums(*pairs, table, unit, sums, filled)

    over_blocks(work, len(first), block, progress=progress, desc="mutual information")
    return sums * unit, filled if cells else None


def add_joint_counts(
    codes: np.ndarray,
    other: np.ndarray,
    bins: int,
    other_bins: int,
    first: np.ndarray,
    second: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Add the joint histograms to ``counts`` (pair, bins * other_bins), in place."""
    codes, other, first, second = _checked(codes, other, bins, other_bins, first, second)
    order = _tile_order(first, second)
    none = np.empty(0, np.int64)
    planes, block = _plan(codes.shape[1], bins, other_bins)

    def work(start: int, stop: int) -> None:
        pairs = (codes, other, (bins, other_bins), first, second, order[start:stop])
        if planes:
            joint_by_planes(*pairs, none, 1.0, none, none, counts)
        else:
            scatter_counts(*pairs, counts)

    over_blocks(work, len(first), block)


def sums_of_counts(
    counts: np.ndarray, *, cells: bool = False
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what `joint_sums` does, bit for bit, from (row, cell) counts."""
    totals, full = np.empty(len(counts), np.int64), np.empty(len(counts), np.int64)
    block = max(1, int(_BLOCK) // max(counts.shape[1], 1))

    def total(start: int, stop: int) -> None:
        totals[start:stop] = counts[start:stop].sum(axis=1)

    over_blocks(total, len(counts), block)
    table, unit = log_table(int(totals.max(initial=1)))

    def work(start: int, stop: int) -> None:
        _add_up_rows(counts[start:stop], table, unit, totals[start:stop], full[start:stop])

    over_blocks(work, len(counts), block)
    return totals * unit, full if cells else None


def _plane_cost(n_samples: int, bins: int, other_bins: int) -> float:
    """Return about how many nanoseconds bit planes take for a pair; infinite if they cannot."""
    if max(bins, other_bins) > 256:
        return np.inf
    return 30 + (bins - 1) * (other_bins - 1) * (0.85 + _WORD * n_samples / 64)


def _scatter_cost(n_samples: int, bins: int, other_bins: int) -> float:
    """Return about how many nanoseconds scatter counting takes for a pair."""
    return 40 + 0.33 * n_samples + 0.27 * min(bins * other_bins, 2 * n_samples)


def _plan(n_samples: int, bins: int, other_bins: int) -> tuple[bool, int]:
    """
    Return whether bit planes are the quicker way, and how many pairs a thread takes at once.

    Planes win up to 17 bins (11 without the instruction), with few samples up to 12.
    """
    planes = _plane_cost(n_samples, bins, other_bins)
    scatter = _scatter_cost(n_samples, bins, other_bins)
    # what sorting by runs costs more than scattering
    slower = 5 if bins * other_bins > _TABLE_CELLS else 1
    pairs = max(1, int(_BLOCK / min(planes, slower * scatter)))
    return planes < scatter, pairs if pairs < TILE**2 else pairs - pairs % TILE**2


def _checked(
    codes: np.ndarray,
    other: np.ndarray,
    bins: int,
    other_bins: int,
    first: np.ndarray,
    second: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return codes in the smallest type and pairs as int64; the kernels check no bounds."""
    same = other is codes and other_bins == bins
    small = []
    for name, rows, n in (("codes", codes, bins), ("other", other, other_bins)):
        if rows.size and (rows.max() >= n or rows.min() < 0):
            raise ValueError(
                f"{name} must lie between 0 and {n - 1}; not {rows.min()} to {rows.max()}."
            )
        small.append(np.ascontiguousarray(rows, code_type(n)))
        if same:
            small.append(small[0])
            break
    pairs = []
    for name, index, n in (("first", first, len(codes)), ("second", second, len(other))):
        index = np.ascontiguousarray(index, np.int64)
        if len(index) and (index.min() < 0 or index.max() >= n):
            raise ValueError(
                f"{name} must be rows between 0 and {n - 1}; not {index.min()} to {index.max()}."
            )
        pairs.append(index)
    return small[0], small[1], pairs[0], pairs[1]


def _tile_order(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return an order of the pairs that goes through tiles of rows, and row by row in a tile."""
    tiles = int(second.max(initial=0)) // TILE + 1
    key = (first // TILE * tiles + second // TILE) * TILE + first % TILE
    return np.argsort(key, kind="stable")


@compiled
def _add_up_rows(counts, table, unit, sums, filled):  # type: ignore[no-untyped-def]
    for i in range(counts.shape[0]):
        sums[i], full = sum_n_log_n(counts[i], table, unit), 0
        for c in range(counts.shape[1]):
            full += counts[i, c] > 0
        filled[i] = full
