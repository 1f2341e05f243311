"""The same network made of the layers of the package torchlogix, which compiles circuits to C."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import torch
from torch import nn

from infonb.networks.logic_gates.convolution import LogicTreeConv2d, OrPool2d
from infonb.networks.logic_gates.dense import LogicDense
from infonb.networks.logic_gates.networks import GroupSum, LogicNet, LogicTreeNet
from infonb.networks.logic_gates.thermometer import Thermometer
from infonb.networks.state import random_state

__all__ = ["to_torchlogix"]


def to_torchlogix(net: LogicNet | LogicTreeNet) -> nn.Sequential:
    """
    Return a copy of a network of logic gates in layers of the package torchlogix.

    Dims in and out: those of the network; a LogicNet's copy takes (sample, feature).

    Parameters
    ----------
    net
        A `LogicNet` or a `LogicTreeNet`.

    Returns
    -------
    torch.nn.Sequential
        On the CPU, in the same mode. Gates, connections, thresholds and temperature are the same,
        so that outputs are, too: to rounding in training mode, exactly in eval mode.

    Raises
    ------
    ImportError
        If torchlogix is not installed, or does not run on this Python.
    ValueError
        If a layer leaves inputs unread, which torchlogix does not allow.

    Notes
    -----
    Both number the sixteen gates alike. torchlogix 0.2 says that it runs on Python 3.10, but its
    text needs 3.12. It is distributed under the MIT license.

    References
    ----------
    https://github.com/ligerlac/torchlogix (L. Gerlach and others).

    Examples
    --------
    >>> from infonb.networks import LogicNet
    >>> net = LogicNet([4, 20], [0.5], n_classes=2, tau=1.0)
    >>> to_torchlogix(net)(torch.rand(3, 4)).shape  # doctest: +SKIP
    torch.Size([3, 2])
    """
    if not isinstance(net, LogicNet | LogicTreeNet):
        raise TypeError(f"take a LogicNet or a LogicTreeNet; not {type(net).__name__}.")
    layers = _torchlogix_layers()
    shape: tuple[int, ...] = net.image_shape[1:] if isinstance(net, LogicTreeNet) else ()
    made: list[nn.Module] = []
    with random_state(torch.device("cpu")):  # its layers draw connections of their own first
        for module in net.children():
            if isinstance(module, Thermometer):
                thresholds = module.thresholds.detach().cpu().movedim(0, -1).clone()
                made.append(layers.FixedBinarization(thresholds, feature_dim=1))
            elif isinstance(module, LogicTreeConv2d):
                made.append(_convolution(module, shape, layers))
                shape = tuple(n + 2 * module.padding - module.kernel_size + 1 for n in shape)
            elif isinstance(module, OrPool2d):
                size = module.kernel_size
                made.append(layers.OrPooling2d(kernel_size=size, stride=size, padding=0))
                shape = tuple(n // size for n in shape)
            elif isinstance(module, LogicDense):
                made += [nn.Flatten()] if shape else []
                made.append(_dense(module, layers))
                shape = ()
            elif isinstance(module, GroupSum):
                made.append(layers.GroupSum(k=module.n_classes, tau=module.tau))
    return nn.Sequential(*made).train(net.training)


def _torchlogix_layers() -> Any:
    try:
        return import_module("torchlogix.layers")
    except SyntaxError as error:
        raise ImportError(
            "the installed torchlogix does not run on this Python; its version 0.2 needs Python "
            "3.12. boolean_program needs neither."
        ) from error
    except ImportError as error:
        raise ImportError(
            "torchlogix is not installed; pip install torchlogix (with Python 3.12). "
            "boolean_program needs neither."
        ) from error


@torch.no_grad()
def _dense(layer: LogicDense, layers: Any) -> Any:
    """Return a layer of its own with the same gates and connections."""
    if 2 * layer.out_features < layer.in_features:
        raise ValueError(
            f"{layer.out_features} gates cannot read all {layer.in_features} inputs, which "
            f"torchlogix wants; take at least {-(-layer.in_features // 2)} gates."
        )
    made = layers.LogicDense(layer.in_features, layer.out_features)
    made.weight.copy_(layer.logits)
    made.connections.indices.copy_(layer.connections)
    return made


@torch.no_grad()
def _convolution(layer: LogicTreeConv2d, shape: tuple[int, ...], layers: Any) -> Any:
    """Return a convolution of its own for images of a shape (row, column)."""
    made = layers.LogicConv2d(
        in_dim=shape, channels=layer.in_channels, num_kernels=layer.out_channels,
        tree_depth=layer.depth, receptive_field_size=layer.kernel_size, padding=layer.padding,
    )  # fmt: skip
    height, width = (n + 2 * layer.padding - layer.kernel_size + 1 for n in shape)
    start = torch.cartesian_prod(torch.arange(height), torch.arange(width))
    # (leaf of a pair, kernel, place, pair)
    pairs = layer.connections.cpu().unflatten(1, (-1, 2)).permute(2, 0, 1, 3)[:, :, None]
    channel, row, column = pairs.unbind(-1)
    row, column = row + start[:, :1], column + start[:, 1:]
    wanted = torch.stack([row, column, channel.expand_as(row)], dim=-1)
    made.connections.indices[0].copy_(wanted)
    first = 0
    for weights in made.tree_weights:
        weights.copy_(layer.logits[:, first : first + len(weights)].transpose(0, 1))
        first += len(weights)
    return made
