"""The architectures of the verdicts by name, and the layers of each that are measured."""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING

from infonb.parameters import ParameterError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["check_network", "layers_of", "make_network"]

_MLP = re.compile(r"mlp([1-9]\d*)x([1-9]\d*)")
_IMAGES = re.compile(r"(cnn|resnet)([1-9]\d*)")

#: Convolutions of a ``cnn``; each has twice as many channels as the one before.
_DEPTH = 3


def check_network(name: str) -> None:
    """Raise a ParameterError unless there is such an architecture."""
    if not _MLP.fullmatch(name) and not _IMAGES.fullmatch(name):
        raise ParameterError(
            "a network must be mlp<depth>x<width>, cnn<channels> or resnet<channels>, such as "
            f"mlp3x64, cnn8 or resnet8; not {name!r}."
        )


def make_network(name: str, shape: tuple[int, ...], n_classes: int, *, seed: int) -> nn.Module:
    """Return a network for inputs of a shape (without samples)."""
    from infonb.networks import CNN, MLP, ResNet18

    if found := _IMAGES.fullmatch(name):
        width = int(found[2])
        if found[1] == "cnn":
            channels = [width * 2**i for i in range(_DEPTH)]
            return CNN(shape[0], n_classes, channels, seed=seed)
        return ResNet18(shape[0], n_classes, width=width, stem="small", seed=seed)
    depth, width = _sizes(name)
    return MLP([prod(shape), *[width] * depth, n_classes], seed=seed)


def layers_of(name: str) -> list[str]:
    """Return what is recorded: linear layers and convolutions before the ReLU, whole stages."""
    if name.startswith("cnn"):
        return [f"conv{i}" for i in range(1, _DEPTH + 1)]
    if name.startswith("resnet"):
        return [f"stage{i}" for i in range(1, 5)]
    return [f"fc{i}" for i in range(1, _sizes(name)[0] + 1)]


def _sizes(name: str) -> tuple[int, int]:
    """Return depth and width of an MLP."""
    found = _MLP.fullmatch(name)
    assert found is not None
    return int(found[1]), int(found[2])
