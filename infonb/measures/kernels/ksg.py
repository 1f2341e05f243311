"""
Array kernel: mutual information of pairs of rows from nearest neighbours.

Every row is sorted once for all its pairs (`_sorted`). Then, for one pair: the distance of every
sample to its k-th neighbour (`_nearest`), and the number of samples nearer than that in either
variable alone (`_within`). All distances are rounded differences of float64, compared as a plain
loop compares them, so that the result is that of a plain loop but for the rounding of the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from infonb.measures.kernels.compile import compiled, over_blocks
from infonb.measures.kernels.knn.bands import empty_lists, n_bands
from infonb.measures.kernels.knn.kth_distance import kth_distances
from infonb.measures.kernels.knn.marginal_counts import add_psi_within
from infonb.measures.kernels.knn.sorted_rows import SortedRows, bytes_per_row, sort_rows, spread

__all__ = ["ksg_information"]

# Rows are sorted in tiles of so many bytes where all of them take more than four such tiles: two
# tiles are paired while two new ones may be made.
TILE = 2**26
# Up to so many neighbours are kept in registers, by one compiled kernel for each of these numbers;
# more of them in memory, by one more kernel. Fewer than a kernel keeps cost little more than k.
REGISTERS = 3, 16


def ksg_information(
    values: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    k: int,
    *,
    other: np.ndarray | None = None,
    mixed: bool = False,
    pointwise: bool = False,
    progress: bool | str = False,
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the KSG MI (estimator 1, max-norm) of pairs of rows, and how many samples are tied.

    ``values[first[p]]`` with ``other[second[p]]`` (None: of `values`) → (pair,) in nats, or (pair,
    sample) pointwise; 0 where a row is constant; the same numbers whichever row comes first.

    With the distance to the k-th other sample as radius, the value of a sample is
    psi(S) + psi(k) - psi(n_x) - psi(n_y), where n_x and n_y count the samples strictly nearer than
    the radius in one variable, the sample itself included (Kraskov, Stögbauer and Grassberger 2004,
    equation 8). At radius 0 (tied) they count the samples of the same value, as the code of Bansal
    et al. (2022) does. `mixed` (Gao, Kannan, Oh and Viswanath 2017) has log S instead of psi(S),
    and at radius 0 psi of the number of samples that share both values instead of psi(k).
    """
    from scipy.special import digamma

    n_samples = values.shape[1]
    mi = np.zeros((len(first), n_samples) if pointwise else len(first))
    tied = np.zeros(len(first), np.int64)
    # psi[n] for n >= 1
    psi = np.concatenate([[np.nan], digamma(np.arange(1, n_samples + 1))])
    whole = (np.log(n_samples) if mixed else psi[n_samples]) + psi[k]
    # a block takes some 3 ms, and most of its rows stay in the cache between the two kernels
    block = max(1, 2**17 // (n_samples * max(k, 3)))

    def measure(tiles: Tiles, pairs: np.ndarray, start: int, stop: int) -> None:
        chosen = pairs[start:stop]
        a, b = first[chosen], second[chosen]
        if other is None:
            a, b = np.minimum(a, b), np.maximum(a, b)
        rows, place, others, other_place = tiles
        a, b = place[a], other_place[b]
        radius = _radii(rows, others, a, b, k)
        total, n_tied = np.zeros(len(chosen)), np.zeros(len(chosen), np.int64)
        points = np.zeros((len(chosen), n_samples if pointwise else 0))
        for own, c in ((rows, a), (others, b)):
            numbers = own.ordered, own.eighths, own.levels, own.order, own.length
            add_psi_within(*numbers, c, radius, psi, total, n_tied, points)
        tied[chosen] = n_tied
        found = points if pointwise else total / n_samples
        np.subtract(whole, found, out=found)
        if mixed and n_tied.any():
            shared = np.zeros((2, n_samples), np.int64)
            for p in np.flatnonzero(n_tied):
                _count_shared(others, b[p], rows.start[a[p]], *shared)
                # in the order of the samples: the same sum whichever row comes first
                more = np.where(radius[p] == 0, psi[shared[1]] - psi[k], 0.0)
                found[p] += more if pointwise else more.mean()
        mi[chosen] = found

    for tiles, chosen in _tiles(values, first, second, other):
        work = partial(measure, tiles, chosen)
        over_blocks(work, len(chosen), block, progress=progress, desc="mutual information")
    constant = _is_constant(values)[first]
    constant |= _is_constant(values if other is None else other)[second]
    mi[constant] = 0.0
    return mi, tied


def _radii(
    rows: SortedRows, others: SortedRows, a: np.ndarray, b: np.ndarray, k: int
) -> np.ndarray:
    """Return (pair, sample) the distances to the k-th neighbours of rows a with others b."""
    n_samples = rows.order.shape[1]
    radius = np.empty((len(a), n_samples))
    slots = next((slots for slots in REGISTERS if k <= slots), None)
    work = (0,) * slots if slots else np.empty(8 * k), empty_lists(n_samples), radius
    # long runs and a small spread make long ways: such a row is better cut into bands
    long, other_long = (r.runs[c, :, 1].sum(axis=1) for r, c in ((rows, a), (others, b)))
    wide, other_wide = spread(rows, a), spread(others, b)
    along = (long < other_long) | ((long == other_long) & (wide >= other_wide))
    for which, x, y, i, j in (
        (np.flatnonzero(along), rows, others, a, b),
        (np.flatnonzero(~along), others, rows, b, a),
    ):
        if len(which) > 0:
            i, j = i[which], j[which]
            bands = n_bands(n_samples, k, spread(x, i), spread(y, j))
            kth_distances(x, y, i, j, bands, which, k, *work)
    return radius


def _is_constant(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.min(axis=1, initial=np.inf) == values.max(axis=1, initial=-np.inf))


# Sorted rows and where in them a row is, of either side.
Tiles = tuple[SortedRows, np.ndarray, SortedRows, np.ndarray]


def _tiles(
    values: np.ndarray, first: np.ndarray, second: np.ndarray, other: np.ndarray | None
) -> Iterator[tuple[Tiles, np.ndarray]]:
    """Yield tiles of the rows that are in a pair, and the pairs that lie in them."""
    same = other is None
    right = values if other is None else other
    used, used_right = _used(len(values), first), _used(len(right), second)
    if same:
        used = used_right = np.union1d(used, used_right)
    bytes_each = bytes_per_row(values.shape[1])
    total = bytes_each * (len(used) if same else len(used) + len(used_right))
    size = max(1, TILE // bytes_each) if total > 4 * TILE else max(len(used), len(used_right), 1)
    # the place of a row among those used, then its tile and its place there
    place, right_place = np.zeros(len(values), np.int64), np.zeros(len(right), np.int64)
    place[used], right_place[used_right] = np.arange(len(used)), np.arange(len(used_right))
    tile, right_tile = place // size, right_place // size
    for i in range(-(-len(used) // size)):
        rows = sort_rows(values, used[i * size : (i + 1) * size])
        for j in range(i if same else 0, -(-len(used_right) // size)):
            chosen = (tile[first] == i) & (right_tile[second] == j)
            if same:
                chosen |= (tile[first] == j) & (tile[second] == i)
            if chosen.any():
                others = rows
                if not (same and i == j):
                    others = sort_rows(right, used_right[j * size : (j + 1) * size])
                yield (rows, place % size, others, right_place % size), np.flatnonzero(chosen)


def _used(n_rows: int, numbers: np.ndarray) -> np.ndarray:
    used = np.zeros(n_rows, np.bool_)
    used[numbers] = True
    return np.flatnonzero(used)


@compiled
def _count_shared(rows, row, start, counts, shared):  # type: ignore[no-untyped-def]
    """Set how many samples share both values of each; `counts` are 0 before and after."""
    order, length = rows.order[row], rows.length[row]
    p = 0
    while p < len(order):
        # the samples of one y, counted by where their run of x starts
        run = order[p : p + length[order[p]]]
        for sample in run:
            counts[start[sample]] += 1
        for sample in run:
            shared[sample] = counts[start[sample]]
        for sample in run:
            counts[start[sample]] = 0
        p += len(run)
