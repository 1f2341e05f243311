"""How the networks that see objects in contexts are trained, and on how many of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.contexts.measures import sum_by_pair

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["train"]


def train(
    examples: xr.Dataset, evaluation: xr.Dataset, *, width: int, stem: str, device: str,
    optimizer: str, learning_rate: float, **options: Any,
) -> tuple[nn.Module, xr.Dataset]:  # fmt: skip
    """
    Train one ResNet-18; return it and its history. Other options are those of `infonb.fit`.

    The history also has ``n_training`` (object_name, context_name): how many training examples
    there were of each pair.
    """
    from infonb.networks.resnet import ResNet18
    from infonb.training import fit
    from infonb.training.device import choose_device
    from infonb.training.threads import torch_threads

    n_classes = 1 + int(max(examples.label.max(), evaluation.label.max()))
    model = ResNet18(
        examples.sizes["channel"], n_classes, width=width, stem=stem, seed=options["seed"]
    ).to(choose_device(device))
    # in narrow networks several threads only wait for each other
    with torch_threads(1 if width < 32 else None):
        history = fit(
            model, examples, evaluation, learning_rate=learning_rate, keep="last", save_every=5,
            optimizer="adam" if optimizer == "adam" else _rmsprop(learning_rate), **options,
        )  # fmt: skip
    counts = sum_by_pair(np.ones(examples.sizes["sample"]), examples)
    return model, history.assign(n_training=counts.astype(int))


def _rmsprop(learning_rate: float) -> Any:
    def make(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(parameters, lr=learning_rate)

    return make
