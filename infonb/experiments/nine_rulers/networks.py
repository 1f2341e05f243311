"""How the networks are made and trained, each kind in its own way, and which layers they have."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    import torch
    from torch import nn

    from infonb.experiments.nine_rulers.parameters import PlantedParameters

__all__ = ["built", "fitting_of", "hidden_layers", "new_network", "probabilities", "untrained"]

#: A network of logic gates sees a pixel as bits: whether it is above these parts of the range.
_THRESHOLDS = np.array([0.25, 0.5, 0.75])


def new_network(chosen: PlantedParameters, kind: str, train: xr.Dataset, seed: int) -> nn.Module:
    """Return the network of a kind as it is before training; one that is constructed is ready."""
    from infonb.networks import MLP, LogicNet

    n_classes, n_inputs = int(train.attrs["n_classes"]), train["input"][0].size
    if kind == "constructed":
        return built(train, n_classes, seed)
    if kind == "logic gates":
        low, high = float(train["input"].min()), float(train["input"].max())
        thresholds = (low + (high - low) * _THRESHOLDS).tolist()
        return LogicNet([n_inputs, *chosen.gates], thresholds, n_classes, tau=1.0, seed=seed)
    return MLP([n_inputs, chosen.width, chosen.width, n_classes], seed=seed)


def fitting_of(chosen: PlantedParameters, kind: str, n: int, n_classes: int) -> dict[str, Any]:
    """Return what `infonb.fit` is told to train a network of a kind on `n` samples."""
    options: dict[str, Any] = {
        "epochs": chosen.epochs, "batch_size": chosen.batch_size, "save_every": chosen.epochs,
        "learning_rate": chosen.learning_rate, "loss": "cross_entropy", "monitor": None,
        "keep": "last",
    }  # fmt: skip
    if kind == "regularized":
        from infonb.training import ELRLoss

        options["loss"] = ELRLoss(n, n_classes, chosen.weight)
    if kind == "logic gates":
        options["optimizer"] = _gates_optimizer
    return options


def _gates_optimizer(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """Return AdamW with the large steps that gates need."""
    import torch

    return torch.optim.AdamW(parameters, lr=0.2, weight_decay=0.002)


def built(train: xr.Dataset, n_classes: int, seed: int) -> nn.Module:
    """Return the network whose weights are computed so that it knows these samples by heart."""
    from infonb.networks import memorizing_classifier

    with warnings.catch_warnings():
        # where points lie near each other on its line rounding is seen, and in its scores as well
        warnings.simplefilter("ignore", UserWarning)
        return memorizing_classifier(
            train["input"].values, train["label"].values, n_classes=n_classes, seed=seed
        )


def untrained(
    chosen: PlantedParameters, kind: str, model: nn.Module, train: xr.Dataset, seed: int
) -> nn.Module:
    """Return the same network with weights that are drawn: the null."""
    if kind == "constructed":
        from infonb.networks import untrained as drawn_anew

        plain = copy.copy(model)
        return drawn_anew(plain, seed=seed)
    return new_network(chosen, kind, train, seed + 1_000_003)


def hidden_layers(model: nn.Module) -> list[str]:
    """Return the modules of the hidden layers, behind their nonlinearity, in depth order."""
    stems = ("relu", "gates", "hidden")
    return [name for name, _ in model.named_children() if name.startswith(stems)]


def probabilities(model: nn.Module, images: xr.Dataset) -> np.ndarray:
    """
    Return the probability of each class, (sample, class).

    What is constructed says 1 at a class and 0 elsewhere, no logits: shares of what it says.
    """
    from scipy.special import softmax

    from infonb.training import predict

    said = predict(model, images).astype(float)
    if not hasattr(model, "construction"):
        return np.asarray(softmax(said, axis=1))
    shares = np.clip(said, 0.0, 1.0)
    total = shares.sum(axis=1, keepdims=True)
    even = np.full_like(shares, 1 / shares.shape[1])
    return np.where(total > 1e-6, shares / np.maximum(total, 1e-6), even)
