"""Training until all labels are memorized, and networks that are built to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["HIDDEN", "built", "first_network", "memorize"]

#: The hidden layers, in every network: units after their nonlinearity.
HIDDEN = ("hidden1", "hidden2")


def built(train: xr.Dataset, kind: str, seed: int) -> nn.Module:
    """Return the network that is built to give each sample its code."""
    from infonb.networks import relu_memorizer

    activation = {"hard tanh": "hardtanh", "relu": "relu"}[kind]
    return relu_memorizer(train["input"], train["code"], activation=activation, seed=seed)


def first_network(n_inputs: int, n_points: int, seed: int) -> nn.Module:
    """Return a network of the widths that a built one has, with random weights."""
    from torch import nn

    from infonb.networks import plan_sizes
    from infonb.networks.layers import generator_of, linear

    sizes, generator = plan_sizes(n_points), generator_of(seed, 60)
    network, before = nn.Sequential(nn.Flatten()), n_inputs
    for name, width in zip(HIDDEN, (sizes.d1, sizes.d2), strict=True):
        layer = nn.Sequential(linear(before, width, generator), nn.ReLU())
        network.add_module(name, layer)
        before = width
    network.add_module("out", linear(before, 1, generator))
    return network


def memorize(
    network: nn.Module, train: xr.Dataset, *, epochs: int, learning_rate: float, batch_size: int,
    seed: int,
) -> xr.Dataset:  # fmt: skip
    """Train by Adam on the squared error of the codes until each is nearest to its own class."""
    import torch

    from infonb.networks.layers import generator_of

    x = torch.as_tensor(train["input"].values).float()
    y = torch.as_tensor(train["code"].values).float()[:, None]
    optimizer = torch.optim.Adam(network.parameters(), learning_rate)
    generator, losses = generator_of(seed, 61), []
    for _ in range(epochs):
        order, total = torch.randperm(len(x), generator=generator), 0.0
        for at in order.split(batch_size):
            optimizer.zero_grad()
            loss = (network(x[at]) - y[at]).square().mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(at)
        losses.append(total / len(x))
        with torch.no_grad():
            far = (network(x) - y).abs().max().item()
        if far < 1 / 9:  # half of the distance between two codes
            break
    return xr.Dataset({"loss": ("epoch", np.array(losses))}, {"epoch": np.arange(len(losses)) + 1})
