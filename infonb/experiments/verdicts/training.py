"""How the networks of known kind are trained: every kind of a setting alike, but for the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.verdicts.networks import make_network

if TYPE_CHECKING:
    from torch import nn

__all__ = ["EPOCHS", "train"]

#: Passes over the training examples, enough to learn random labels by heart, and the rate of Adam.
EPOCHS: dict[str, tuple[int, float]] = {
    "circles": (600, 1e-2),
    "colored_digits": (50, 3e-3),
    "marked_digits": (80, 4e-3),
    "scenes": (120, 3e-3),
    "colored_mnist": (30, 2e-3),
    "marked_mnist": (40, 2e-3),
    "waterbirds": (40, 3e-3),
}

#: A residual network, which normalises its batches, learns as much in this part of the epochs.
_SOONER = 4

#: A network that is stopped early trains for this part of them.
_EARLY = 6


def train(
    examples: xr.Dataset, *, dataset: str, network: str, n_classes: int, early: bool, epochs: int,
    **options: Any,
) -> nn.Module:  # fmt: skip
    """Train one network; return it. Other options are those of `infonb.fit`."""
    from infonb.training import fit
    from infonb.training.threads import torch_threads

    usual, rate = EPOCHS[dataset]
    part = (_SOONER if network.startswith("resnet") else 1) * (_EARLY if early else 1)
    epochs = max(1, (epochs or usual) // part)
    shape = tuple(examples["input"].shape[1:])
    model = make_network(network, shape, n_classes, seed=options["seed"])
    with torch_threads(1):  # in networks this small several threads only wait for each other
        fit(
            model, examples, learning_rate=rate, monitor=None, keep="last", batch_size=50,
            epochs=epochs, save_every=100, **options,
        )  # fmt: skip
    return model
