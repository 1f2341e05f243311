"""What a network of known kind leaves behind: its activations, and what it has learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["measured"]


def measured(
    model: nn.Module, unseen: xr.Dataset, shown: xr.Dataset, train: xr.Dataset, layers: list[str]
) -> xr.Dataset:
    """
    Return the activations on what is shown, layers numbered in depth order, and three accuracies.

    ``train_accuracy`` on its own labels; ``accuracy`` on true labels of unseen samples, in which
    the shortcut says nothing; and ``followed``, the share of these on which it answers what the
    shortcut says.
    """
    from infonb.activations import record
    from infonb.training import accuracy, predict

    inputs = shown[["input"]].reset_coords(drop=True)
    recorded = record(model, inputs, layers=layers, progress=False)
    # networks of different depth and kind stand side by side
    run = recorded[["activation"]].reset_coords(drop=True)
    run = run.assign_coords(layer=np.arange(1, len(layers) + 1))
    answers, hint = predict(model, unseen).argmax(axis=1), unseen.hint.values
    return run.assign(
        train_accuracy=accuracy(model, train),
        accuracy=float(np.mean(answers == unseen.label.values)),
        followed=float(np.mean(answers[hint >= 0] == hint[hint >= 0])),
    )
