"""A part of a network that can be read: the gates that tell a class, and what leads to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["SYMBOLS", "Circuit", "Part", "circuit_of", "part_of"]

#: Signs of the gates, by number; a and b are the upper and the lower wire.
SYMBOLS = (
    "0", "a∧b", "a∧¬b", "a", "¬a∧b", "b", "a⊕b", "a∨b",
    "¬(a∨b)", "a=b", "¬b", "a∨¬b", "¬a", "¬a∨b", "¬(a∧b)", "1",
)  # fmt: skip

#: Gates that look at the first input, and at the second: those whose truth table changes with it.
_READS_A = tuple((gate >> 2) != (gate & 3) for gate in range(16))
_READS_B = tuple((gate >> 1 & 5) != (gate & 5) for gate in range(16))


@dataclass(frozen=True)
class Circuit:
    """The dense layers of a Boolean network, and the bits that they have on some images."""

    gates: list[np.ndarray]
    """Of each layer (neuron,) which of the 16 gates it is."""
    wires: list[np.ndarray]
    """Of each layer (2, neuron): places of the two inputs in the layer before."""
    bits: list[np.ndarray]
    """(image, place) bool: what goes into the first layer, then each layer."""
    layers: list[str]
    images: np.ndarray
    labels: np.ndarray
    tau: float
    sources: list[str]
    """Words for each bit that goes into the first layer."""

    @property
    def logits(self) -> np.ndarray:
        """Counts of ones of each class, divided by tau: (image, class)."""
        last = self.bits[-1]
        return last.reshape(len(last), 10, -1).sum(axis=2) / self.tau


@dataclass(frozen=True)
class Part:
    """Some gates of a circuit: places in each layer, from the inputs on, and wires between them."""

    places: list[np.ndarray]
    wires: list[np.ndarray]
    """Of each layer (wire, 2): place in the list before, place in its own list."""


def circuit_of(model: nn.Module, examples: xr.Dataset) -> Circuit:
    """Return the dense layers of a network in eval mode, with their bits on these examples."""
    from infonb.experiments.logic_gates.measures import recorded_bits

    layers = [name for name, _ in model.named_children() if name.startswith("gates")]
    layer_sums: Any = model.sum
    modules: list[Any] = [model.get_submodule(name) for name in layers]
    before = _before(model, layers[0])
    found = [recorded_bits(model, examples, [name]).isel(layer=0) for name in (before, *layers)]
    bits = [one.transpose("sample", "neuron").values.astype(bool) for one in found]
    return Circuit(
        [one.gates().cpu().numpy() for one in modules],
        [one.connections.cpu().numpy() for one in modules],
        bits, layers, examples.input.values[:, 0], examples.label.values, layer_sums.tau,
        _sources(model, before, examples),
    )  # fmt: skip


def _before(model: nn.Module, first: str) -> str:
    names = [name for name, _ in model.named_children()]
    return names[names.index(first) - 1]


def _sources(model: nn.Module, before: str, examples: xr.Dataset) -> list[str]:
    """Return where each bit that goes into the dense layers comes from, in a few letters."""
    import torch

    if before == "thermometer":
        thermometer: Any = model.thermometer
        rows, columns = examples.input.shape[-2:]
        return [f"pixel {i},{j} > {limit:.2g}" for i in range(rows) for j in range(columns)
                for limit in thermometer.thresholds.ravel().tolist()]  # fmt: skip
    found: list[Any] = []
    handle = model.get_submodule(before).register_forward_hook(
        lambda module, inputs, output: found.append(tuple(output.shape[1:]))
    )
    try:
        with torch.no_grad():
            parameter = next(model.parameters())
            model(torch.as_tensor(examples.input.values[:1], device=parameter.device))
    finally:
        handle.remove()
    channels, rows, columns = found[0]
    return [f"tree {c} at {i},{j}" for c in range(channels) for i in range(rows)
            for j in range(columns)]  # fmt: skip


def telling(circuit: Circuit, label: int, n: int) -> np.ndarray:
    """Return the n last gates of a class that are 1 most more often for it than for others."""
    last = circuit.bits[-1]
    own = np.arange(last.shape[1]).reshape(10, -1)[label]
    there = circuit.labels == label
    if not there.any() or there.all():
        return own[:n]
    ahead = last[there][:, own].mean(axis=0) - last[~there][:, own].mean(axis=0)
    return np.sort(own[np.argsort(-ahead, kind="stable")[:n]])


def part_of(circuit: Circuit, label: int, *, n: int = 5, depth: int = 4) -> Part:
    """
    Return the gates that tell a class best and all that leads to them, `depth` layers back.

    Wires that a gate does not look at are left out. Gates of a layer stand in the order in which
    they are reached, so that few wires cross.
    """
    places, wires = [telling(circuit, label, n)], list[np.ndarray]()
    first = max(0, len(circuit.layers) - depth)
    for at in range(len(circuit.layers) - 1, first - 1, -1):
        reached: dict[int, int] = {}
        own = []
        for to, place in enumerate(places[0]):
            gate = circuit.gates[at][place]
            reads = (_READS_A[gate], _READS_B[gate])
            for is_read, source in zip(reads, circuit.wires[at][:, place], strict=True):
                if is_read:
                    own.append((reached.setdefault(int(source), len(reached)), to))
        places.insert(0, np.array(list(reached), dtype=int))
        wires.insert(0, np.array(own, dtype=int).reshape(-1, 2))
    return Part(places, wires)
