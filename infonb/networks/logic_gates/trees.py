"""
Complete binary trees of mixed gates over rows of values: what every layer of gates computes.

A mixture of the sixteen gates is itself c0 + c1 a + c2 b + c3 ab, so that four numbers a gate are
all that is computed with. The samples lie last, so that whatever a gate reads or writes is one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.linalg import vecdot
from torch.nn.functional import embedding_bag

__all__ = ["Block", "GateTrees", "blocks_of", "features_first", "kernels_in_a_block"]

#: Values of leaves that are held at once: what fits in a processor's cache, or is little on a GPU.
_ON_CPU, _ON_GPU = 2**22, 2**27


def features_first(values: torch.Tensor) -> torch.Tensor:
    """Return (sample, ...) as contiguous (..., sample); no copy of what a layer of gates gave."""
    return values.movedim(0, -1).contiguous()


@dataclass(frozen=True)
class Block:
    """Trees that are computed together: which row each leaf reads, and which leaves read a row."""

    kernels: slice
    #: (leaf * kernel * place): the row.
    rows: torch.Tensor
    #: The leaves in the order of their rows, and where in it each row begins.
    order: torch.Tensor
    starts: torch.Tensor


def kernels_in_a_block(n_kernels: int, values_a_kernel: int, device: torch.device) -> int:
    """Return how many trees are computed at once: all, or a power of two."""
    room = max(1, (_ON_CPU if device.type == "cpu" else _ON_GPU) // max(1, values_a_kernel))
    return n_kernels if room >= n_kernels else 1 << (room.bit_length() - 1)


def blocks_of(leaves: torch.Tensor, n_rows: int, n_kernels: int) -> list[Block]:
    """Return the blocks of n_kernels trees each; leaves (leaf, kernel, place) name their rows."""
    made = []
    for start in range(0, leaves.shape[1], n_kernels):
        kernels = slice(start, min(start + n_kernels, leaves.shape[1]))
        rows = leaves[:, kernels].reshape(-1)
        counts = torch.bincount(rows, minlength=n_rows)
        made.append(
            Block(
                kernels,
                rows.int(),
                torch.argsort(rows, stable=True).int(),
                (counts.cumsum(0) - counts).int(),
            )
        )
    return made


class GateTrees(torch.autograd.Function):
    """
    Trees of mixed gates, with gradients by hand.

    rows (row, sample) and coefficients (4, node, kernel, 1), nodes from the leaves to the root →
    (kernel, place * sample). Node i of a level takes the values 2i and 2i + 1 of the one before.
    """

    @staticmethod
    def forward(
        ctx: Any, rows: torch.Tensor, coefficients: torch.Tensor, blocks: Sequence[Block]
    ) -> torch.Tensor:
        """Return the values of the roots."""
        n_leaves, n_kernels = coefficients.shape[1] + 1, coefficients.shape[2]
        n_places = sum(len(block.rows) for block in blocks) // (n_leaves * n_kernels)
        out = rows.new_empty(n_kernels, n_places * rows.shape[1])
        for block in blocks:
            leaves = _leaves(rows, block, n_leaves)
            _levels(leaves, coefficients[:, :, block.kernels], out[None, block.kernels])
        # leaves of one block are kept, those of many are gathered again: memory before time
        kept = [leaves] if len(blocks) == 1 and any(ctx.needs_input_grad) else []
        ctx.save_for_backward(rows, coefficients, *kept)
        ctx.blocks = blocks
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of rows and coefficients."""
        rows, coefficients, *kept = ctx.saved_tensors
        gradient = gradient.contiguous()
        of_coefficients = torch.empty_like(coefficients)
        of_rows = None
        for block in ctx.blocks:
            leaves = kept[0] if kept else _leaves(rows, block, coefficients.shape[1] + 1)
            c = coefficients[:, :, block.kernels]
            of_c = of_coefficients[:, :, block.kernels]
            below = _descend(
                leaves, c, gradient[None, block.kernels], of_c, ctx.needs_input_grad[0]
            )
            if below is not None:
                flat = below.view(len(block.rows), rows.shape[1])
                # of no samples at all: embedding_bag may read what is not there
                of_block = (
                    embedding_bag(block.order, flat, block.starts, mode="sum")
                    if flat.shape[1]
                    else torch.zeros_like(rows)
                )
                of_rows = of_block if of_rows is None else of_rows.add_(of_block)
        return of_rows, of_coefficients if ctx.needs_input_grad[1] else None, None


def _leaves(rows: torch.Tensor, block: Block, n_leaves: int) -> torch.Tensor:
    """Return the values that a block's trees read: (leaf, kernel, place * sample)."""
    values = rows.index_select(0, block.rows)
    n_kernels = block.kernels.stop - block.kernels.start
    return values.view(n_leaves, n_kernels, values.numel() // (n_leaves * n_kernels))


def _levels(
    values: torch.Tensor, coefficients: torch.Tensor, out: torch.Tensor | None = None
) -> list[torch.Tensor]:
    """Return the values of every level below the root; the root's go into `out` if it is given."""
    below, start = [], 0
    while len(values) > 1:
        below.append(values)
        n_nodes = len(values) // 2
        if n_nodes == 1 and out is None:
            break
        c0, c1, c2, c3 = coefficients[:, start : start + n_nodes]
        a, b = values[0::2], values[1::2]
        # not addcmul: it takes six times as long with one number a row
        slope = torch.mul(b, c3).add_(c1)
        values = torch.mul(b, c2, out=out if n_nodes == 1 else None).add_(c0)
        values.addcmul_(a, slope)
        start += n_nodes
    return below


def _descend(
    leaves: torch.Tensor,
    coefficients: torch.Tensor,
    gradient: torch.Tensor,
    of_coefficients: torch.Tensor,
    to_leaves: bool,
) -> torch.Tensor | None:
    """Write the gradient of the coefficients, and return that of the leaves if it is wanted."""
    stop = coefficients.shape[1]
    for values in reversed(_levels(leaves, coefficients)):
        n_nodes = len(values) // 2
        nodes = slice(stop - n_nodes, stop)
        _, c1, c2, c3 = coefficients[:, nodes]
        a, b = values[0::2], values[1::2]
        if values is leaves and not to_leaves:
            by_a = gradient * a
            sums = gradient.sum(-1), by_a.sum(-1), vecdot(gradient, b), vecdot(by_a, b)
            of_coefficients[:, nodes] = torch.stack(sums)[..., None]
            return None
        # one new tensor and no other: memory that is new to the process takes as long as the sums
        below = torch.empty_like(values)
        by_b = torch.mul(gradient, b, out=below[0::2])
        by_a = torch.mul(gradient, a, out=below[1::2])
        sums = gradient.sum(-1), by_a.sum(-1), by_b.sum(-1), vecdot(by_a, b)
        of_coefficients[:, nodes] = torch.stack(sums)[..., None]
        by_b.mul_(c3).add_(gradient * c1)
        by_a.mul_(c3).add_(gradient * c2)
        gradient, stop = below, stop - n_nodes
    return gradient
