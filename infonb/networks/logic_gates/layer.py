"""What layers of gates have in common: logits that say how likely each neuron is which gate."""

from __future__ import annotations

from math import prod

import torch
from torch import nn

from infonb.networks.layers import generator_of
from infonb.networks.logic_gates.table import GATES, A
from infonb.networks.logic_gates.trees import (
    Block,
    GateTrees,
    blocks_of,
    kernels_in_a_block,
)
from infonb.validate import check_choice, check_number

__all__ = ["GateLayer", "check_unit_interval"]

#: What may lie beyond 0 .. 1 by rounding.
_ROUNDING = 1e-3


class GateLayer(nn.Module):
    """Base of layers of gates: `logits` (neuron ..., 16), trees over rows, soft or Boolean."""

    connections: torch.Tensor

    def __init__(self, shape: tuple[int, ...], init: str, strength: float, seed: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(_logits(shape, init, strength, seed))
        table = torch.from_numpy(GATES.values).to(self.logits.dtype)
        self.register_buffer("table", table, persistent=False)
        self._blocks: dict[tuple[object, ...], list[Block]] = {}
        self._wired: tuple[torch.Tensor | None, int] = None, -1

    def gates(self) -> torch.Tensor:
        """Return the number of the likeliest gate of each neuron: (neuron ...)."""
        return self.logits.detach().argmax(dim=-1)

    def leaves(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Return the row that each leaf reads, (leaf, kernel, place), of inputs of a shape."""
        raise NotImplementedError

    def mixed(self) -> torch.Tensor:
        """Return c0 .. c3 of each neuron, (neuron ..., 4): of all gates by softmax, or of one."""
        table: torch.Tensor = self.table  # type: ignore[assignment]
        if self.training:
            return torch.softmax(self.logits, dim=-1) @ table
        return table[self.gates()]

    def through_trees(self, values: torch.Tensor) -> torch.Tensor:
        """Return what the trees make of (..., sample): (kernel, place, sample)."""
        shape, n_samples = tuple(values.shape[:-1]), values.shape[-1]
        mixed = self.mixed()
        nodes = mixed.reshape(mixed.shape[0], -1, 4).permute(2, 1, 0).contiguous()[..., None]
        leaves = self.leaves(shape)
        blocks = self._blocks_for(leaves, shape, n_samples)
        out: torch.Tensor = GateTrees.apply(values.reshape(prod(shape), n_samples), nodes, blocks)
        return out.view(len(mixed), leaves.shape[2], n_samples)

    def _blocks_for(
        self, leaves: torch.Tensor, shape: tuple[int, ...], n_samples: int
    ) -> list[Block]:
        """Return the blocks of inputs of a shape; made once for each size of block."""
        self._forget_other_connections()
        n_leaves, n_trees, n_places = leaves.shape
        n_kernels = kernels_in_a_block(n_trees, n_leaves * n_places * n_samples, leaves.device)
        key = (shape, n_kernels, leaves.device)
        if key not in self._blocks:
            self._blocks[key] = blocks_of(leaves, prod(shape), n_kernels)
        return self._blocks[key]

    def _forget_other_connections(self) -> None:
        """Drop blocks of connections that have been replaced or changed, as by `load_weights`."""
        now = self.connections
        wired = now, -1 if now.is_inference() else now._version
        if wired[0] is not self._wired[0] or wired[1] != self._wired[1]:
            self._blocks, self._wired = {}, wired


def check_unit_interval(inputs: torch.Tensor) -> None:
    """Raise a ValueError if inputs are not in 0 .. 1; what layers before have made is not asked."""
    if inputs.requires_grad or not inputs.numel():
        return
    low, high = (float(value) for value in inputs.detach().aminmax())
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
        raise ValueError(
            f"gates take values in 0 .. 1 (probabilities of true); inputs lie in {low:g} .. "
            f"{high:g}. Make bits of them first: Thermometer(uniform_thresholds(3)), say."
        )


def _logits(shape: tuple[int, ...], init: str, strength: float, seed: int) -> torch.Tensor:
    check_choice("init", init, ["residual", "normal"])
    if init == "normal":
        return torch.randn(*shape, 16, generator=generator_of(seed, 1))
    logits = torch.zeros(*shape, 16)
    logits[..., A] = check_number("strength", strength)
    return logits
