"""
Kernel for a CUDA device: KSG and mixture mutual information of pairs of rows, through torch.

The radii come from `infonb.measures.device.walk`. The counts: a binary search for the rounded
``x + radius``, then the test itself, which is the rounded difference ``x_j - x``, on both sides of
the place that was found. Where it fails, a binary search by the test: rounding is monotone, so that
the test is too. A tie run of any length is one step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from infonb.measures.device.memory import block_bytes, blocks, on_device
from infonb.measures.device.walk import Rows, find_radii, prepare
from infonb.progress import progress_bar

if TYPE_CHECKING:
    import torch

__all__ = ["ksg_information_on"]

Kernel = Callable[..., tuple[np.ndarray, np.ndarray]]

# Bytes of a sample of a pair, all but the walk.
_SAMPLE_BYTES = 320


def ksg_information_on(device: str | torch.device, budget: int | None = None) -> Kernel:
    """
    Return the kernel `infonb.measures.kernels.ksg.ksg_information` for a device of torch.

    `budget`: bytes for a block of pairs beside the rows; None for what is free on the device.
    """

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
        import torch

        place = torch.device(device)
        stacked = on_device(values, torch.float64, place)
        first, second = np.asarray(first, np.int64), np.asarray(second, np.int64)
        if other is not None:
            second = second + len(values)
            stacked = torch.cat([stacked, on_device(other, torch.float64, place)])
        n = stacked.shape[1]
        tied = np.zeros(len(first), np.int64)
        mi = np.zeros((len(first), n) if pointwise else len(first))
        if not len(first):
            return mi, tied

        rows = prepare(stacked, k)
        psi = _digamma(n, place)
        room = block_bytes(place, budget)
        size = room // 2 // (_SAMPLE_BYTES * (n + 2 * rows.pad))
        with progress_bar(
            total=len(first), show=progress, desc="mutual information", unit="pair"
        ) as bar:
            for block in blocks(len(first), size):
                a, b = (on_device(i[block], torch.int64, place) for i in (first, second))
                value, at_zero = _values(rows, a, b, k, mixed, psi, room // 2)
                value[rows.constant[a] | rows.constant[b]] = 0.0
                mi[block] = (value if pointwise else value.mean(dim=1)).cpu().numpy()
                tied[block] = at_zero.cpu().numpy()
                bar.update(block.stop - block.start)
        return mi, tied

    return ksg_information


def _digamma(n: int, device: torch.device) -> torch.Tensor:
    """Return psi(0 ... n), of which psi(0) is not used."""
    import torch
    from scipy.special import digamma

    table = np.concatenate([[np.nan], digamma(np.arange(1, n + 1))])
    return on_device(table, torch.float64, device)


def _values(
    rows: Rows,
    a: torch.Tensor,
    b: torch.Tensor,
    k: int,
    mixed: bool,
    psi: torch.Tensor,
    room: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the value of every sample (pair, sample), and how many samples are at radius 0."""
    import torch

    n, width = rows.values.shape[1], rows.ordered.shape[1]
    radius = find_radii(rows, a, b, k, room)
    zero = radius == 0
    # the greatest distance that is nearer; at radius 0 that of equal values, which are counted
    below = torch.nextafter(radius, torch.zeros_like(radius))
    x_start, x_stop = _nearer(rows, a, below)
    y_start, y_stop = _nearer(rows, b, below)
    value = -psi[x_stop - x_start] - psi[y_stop - y_start]
    if mixed:
        neighbours = torch.full_like(x_start, k)
        some = torch.nonzero(zero.any(dim=1)).squeeze(1)
        neighbours[some] = torch.where(
            zero[some], _sharing(zero[some], x_start[some], y_start[some], width), k
        )
        value += psi[neighbours] + np.log(n)
    else:
        value += psi[n] + psi[k]
    return value, zero.sum(dim=1)


def _sharing(
    zero: torch.Tensor, x_start: torch.Tensor, y_start: torch.Tensor, width: int
) -> torch.Tensor:
    """Return how many samples share both values, where the k-th neighbour is at distance 0."""
    import torch

    # equal x and equal y: the runs of equal values start at the same places in both rows
    key = torch.where(zero, x_start * width + y_start, -1)
    ordered = key.sort(dim=1).values
    return torch.searchsorted(ordered, key, right=True) - torch.searchsorted(ordered, key)


def _nearer(
    rows: Rows, which: torch.Tensor, below: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which places [start, stop) of its row are no further from each sample than `below`."""
    import torch

    ordered, own = rows.ordered[which], rows.values[which]
    start = torch.searchsorted(ordered, own - below)
    stop = torch.searchsorted(ordered, own + below, right=True)
    for place, reached in ((start, _is_within), (stop, _is_beyond)):
        _correct(place, reached, ordered, own, below, rows.pad)
    return start, stop


def _is_within(u: torch.Tensor, own: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
    return own - u <= below


def _is_beyond(u: torch.Tensor, own: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
    return u - own > below


def _correct(
    place: torch.Tensor,
    reached: Callable[..., torch.Tensor],
    ordered: torch.Tensor,
    own: torch.Tensor,
    below: torch.Tensor,
    pad: int,
) -> None:
    """Set each place to the first in its row at which `reached` holds, as it does from there on."""
    import torch

    n, flat = own.shape[1], ordered.flatten()
    row_start = torch.arange(len(own), device=own.device)[:, None] * ordered.shape[1]
    place.clamp_(min=pad, max=pad + n)
    here = row_start + place
    wrong = ~reached(flat[here], own, below) | reached(flat[here - 1], own, below)
    at = torch.nonzero(wrong.flatten()).squeeze(1)
    row_start, own, below = (t.expand_as(own).flatten()[at] for t in (row_start, own, below))
    low, high = torch.full_like(at, pad - 1), torch.full_like(at, pad + n)
    for _ in range(n.bit_length()):  # high - low is n + 1 at first
        middle = (low + high) >> 1
        found = reached(flat[row_start + middle], own, below)
        low, high = torch.where(found, low, middle), torch.where(found, middle, high)
    place.view(-1)[at] = high
