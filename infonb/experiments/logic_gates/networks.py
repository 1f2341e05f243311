"""The networks of the kinds, how they are trained, and the names of their layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.logic_gates.kinds import Kind

if TYPE_CHECKING:
    import torch
    from torch import nn

    from infonb.experiments.logic_gates.parameters import LogicParameters

__all__ = ["N_CLASSES", "layers_of", "make_network", "make_optimizer"]

N_CLASSES = 10


def make_network(chosen: LogicParameters, kind: Kind, images: xr.DataArray, seed: int) -> nn.Module:
    """
    Return an untrained network for these images (sample, channel, row, column).

    With `depth` it is dense, of equal layers, and of as many gates whatever the depth; tau goes
    with the root of the gates for each class, so that logits have the same spread.
    """
    from infonb.networks import LogicNet, LogicTreeNet

    shape = images.shape[1:]
    thresholds = _thresholds(chosen, images)
    options: dict[str, Any] = {
        "tau": chosen.tau, "init": kind.init, "strength": chosen.strength, "seed": seed
    }  # fmt: skip
    if chosen.architecture == "conv" and kind.depth is None:
        return LogicTreeNet(
            chosen.k, shape, thresholds, N_CLASSES, first_kernel=chosen.first_kernel,
            blocks=chosen.blocks, widths=chosen.widths, depth=chosen.tree_depth, **options,
        )  # fmt: skip
    widths = chosen.widths
    if kind.depth is not None:
        width = chosen.depth_gates // kind.depth // N_CLASSES * N_CLASSES
        options["tau"] = chosen.tau * (width / chosen.widths[-1]) ** 0.5
        widths = [width] * kind.depth
    return LogicNet([images[0].size, *widths], thresholds, N_CLASSES, **options)


def _thresholds(chosen: LogicParameters, images: xr.DataArray) -> torch.Tensor:
    from infonb.networks import quantile_thresholds, uniform_thresholds

    n = chosen.thresholds
    if chosen.placed == "evenly":
        return uniform_thresholds(n)
    return quantile_thresholds(images, bits=n.bit_length(), n_thresholds=n)


def layers_of(network: nn.Module) -> list[str]:
    """Return the names of the layers whose outputs are bits, in the order of the network."""
    stems = ("conv", "pool", "gates")
    return [name for name, _ in network.named_children() if name.startswith(stems)]


def make_optimizer(learning_rate: float, weight_decay: float) -> Any:
    """Return how to make AdamW; with no decay it is Adam."""

    def make(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay)

    return make
