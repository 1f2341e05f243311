"""A fully connected encoder with batch normalisation and named layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from torch import nn

from infonb.networks.layers import linear
from infonb.validate import check_integer

__all__ = ["MLPEncoder"]


class MLPEncoder(nn.Module):
    """
    Fully connected encoder: each layer is linear, batch normalisation and ReLU.

    Dims in: (sample, ...), flattened; dims out: (sample, ``sizes[-1]``), features of at least 0.

    Parameters
    ----------
    sizes
        Widths from the input to the features.
    seed
        Seed of the initial weights; the global random state is not touched.

    Notes
    -----
    The layers are the modules ``layer1``, ``layer2``, ...; what they give is recorded after the
    ReLU. ``n_features`` is the width of the last one. Weights and biases start uniform on
    ±1/√inputs, batch normalisation with 1 and 0. Inputs are cast to the dtype of the weights.

    Examples
    --------
    >>> model = MLPEncoder((64, 256, 256, 256, 256))
    >>> [name for name, _ in model.named_children()]
    ['layer1', 'layer2', 'layer3', 'layer4']
    >>> model(torch.zeros(5, 1, 8, 8)).shape
    torch.Size([5, 256])
    """

    def __init__(self, sizes: Sequence[int] = (64, 256, 256, 256, 256), *, seed: int = 0) -> None:
        super().__init__()
        self.sizes = [check_integer("sizes", size, 1) for size in sizes]
        if len(self.sizes) < 2:
            raise ValueError(
                f"sizes must have at least the widths of input and features; not {list(sizes)}."
            )
        self.n_features = self.sizes[-1]
        generator = torch.Generator().manual_seed(check_integer("seed", seed, 0))
        for i, (n_in, n_out) in enumerate(pairwise(self.sizes), start=1):
            layer = nn.Sequential()
            layer.add_module("linear", linear(n_in, n_out, generator))
            layer.add_module("bn", nn.BatchNorm1d(n_out))
            layer.add_module("relu", nn.ReLU())
            self.add_module(f"layer{i}", layer)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the features (sample, feature) of inputs (sample, ...)."""
        if inputs.ndim < 2 or prod(inputs.shape[1:]) != self.sizes[0]:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this encoder takes (sample, ...) with "
                f"{self.sizes[0]} values per sample (sizes[0])."
            )
        values = inputs.flatten(1).to(next(self.parameters()).dtype)
        for layer in self.children():
            values = layer(values)
        return values
