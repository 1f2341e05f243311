"""
Kernels for a CUDA device: bin counts of rows, and joint histograms of pairs of rows, through torch.

Few bins: every row becomes one row of zeros and ones for each bin, and one matrix product counts
all cells of all pairs of two blocks of rows. It is exact: zeros and ones in half precision, in
products of so few samples that half precision holds every count. Many bins, or few of the pairs of
two blocks: each sample adds one to its cell, for many pairs at once. Far more cells than samples:
the cells of the samples are sorted, and equal ones counted.

The sums are those of the compiled kernels bit for bit, since they are sums of whole numbers
(`infonb.measures.kernels.n_log_n`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from infonb.measures.device.memory import block_bytes, blocks, on_device
from infonb.measures.kernels.n_log_n import log_table
from infonb.progress import progress_bar

if TYPE_CHECKING:
    import torch

__all__ = ["joint_sums_on"]

Kernel = Callable[..., tuple[np.ndarray, np.ndarray | None]]

# Cells of a pair up to which products count, and the least share of a block that is asked for.
_PRODUCT_CELLS, _PRODUCT_SHARE = 32**2, 1 / 8
# Cells for each sample from which sorting is less work.
_SORT_CELLS = 16
# Up to here every whole number is a float16, and a float32.
_EXACT_HALF, _EXACT_SINGLE = 2**11, 2**24
# Bytes: of a cell of a pair, of a sample of a pair, of a sample in a bin of a row.
_CELL_BYTES, _SAMPLE_BYTES, _ONE_HOT_BYTES = 48, 32, 6


def joint_sums_on(device: str | torch.device, budget: int | None = None) -> Kernel:
    """
    Return the kernel `infonb.measures.kernels.joint.joint_sums` for a device of torch.

    `budget`: bytes for a block of work beside the codes; None for what is free on the device.
    """

    def joint_sums(
        codes: np.ndarray,
        other: np.ndarray | None,
        bins: int,
        other_bins: int,
        first: np.ndarray,
        second: np.ndarray,
        *,
        cells: bool = False,
        progress: bool | str = False,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        import torch

        place = torch.device(device)
        x = on_device(np.asarray(codes, np.int32), torch.int32, place)
        same = other is None or other is codes
        y = x if same else on_device(np.asarray(other, np.int32), torch.int32, place)
        first, second = np.asarray(first, np.int64), np.asarray(second, np.int64)
        sums, filled = np.zeros(len(first)), np.zeros(len(first), np.int64)
        table, unit = log_table(x.shape[1])
        large = np.arange(len(table), x.shape[1] + 1)
        table = np.append(table, np.rint(large * np.log(large) / unit).astype(np.int64))
        terms = on_device(table, torch.int64, place)
        room = block_bytes(place, budget)

        with progress_bar(
            total=len(first), show=progress, desc="mutual information", unit="pair"
        ) as bar:
            for pairs, total, full in _totals(x, y, bins, other_bins, first, second, terms, room):
                sums[pairs] = total.cpu().numpy() * unit
                filled[pairs] = full.cpu().numpy()
                bar.update(len(pairs))
        return sums, filled if cells else None

    return joint_sums


def _totals(
    x: torch.Tensor,
    y: torch.Tensor,
    bins: int,
    other_bins: int,
    first: np.ndarray,
    second: np.ndarray,
    terms: torch.Tensor,
    room: int,
) -> Iterator[tuple[np.ndarray, torch.Tensor, torch.Tensor]]:
    """Yield indices of pairs, their sums in units of the table of terms, and their filled cells."""
    import torch

    n, n_cells = x.shape[1], bins * other_bins
    half = x.device.type == "cuda"
    rest = [np.arange(len(first))]
    if n_cells <= _PRODUCT_CELLS:
        side = max(1, int(np.sqrt(room / (2 * n_cells * _CELL_BYTES))))
        samples = room // (4 * side * (bins + other_bins) * _ONE_HOT_BYTES)
        samples = min(max(samples, 64), _EXACT_HALF if half else _EXACT_SINGLE)
        rest = []
        for pairs, rows, columns in _tiles(first, second, len(x), len(y), side):
            if len(pairs) < _PRODUCT_SHARE * len(rows) * len(columns):
                rest.append(pairs)
                continue
            own, others = x[rows.start : rows.stop], y[columns.start : columns.stop]
            counts = _products(own, others, bins, other_bins, samples, half)
            a, b = (
                on_device(row[pairs] - block.start, torch.int64, x.device)
                for row, block in ((first, rows), (second, columns))
            )
            yield pairs, *_sum_cells(counts[a, :, b].flatten(1), terms)
    sort = n_cells > _SORT_CELLS * n
    pair_bytes = n * _SAMPLE_BYTES * (3 if sort else 1) + (0 if sort else n_cells * _CELL_BYTES)
    for pairs in rest:
        for part in blocks(len(pairs), room // pair_bytes):
            some = pairs[part]
            a, b = (on_device(row[some], torch.int64, x.device) for row in (first, second))
            cell = x[a].long() * other_bins + y[b]
            yield (
                some,
                *(_sum_runs(cell, terms) if sort else _sum_cells(_count(cell, n_cells), terms)),
            )


def _sum_cells(counts: torch.Tensor, terms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the sum of the terms of each row of counts, and how many counts are not 0."""
    return terms[counts.long()].sum(dim=1), (counts > 0).sum(dim=1)


def _sum_runs(cell: torch.Tensor, terms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the same of the cells that the samples of each row are in, without their histogram."""
    import torch

    cell = cell.sort(dim=1).values
    is_last = torch.ones_like(cell, dtype=torch.bool)
    is_last[:, :-1] = cell[:, 1:] != cell[:, :-1]
    last = torch.nonzero(is_last.flatten()).squeeze(1)
    length = torch.diff(last, prepend=last.new_tensor([-1]))
    total = torch.zeros(len(cell), dtype=torch.int64, device=cell.device)
    total.scatter_add_(0, last // cell.shape[1], terms[length])
    return total, is_last.sum(dim=1)


def _tiles(
    first: np.ndarray, second: np.ndarray, n_rows: int, n_columns: int, side: int
) -> Iterator[tuple[np.ndarray, range, range]]:
    """Yield the pairs that lie in each block of rows and block of columns, and these blocks."""
    across = -(-n_columns // side)
    tile = first // side * across + second // side
    order = np.argsort(tile, kind="stable")
    for pairs in np.split(order, np.flatnonzero(np.diff(tile[order])) + 1):
        if len(pairs):
            row, column = divmod(int(tile[pairs[0]]), across)
            rows = range(row * side, min((row + 1) * side, n_rows))
            yield pairs, rows, range(column * side, min((column + 1) * side, n_columns))


def _products(
    x: torch.Tensor, y: torch.Tensor, bins: int, other_bins: int, samples: int, half: bool
) -> torch.Tensor:
    """Return the joint counts of all rows of x with all of y, (row, bin, other row, other bin)."""
    import torch

    dtype = torch.float16 if half else torch.float32
    shape = (len(x) * bins, len(y) * other_bins)
    counts = torch.zeros(shape, dtype=torch.int32, device=x.device)
    for part in blocks(x.shape[1], samples):
        one_hot, other_hot = (
            _one_hot(c[:, part], b, dtype) for c, b in ((x, bins), (y, other_bins))
        )
        counts += (one_hot @ other_hot.T).int()
    return counts.view(len(x), bins, len(y), other_bins)


def _one_hot(codes: torch.Tensor, bins: int, dtype: torch.dtype) -> torch.Tensor:
    """Return (row * bin, sample): 1 where the sample is in the bin."""
    import torch

    bin_ = torch.arange(bins, dtype=codes.dtype, device=codes.device)
    return (codes[:, None] == bin_[:, None]).flatten(0, 1).to(dtype)


def _count(cell: torch.Tensor, n_cells: int) -> torch.Tensor:
    """Return how often each cell occurs in each row, (row, cell) int32."""
    import torch

    counts = torch.zeros((len(cell), n_cells), dtype=torch.int32, device=cell.device)
    one = torch.ones((), dtype=torch.int32, device=cell.device)
    return counts.scatter_add_(1, cell.long(), one.expand_as(cell))
