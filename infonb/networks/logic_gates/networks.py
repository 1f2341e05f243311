"""Whole networks of gates: dense ones, and convolutional ones of trees."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.networks.image_inputs import check_images
from infonb.networks.logic_gates.convolution import LogicTreeConv2d, OrPool2d
from infonb.networks.logic_gates.dense import LogicDense
from infonb.networks.logic_gates.thermometer import Thermometer
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["GroupSum", "LogicNet", "LogicTreeNet"]


class GroupSum(nn.Module):
    """
    Sum the outputs of each of n_classes groups of gates: the logits of a network of gates.

    Dims in: (sample, n_classes * n); dims out: (sample, n_classes), each in 0 .. n / tau.

    Parameters
    ----------
    n_classes
        Groups, one behind the other.
    tau
        What the sums are divided by: a temperature. It changes the loss, never the class.

    Raises
    ------
    ValueError
        If the groups are not of one size.

    Examples
    --------
    >>> GroupSum(3, tau=2.0)(torch.tensor([[1.0, 1.0, 0.0, 1.0, 0.0, 0.0]]))
    tensor([[1.0000, 0.5000, 0.0000]])
    """

    def __init__(self, n_classes: int, tau: float) -> None:
        super().__init__()
        self.n_classes = check_integer("n_classes", n_classes, 1)
        self.tau = check_number("tau", tau, 0.0)
        if not self.tau:
            raise ValueError(f"tau must be above 0; not {tau!r}.")

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the sums (sample, class), divided by tau."""
        if inputs.ndim != 2:
            raise ValueError(f"inputs have shape {tuple(inputs.shape)}; take (sample, gate).")
        check_groups(inputs.shape[1], self.n_classes)
        return inputs.unflatten(1, (self.n_classes, -1)).sum(dim=2) / self.tau

    def extra_repr(self) -> str:
        """Return classes and temperature."""
        return f"{self.n_classes}, tau={self.tau:g}"


class LogicNet(nn.Module):
    """
    Network of dense layers of logic gates behind a thermometer, read by group sums.

    Dims in: (sample, ...), flattened; dims out: (sample, n_classes), logits.

    Parameters
    ----------
    sizes
        Numbers of a sample, then the gates of each layer: ``[784, 8000, 8000]``. The last must be
        a multiple of ``n_classes``.
    thresholds
        Of the `Thermometer`; None: the inputs are bits already (or probabilities).
    n_classes
        Classes.
    tau
        What the group sums are divided by, see `GroupSum`; about the square root of the gates of a
        group, as a start.
    init, strength
        As in `LogicDense`.
    seed
        Of connections and logits, other ones in each layer.

    Raises
    ------
    ValueError
        If ``sizes`` has no layer of gates, or its last is no multiple of ``n_classes``.

    Notes
    -----
    The modules are ``thermometer``, ``gates1``, ``gates2``, ..., ``sum``. In training mode gates
    are mixtures; in eval mode the network is Boolean, and logits are counts / tau exactly.

    References
    ----------
    Petersen, Borgelt, Kuehne and Deussen, *Deep Differentiable Logic Gate Networks*, NeurIPS 2022.

    Examples
    --------
    >>> model = LogicNet([64, 100, 50], [0.25, 0.5, 0.75], tau=2.0)
    >>> [name for name, _ in model.named_children()]
    ['thermometer', 'gates1', 'gates2', 'sum']
    >>> images = torch.rand(5, 1, 8, 8)
    >>> (model.eval()(images) * 2).unique()[:3] % 1
    tensor([0., 0., 0.])
    """

    def __init__(
        self, sizes: Sequence[int], thresholds: Any, n_classes: int = 10, *, tau: float,
        init: str = "residual", strength: float = 5.0, seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.sizes = [check_integer("sizes", size, 1) for size in sizes]
        if len(self.sizes) < 2:
            raise ValueError(
                f"sizes must have the width of the input and at least one layer of gates; not "
                f"{self.sizes}."
            )
        check_groups(self.sizes[-1], check_integer("n_classes", n_classes, 1))
        width = _add_thermometer(self, thresholds, self.sizes[0])
        _add_gates(self, [width, *self.sizes[1:]], init, strength, seed)
        self.sum = GroupSum(n_classes, tau)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits (sample, class)."""
        if inputs.ndim < 2 or prod(inputs.shape[1:]) != self.sizes[0]:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this network takes (sample, ...) with "
                f"{self.sizes[0]} values per sample (sizes[0])."
            )
        values = inputs.flatten(1)
        for module in self.children():
            values = module(values)
        return values


class LogicTreeNet(nn.Module):
    """
    Convolutional network of logic gates: trees and pools by OR, dense layers, group sums.

    Dims in: (sample, channel, row, column); dims out: (sample, n_classes), logits.

    Parameters
    ----------
    k
        Kernels of the first convolution: 32 is the paper's S, 256 its M.
    image_shape
        (channel, row, column) of the images.
    thresholds
        Of the `Thermometer`; None: the inputs are bits already.
    n_classes
        Classes.
    tau
        What the group sums are divided by, see `GroupSum`; the paper has 20 for S.
    first_kernel
        3: all windows are 3 x 3, padded by 1, with k, 4k, 16k, 32k kernels (the paper's form for
        CIFAR-10). 5: the first is 5 x 5, not padded, with k, 3k, 9k kernels (for MNIST).
    blocks
        How many convolutions, each with a pool of 2 x 2.
    widths
        Gates of the dense layers. None: 1280k, 640k, 320k.
    depth
        Of the trees.
    init, strength, seed
        As in `LogicNet`.

    Raises
    ------
    ValueError
        If the last width is no multiple of ``n_classes``, there are more blocks than the form has,
        or images become too small for a window.

    Notes
    -----
    The modules are ``thermometer``, ``conv1``, ``pool1``, ..., ``gates1``, ..., ``sum``. Trees of
    the first convolution read one channel each, others two. Soft in training mode, Boolean in eval
    mode. With ``k=32, image_shape=(3, 32, 32), blocks=4`` there are 83,552 gates, which are applied
    874,496 times: see `gate_counts`.

    References
    ----------
    Petersen et al., *Convolutional Differentiable Logic Gate Networks*, NeurIPS 2024 (arXiv
    2411.04732), section 4 and appendix. That the first trees read one channel, and that there are
    three thresholds, follows a reimplementation (ligerlac/torchlogix, pull request 38).

    Examples
    --------
    >>> sizes = {"first_kernel": 3, "blocks": 2, "widths": (60, 30)}
    >>> model = LogicTreeNet(4, (1, 8, 8), [0.5], tau=2.0, **sizes)
    >>> [name for name, _ in model.named_children()]
    ['thermometer', 'conv1', 'pool1', 'conv2', 'pool2', 'gates1', 'gates2', 'sum']
    >>> model(torch.rand(5, 1, 8, 8)).shape
    torch.Size([5, 10])
    """

    def __init__(
        self, k: int, image_shape: Sequence[int], thresholds: Any, n_classes: int = 10, *,
        tau: float, first_kernel: int = 5, blocks: int = 3, widths: Sequence[int] | None = None,
        depth: int = 3, init: str = "residual", strength: float = 5.0, seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        check_choice("first_kernel", first_kernel, [3, 5])
        k = check_integer("k", k, 1)
        factors = {3: (1, 4, 16, 32), 5: (1, 3, 9)}[first_kernel]
        blocks = check_integer("blocks", blocks, 1, len(factors))
        self.image_shape = _image_shape(image_shape)
        gates = [1280 * k, 640 * k, 320 * k] if widths is None else list(widths)
        gates = [check_integer("widths", width, 1) for width in gates]
        if not gates:
            raise ValueError("widths must have at least one dense layer; it is empty.")
        check_groups(gates[-1], check_integer("n_classes", n_classes, 1))
        channels, height, width = self.image_shape
        channels = _add_thermometer(self, thresholds, channels)
        for i, factor in enumerate(factors[:blocks], start=1):
            size, padding = (first_kernel, 0) if i == 1 and first_kernel == 5 else (3, 1)
            convolution = LogicTreeConv2d(
                channels, factor * k, kernel_size=size, depth=depth, padding=padding,
                channels_per_tree=1 if i == 1 else 2, init=init, strength=strength,
                seed=seed_of(seed, i),
            )  # fmt: skip
            self.add_module(f"conv{i}", convolution)
            self.add_module(f"pool{i}", OrPool2d())
            channels = factor * k
            height, width = ((n + 2 * padding - size + 1) // 2 for n in (height, width))
            if min(height, width) < 1:
                raise ValueError(
                    f"images of {self.image_shape[1]} x {self.image_shape[2]} are too small for "
                    f"{blocks} block(s): nothing is left after pool{i}. Take "
                    + (f"blocks={i - 1}." if i > 1 else "first_kernel=3, or a LogicNet.")
                )
        _add_gates(self, [channels * height * width, *gates], init, strength, seed)
        self.sum = GroupSum(n_classes, tau)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits (sample, class)."""
        check_images(inputs, self.image_shape[0])
        if tuple(inputs.shape[1:]) != self.image_shape:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this network takes (sample, *"
                f"{self.image_shape}) (image_shape)."
            )
        values = inputs
        for module in self.children():
            if isinstance(module, LogicDense) and values.ndim > 2:
                values = values.flatten(1)
            values = module(values)
        return values


def check_groups(width: int, n_classes: int) -> None:
    """Raise a ValueError unless groups of one size make up the width."""
    if width % n_classes:
        near = max(n_classes, width // n_classes * n_classes)
        raise ValueError(
            f"{width} gates cannot be divided into {n_classes} groups of one size (n_classes); "
            f"take a multiple of {n_classes}, such as {near}."
        )


def seed_of(seed: int, part: int) -> int:
    """Return the seed of one layer of a network: layers draw unlike numbers."""
    words = np.random.SeedSequence((check_integer("seed", seed, 0), part)).generate_state(1)
    return int(words[0])


def _image_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    sizes = [check_integer("image_shape", size, 1) for size in shape]
    if len(sizes) != 3:
        raise ValueError(f"image_shape must be (channel, row, column); not {tuple(shape)}.")
    return sizes[0], sizes[1], sizes[2]


def _add_thermometer(model: nn.Module, thresholds: Any, width: int) -> int:
    """Add the thermometer, if there are thresholds; return the width behind it."""
    if thresholds is None:
        return width
    thermometer = Thermometer(thresholds)
    model.add_module("thermometer", thermometer)
    return width * thermometer.n_thresholds


def _add_gates(
    model: nn.Module, widths: Sequence[int], init: str, strength: float, seed: int
) -> None:
    """Add dense layers of gates; their seeds are none of the convolutions'."""
    for i, (n_in, n_out) in enumerate(pairwise(widths), start=1):
        layer = LogicDense(n_in, n_out, init=init, strength=strength, seed=seed_of(seed, 100 + i))
        model.add_module(f"gates{i}", layer)
