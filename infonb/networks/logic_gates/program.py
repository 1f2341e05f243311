"""A trained network of gates as a Boolean program, which runs without torch's arithmetic."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import torch

from infonb.networks.logic_gates.circuit import Circuit, circuit_of
from infonb.networks.logic_gates.networks import LogicNet, LogicTreeNet
from infonb.networks.logic_gates.simplify import simplified
from infonb.networks.logic_gates.source import source_of
from infonb.networks.logic_gates.thermometer import Thermometer, check_numbers
from infonb.networks.logic_gates.words import WordMachine, sorted_by_kind
from infonb.networks.state import device_and_dtype

__all__ = ["BooleanProgram", "boolean_program"]


class BooleanProgram:
    """
    A network of logic gates in eval mode, as operations on words of 64 samples each.

    Made by `boolean_program`; on a CPU, with numpy.

    Parameters
    ----------
    circuit
        Nodes and levels.
    thresholds
        (threshold, *sample) of the thermometer, or None.
    shape
        Of a sample; None for networks that flatten their inputs.
    n_features
        Numbers of a sample.
    tau
        What the counts are divided by.
    dtype
        Of the logits.

    Attributes
    ----------
    gates
        How many gates the program has.
    seconds, gates_per_second
        Of the last `run`, with all it does from images to logits: wall time, and gates times
        samples by it. None before.
    """

    def __init__(
        self, circuit: Circuit, thresholds: np.ndarray | None, shape: tuple[int, ...] | None,
        n_features: int, tau: float, dtype: torch.dtype = torch.float32,
    ) -> None:  # fmt: skip
        self.circuit = sorted_by_kind(circuit)
        self.thresholds, self.shape = thresholds, shape
        self.n_features, self.tau, self.dtype = n_features, tau, dtype
        self.seconds: float | None = None
        self.gates_per_second: float | None = None

    @property
    def gates(self) -> int:
        """How many gates the program has, negations not counted where it is simplified."""
        return self.circuit.n_gates

    @property
    def levels(self) -> int:
        """The longest way from an input to an output, in gates."""
        return len(self.circuit.levels)

    def __repr__(self) -> str:
        return (
            f"BooleanProgram({self.gates:,} gates in {self.levels} levels, "
            f"{self.circuit.n_inputs:,} input bits, {len(self.circuit.outputs)} classes)"
        )

    def run(self, images: Any) -> np.ndarray:
        """Return the logits (sample, class) of images (sample, ...), those of the network."""
        start = perf_counter()
        values = self._checked(images)
        machine = WordMachine(self.circuit)
        step = 64 * machine.n_words
        parts = [
            machine.counts(self._bits(values[i : i + step])) for i in range(0, len(values), step)
        ]
        counts = np.concatenate([np.zeros((0, len(self.circuit.outputs)), dtype=np.int64), *parts])
        # torch's own division: numpy's may differ in the last bit
        logits: np.ndarray = (torch.from_numpy(counts).to(self.dtype) / self.tau).numpy()
        self.seconds = max(perf_counter() - start, 1e-9)
        self.gates_per_second = self.gates * len(values) / self.seconds
        return logits

    def simplify(self) -> BooleanProgram:
        """Return a smaller program of the same results: no constants, copies or repeats."""
        return BooleanProgram(
            simplified(self.circuit), self.thresholds, self.shape, self.n_features, self.tau,
            self.dtype,
        )  # fmt: skip

    def source(self) -> str:
        """Return the program as text, one line a gate."""
        return source_of(self.circuit, self.thresholds, self.shape or (self.n_features,), self.tau)

    def _checked(self, images: Any) -> np.ndarray:
        values = images.detach().cpu().numpy() if isinstance(images, torch.Tensor) else images
        values = np.asarray(values)
        wanted = self.shape or f"... {self.n_features} values"
        fits = (
            values.shape[1:] == self.shape
            if self.shape
            else values.ndim > 1 and np.prod(values.shape[1:], dtype=int) == self.n_features
        )
        if not fits:
            raise ValueError(
                f"images have shape {values.shape}; this program takes (sample, {wanted})."
            )
        if self.thresholds is None and not np.isin(values, (0, 1)).all():
            raise ValueError(
                "this program takes bits, 0 and 1, since its network has no thermometer."
            )
        if self.thresholds is not None and values.size:
            last = self.thresholds[-1]
            top = float(last.flat[0]) if (last == last.flat[0]).all() else None
            low, high = float(values.min()), float(values.max())
            check_numbers(low, high, top, lambda: float((values[values > 0] > top).mean()))
        return values if self.shape else values.reshape(len(values), self.n_features)

    def _bits(self, values: np.ndarray) -> np.ndarray:
        """Return the bits of the input: (sample, feature, ...) → (bit, sample)."""
        last = np.moveaxis(values, 0, -1)
        if self.thresholds is not None:
            limits = np.moveaxis(self.thresholds, 0, 1)[..., None]
            last = last.astype(self.thresholds.dtype)[:, None] > limits
        return last.reshape(self.circuit.n_inputs, len(values))


def boolean_program(net: LogicNet | LogicTreeNet, *, simplify: bool = True) -> BooleanProgram:
    """
    Return what a network of logic gates computes in eval mode, as a program of Boolean operations.

    Dims in: (sample, ...) as the network; dims out of ``run``: (sample, n_classes), logits, the
    network's own bit for bit.

    Parameters
    ----------
    net
        A `LogicNet` or a `LogicTreeNet`, in any mode and on any device.
    simplify
        Leave out constants, copies, negations (each goes into the gate that reads it), repeated
        gates, and gates that no output depends on; ``program.simplify()`` does it later.

    Returns
    -------
    BooleanProgram
        ``run(images)`` gives logits, 64 samples a word; then ``seconds`` and ``gates_per_second``
        say how long it took. ``gates`` and ``levels`` are its size, ``source()`` is its text.

    Raises
    ------
    TypeError
        For another network, or one in bfloat16, which numpy does not have.

    Notes
    -----
    A program has a gate for each position of a convolution, and the ORs of its pools. All gates of
    one kind and level are one operation on rows of words. Counts of the outputs are added up with
    adders of words as well.

    References
    ----------
    Petersen et al., *Convolutional Differentiable Logic Gate Networks*, NeurIPS 2024 (arXiv
    2411.04732), whose gates are counted after such a simplification.

    Examples
    --------
    >>> from infonb.networks import LogicNet
    >>> net = LogicNet([4, 20, 20], [0.5], n_classes=2, tau=2.0, init="normal").eval()
    >>> program = boolean_program(net)
    >>> images = torch.rand(100, 4)
    >>> bool((torch.from_numpy(program.run(images)) == net(images)).all())
    True
    >>> program.gates < boolean_program(net, simplify=False).gates == 40
    True
    """
    circuit, (_, dtype) = circuit_of(net), device_and_dtype(net)
    if dtype == torch.bfloat16:
        raise TypeError("a Boolean program computes with numpy, without bfloat16: net.float().")
    thermometer = getattr(net, "thermometer", None)
    shape = net.image_shape if isinstance(net, LogicTreeNet) else None
    n_features = net.sizes[0] if isinstance(net, LogicNet) else int(np.prod(net.image_shape))
    thresholds = None
    if isinstance(thermometer, Thermometer):
        found = thermometer.thresholds.cpu().numpy()
        inner = shape or (n_features,)
        rest = found.shape[1:] or (1,) * len(inner)
        thresholds = np.broadcast_to(found.reshape(len(found), *rest), (len(found), *inner))
    program = BooleanProgram(circuit, thresholds, shape, n_features, net.sum.tau, dtype)
    return program.simplify() if simplify else program
