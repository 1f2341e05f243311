"""The memorizers of the experiment, each built of the images of a pair (or trained: mlp)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["KINDS", "LAYERS", "Memorizer", "build", "flat"]

#: Kind → what it is, in words.
KINDS = {
    "cells": "cells around all points (for M1)",
    "projected": "nearest neighbour in a projection",
    "relu": "two ReLU layers of 2√N units (for M2)",
    "bits": "bit extraction (for M3)",
    "mlp": "a trained network",
}

#: Kind → what the page calls its layers → module.
_LAYERS = {
    "cells": {"cells": "cells"},
    "projected": {"projected cells": "memorizer.cells"},
    "relu": {"relu 1": "hidden1", "relu 2": "hidden2"},
    "mlp": {"mlp": "net.relu1"},
}
LAYERS = [name for layers in _LAYERS.values() for name in layers]


class Memorizer:
    """A memorizer of two classes, whatever its kind: `decide`, its size, its layers by name."""

    def __init__(self, kind: str, net: Any, *, n_points: int, n_parameters: int) -> None:
        self.kind, self.net = kind, net
        self.n_points, self.n_parameters = n_points, n_parameters

    def decide(self, images: np.ndarray) -> np.ndarray:
        """Return the class, -1 or 1 (0: a tie), of images (sample, feature) in grey levels."""
        if hasattr(self.net, "decide"):
            return np.asarray(self.net.decide(images))
        import torch

        with torch.no_grad():
            parts = torch.split(torch.from_numpy(images), 1024)
            return np.concatenate([self.net(part)[:, 0].sign().numpy() for part in parts])

    @property
    def layers(self) -> dict[str, str]:
        """The layers that are measured: what the page calls them → module."""
        return _LAYERS.get(self.kind, {})


def build(
    kind: str, train: xr.Dataset, labels: np.ndarray, *, seed: int, sharpness: float, rank: int,
    n_relu: int, mlp: dict[str, Any],
) -> Memorizer:  # fmt: skip
    """Return a memorizer of the images, with labels -1 and 1 that may be others than theirs."""
    from infonb import networks

    images = flat(train)
    if kind == "relu" and n_relu:
        images, labels = images[:n_relu], labels[:n_relu]
    n = len(images)
    if kind == "cells":
        net = networks.cell_memorizer(images, labels)
        if sharpness > 1:
            net = networks.cell_memorizer(images, labels, sharpness=sharpness * net.least_sharpness)
        return Memorizer(kind, net, n_points=n, n_parameters=net.n_parameters)
    if kind == "projected":
        near = networks.projected_memorizer(images, labels, rank=rank, seed=seed)
        return Memorizer(kind, near, n_points=n, n_parameters=near.n_parameters)
    if kind == "bits":
        bits = networks.bit_memorizer(images, labels, seed=seed)
        return Memorizer(kind, bits, n_points=n, n_parameters=bits.n_parameters)
    if kind == "relu":
        module: nn.Module = networks.relu_memorizer(images, labels.astype(float), seed=seed)
    else:
        module = _trained(images / train.attrs["grey"], labels, seed=seed, **mlp)
        module = _grey_levels(module, train.attrs["grey"])
    size = sum(one.numel() for one in module.parameters())
    return Memorizer(kind, module.eval(), n_points=n, n_parameters=size)


def flat(images: xr.Dataset) -> np.ndarray:
    """Return grey levels (sample, feature) in float64."""
    return images["input"].values.reshape(images.sizes["sample"], -1).astype(np.float64)


def _trained(
    inputs: np.ndarray, labels: np.ndarray, *, width: int, epochs: int, learning_rate: float,
    seed: int,
) -> nn.Module:  # fmt: skip
    """Return a network with one hidden layer, trained until it knows all labels."""
    from infonb.networks import MLP
    from infonb.training import fit

    network = MLP([inputs.shape[1], width, 1], seed=seed)
    fit(
        network, (inputs.astype(np.float32), (labels > 0).astype(np.int64)), epochs=epochs,
        learning_rate=learning_rate, batch_size=256, stop_at=1.0,
        monitor=None, keep="last", seed=seed, progress=False,
    )  # fmt: skip
    return network


def _grey_levels(network: nn.Module, grey: float) -> nn.Module:
    """Return the network as one of images in whole grey levels."""
    from torch import nn

    class OfGreyLevels(nn.Module):
        """A network of intensities in 0 .. 1, given grey levels."""

        def __init__(self) -> None:
            super().__init__()
            self.net = network

        def forward(self, inputs: Any) -> Any:
            """Return the logits."""
            return self.net(inputs / grey)

    return OfGreyLevels()
