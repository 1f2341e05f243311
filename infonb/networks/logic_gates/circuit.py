"""The Boolean circuit of a network of gates: nodes by number, level after level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from infonb.networks.logic_gates.convolution import LogicTreeConv2d, OrPool2d
from infonb.networks.logic_gates.dense import LogicDense
from infonb.networks.logic_gates.networks import GroupSum, LogicNet, LogicTreeNet
from infonb.networks.logic_gates.table import OR
from infonb.networks.logic_gates.thermometer import Thermometer

__all__ = ["Circuit", "Level", "circuit_of"]


@dataclass(frozen=True)
class Level:
    """Gates that depend on earlier levels only; their nodes are numbered from `start`."""

    start: int
    kind: np.ndarray
    a: np.ndarray
    b: np.ndarray

    @property
    def stop(self) -> int:
        """One more than the number of the last node."""
        return self.start + len(self.kind)


@dataclass(frozen=True)
class Circuit:
    """Node 0 is FALSE, nodes 1 .. n_inputs are bits of the input, all others gates."""

    n_inputs: int
    levels: tuple[Level, ...]
    #: (class, output): the node, and whether it is counted where it is false.
    outputs: np.ndarray
    inverted: np.ndarray

    @property
    def n_gates(self) -> int:
        """All gates."""
        return sum(len(level.kind) for level in self.levels)

    @property
    def n_nodes(self) -> int:
        """FALSE, inputs and gates."""
        return 1 + self.n_inputs + self.n_gates


def circuit_of(net: LogicNet | LogicTreeNet) -> Circuit:
    """Return the circuit of a network in eval mode: a node for each gate at each position."""
    if not isinstance(net, LogicNet | LogicTreeNet):
        raise TypeError(
            f"a Boolean circuit is that of a LogicNet or a LogicTreeNet; not of "
            f"{type(net).__name__}."
        )
    shape = (net.sizes[0],) if isinstance(net, LogicNet) else net.image_shape
    growing = _Growing(shape, net)
    for module in net.children():
        if isinstance(module, LogicDense):
            growing.dense(module)
        elif isinstance(module, LogicTreeConv2d):
            growing.convolution(module)
        elif isinstance(module, OrPool2d):
            growing.pool(module)
        elif isinstance(module, GroupSum):
            outputs = growing.nodes.reshape(module.n_classes, -1)
    return Circuit(
        growing.n_inputs, tuple(growing.levels), outputs, np.zeros(outputs.shape, dtype=bool)
    )


class _Growing:
    """A circuit as far as it is built: `nodes` has the node of each value of the last layer."""

    def __init__(self, shape: tuple[int, ...], net: nn.Module) -> None:
        thermometer = getattr(net, "thermometer", None)
        bits = thermometer.n_thresholds if isinstance(thermometer, Thermometer) else 1
        shape = (shape[0] * bits, *shape[1:])
        self.n_inputs = int(np.prod(shape))
        self.nodes = np.arange(1, self.n_inputs + 1).reshape(shape)
        self.levels: list[Level] = []
        self._next = self.n_inputs + 1

    def dense(self, layer: LogicDense) -> None:
        """Add a layer of gates."""
        a, b = self.nodes.reshape(-1)[layer.connections.cpu().numpy()]
        self.nodes = self._add(layer.gates().cpu().numpy(), a, b)

    def convolution(self, layer: LogicTreeConv2d) -> None:
        """Add the trees of all positions, a level after the other."""
        ring = [(0, 0), (layer.padding,) * 2, (layer.padding,) * 2]
        padded = np.pad(self.nodes, ring)  # with node 0, which is FALSE
        # (leaf, kernel, place)
        values = padded.reshape(-1)[layer.leaves(padded.shape).cpu().numpy()]
        gates, start = layer.gates().cpu().numpy(), 0
        while len(values) > 1:
            n_nodes = len(values) // 2
            kind = gates[:, start : start + n_nodes].T[:, :, None]
            kind = np.broadcast_to(kind, values[::2].shape)
            values = self._add(kind, values[0::2], values[1::2])
            start += n_nodes
        height, width = (n - layer.kernel_size + 1 for n in padded.shape[1:])
        self.nodes = values.reshape(-1, height, width)

    def pool(self, layer: OrPool2d) -> None:
        """Add the ORs of each window, two by two."""
        size = layer.kernel_size
        _, height, width = self.nodes.shape
        whole = self.nodes[:, : height // size * size, : width // size * size]
        values = [whole[:, i::size, j::size] for i in range(size) for j in range(size)]
        while len(values) > 1:
            n_pairs = len(values) // 2
            a, b = np.stack(values[0 : 2 * n_pairs : 2]), np.stack(values[1 : 2 * n_pairs : 2])
            values = [*self._add(np.full(a.shape, OR), a, b), *values[2 * n_pairs :]]
        self.nodes = values[0]

    def _add(self, kind: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Add a level; return its nodes, in the shape of the arguments."""
        flat = (np.ascontiguousarray(part).reshape(-1) for part in (kind, a, b))
        level = Level(self._next, *flat)
        self.levels.append(level)
        self._next = level.stop
        return np.arange(level.start, level.stop).reshape(kind.shape)
