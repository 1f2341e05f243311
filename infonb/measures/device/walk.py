"""
Kernel for a CUDA device: the distance of every sample to its k-th nearest, for a block of pairs.

The walk of the CPU kernel (`infonb.measures.kernels.ksg`) turned around: not one pair after
another but all points of a block of pairs at once, as one flat list of (pair, sample).

1. Every row is sorted once. A point walks outward in the sorted order of the variable in which it
   lies more sparsely, a window of neighbours on each side at a time; it is done as soon as the next
   step in that variable alone is as far as its k-th best. Samples in a run of equal values (ReLU
   zeros) thereby walk along the other variable. The points that are not done go on by themselves,
   with wider windows the further they are: few rounds, and one question to the device in each.
2. A window is consecutive memory, read as a row of an overlapping view: no index per neighbour.
3. For k up to 3 on a CUDA device with triton, `infonb.measures.device.triton` does the walk in one
   kernel of its own, without a pass over memory for each operation.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from infonb.measures.device.memory import blocks

if TYPE_CHECKING:
    import torch

__all__ = ["Rows", "find_radii", "prepare"]

# Neighbours on each side in a window, at least and (unless k asks for more) at most.
_LEAST_WINDOW, _GREATEST_WINDOW = 16, 512
# Bytes of a neighbour in a window, and of a point.
_NEIGHBOUR_BYTES, _POINT_BYTES = 32, 160
# Up to here k passes for the least: torch.topk takes 32 for float64, and a block for each row.
_FEW = 6
# Up to here the compiled kernel keeps the least in registers.
_IN_REGISTERS = 3


@dataclass
class Rows:
    """What the pairs of a row share; infinite values on both sides end a walk or a search."""

    values: torch.Tensor  # (row, sample)
    ordered: torch.Tensor  # (row, pad + sample + pad), ascending
    order: torch.Tensor  # (row, sample): which sample has a rank
    sparsity: torch.Tensor  # (row, sample): how far the point at `_reach` steps is
    constant: torch.Tensor  # (row,)
    pad: int


def _reach(n: int, k: int) -> int:
    """Return how many steps on each side a walk takes between independent variables."""
    return min(n - 1, max(k, int(np.sqrt(k * n) / 2)))


def prepare(values: torch.Tensor, k: int) -> Rows:
    """Sort the rows."""
    import torch

    n_rows, n = values.shape
    inf = float("inf")
    inner, order = torch.sort(values, dim=1, stable=True)
    pad = min(n, max(_GREATEST_WINDOW, _reach(n, k)))
    pad = max(pad, _LEAST_WINDOW)
    ordered = values.new_full((n_rows, n + 2 * pad), inf)
    ordered[:, :pad] = -inf
    ordered[:, pad : pad + n] = inner
    steps = _reach(n, k)
    across = inner[:, steps:] - inner[:, :-steps]
    sparsity = torch.full_like(inner, inf)
    sparsity[:, steps:] = across
    sparsity[:, :-steps] = torch.minimum(sparsity[:, :-steps], across)
    sparsity = torch.empty_like(inner).scatter_(1, order, sparsity)
    return Rows(values, ordered, order, sparsity, inner[:, 0] == inner[:, -1], pad)


def find_radii(rows: Rows, a: torch.Tensor, b: torch.Tensor, k: int, room: int) -> torch.Tensor:
    """Return the distance to the k-th nearest other sample, (pair, sample)."""
    import torch

    n_pairs, n, pad = len(a), rows.values.shape[1], rows.pad
    width = n + 2 * pad
    # the partner's values in the order of the variable that is walked along: x first, then y
    partner = rows.values.new_zeros((2, n_pairs, width))
    walks_x = rows.sparsity[a] >= rows.sparsity[b]
    found = []
    for side, (along, beside) in enumerate(((a, b), (b, a))):
        order = rows.order[along]
        partner[side, :, pad : pad + n] = rows.values[beside].gather(1, order)
        # by rank: points that lie side by side read the same memory and walk about as far
        walks = (walks_x if side == 0 else ~walks_x).gather(1, order)
        pair, rank = torch.nonzero(walks, as_tuple=True)
        starts = along[pair] * width, (side * n_pairs + pair) * width
        found.append((rank + pad, *starts, pair * n + order[pair, rank]))
    points = _Points(*map(torch.cat, zip(*found, strict=True)))
    del walks_x, order, walks, pair, rank, starts, found

    window = min(pad, max(_LEAST_WINDOW, _reach(n, k)))
    size = room // (2 * window * _NEIGHBOUR_BYTES + 4 * 8 * k + _POINT_BYTES)
    size = max(64, size // 64 * 64)
    radius = rows.values.new_empty(n_pairs * n)
    u, v = rows.ordered.flatten(), partner.flatten()
    compiled = _compiled_walk(u.device) if k <= _IN_REGISTERS else None
    for part in blocks(n_pairs * n, size):
        some = _Points(*(t[part] for t in points))
        if compiled is None:
            radius[some.sample] = _walk(u, v, some, n, pad, k, window, window * size)
        else:
            radius[some.sample] = compiled(u, v, some.place, some.u_start, some.v_start, n, pad, k)
    return radius.view(n_pairs, n)


class _Points(NamedTuple):
    """Points that walk: where in their rows, where these start in memory, and of which sample."""

    place: torch.Tensor
    u_start: torch.Tensor
    v_start: torch.Tensor
    sample: torch.Tensor


@cache
def _compiled_walk(device: torch.device) -> Callable[..., torch.Tensor] | None:
    """Return the walk in one kernel of its own, or None where there is no triton to build it."""
    import torch

    if device.type != "cuda":
        return None
    from infonb.measures.device.triton import triton, walk

    if triton is None:
        return None
    row = torch.tensor([-np.inf, 0.0, 3.0, np.inf], dtype=torch.float64, device=device)
    start = torch.zeros(1, dtype=torch.int64, device=device)
    try:
        walk(row, row, start + 1, start, start, 2, 1, 1)
    except Exception as error:  # whatever a compiler that is missing or does not fit says
        warnings.warn(
            f"triton cannot build the kernel for {device} ({error}); torch's own operations give "
            "the same values more slowly. Triton needs a C compiler and Python's header files.",
            stacklevel=2,
        )
        return None
    return walk


def _walk(
    u: torch.Tensor,
    v: torch.Tensor,
    points: _Points,
    n: int,
    pad: int,
    k: int,
    window: int,
    room: int,
) -> torch.Tensor:
    """Return the k-th least distance of each point; u ascends in each of its rows."""
    import torch

    place, u_start, v_start = points.place, points.u_start, points.v_start
    u_own, v_own = u[u_start + place], v[v_start + place]
    best = u.new_empty((len(place), 0))
    radius = torch.empty_like(u_own)
    which = torch.arange(len(place), device=u.device)
    reached = 0
    while True:
        # a side that has come to its end stays there, among infinite values
        right = (place + (reached + 1)).clamp_(max=pad + n)
        left = (place - (reached + window)).clamp_(min=pad - window)
        near = u.new_empty((len(place), 2 * window + best.shape[1]))
        for column, start in ((0, left), (window, right)):
            u_near = u.unfold(0, window, 1)[u_start + start].sub_(u_own[:, None]).abs_()
            v_near = v.unfold(0, window, 1)[v_start + start].sub_(v_own[:, None]).abs_()
            torch.maximum(u_near, v_near, out=near[:, column : column + window])
            del u_near, v_near
        near[:, 2 * window :] = best
        best = _least(near, k)
        del near
        farthest = best.amax(dim=1)
        radius[which] = farthest
        reached += window
        # the next step in u alone: every distance further on is at least as great
        right = (place + (reached + 1)).clamp_(max=pad + n)
        left = (place - (reached + 1)).clamp_(min=pad - 1)
        step = torch.minimum(u[u_start + right] - u_own, u_own - u[u_start + left])
        go_on = torch.nonzero(step < farthest).squeeze(1)
        if not len(go_on):
            return radius
        place, u_start, v_start, u_own, v_own, best, which = (
            t[go_on] for t in (place, u_start, v_start, u_own, v_own, best, which)
        )
        window = max(1, min(pad, max(_LEAST_WINDOW, reached // 2), room // len(go_on)))


def _least(near: torch.Tensor, k: int) -> torch.Tensor:
    """Return the k least of each row, in any order; `near` is spoiled."""
    import torch

    if k > _FEW:
        return near.topk(k, dim=1, largest=False, sorted=False).values
    found = []
    for _ in range(k):
        least, where = near.min(dim=1, keepdim=True)
        near.scatter_(1, where, float("inf"))
        found.append(least)
    return torch.cat(found, dim=1)
