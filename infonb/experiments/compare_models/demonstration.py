"""Four small networks of a known kind, trained here, for when no models are given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DEMONSTRATION", "LAYERS", "REFERENCE", "evaluation_examples", "train_demonstration"]

#: Name → what sets it apart, in words.
DEMONSTRATION = {
    "clean": "trained on true labels, with colours that mean nothing",
    "twin": "the same with other first weights and another order of the examples",
    "shortcut": "trained on digits whose colour gives the label away",
    "memorized": "trained on labels that were drawn at random",
}
REFERENCE, LAYERS = "clean", ["fc1", "fc2", "fc3"]

_WIDTHS, _EPOCHS, _N_EVALUATION = [64, 64, 64], 60, 500


def evaluation_examples(seed: int) -> xr.Dataset:
    """Return the examples that all four are measured on: colours mean nothing there."""
    return _examples("clean", seed)[1]


def train_demonstration(
    name: str, seed: int, checkpoint: Path | None, progress: bool | str
) -> tuple[nn.Module, xr.Dataset]:
    """Train one of the four; return it and its history."""
    from infonb.networks.mlp import MLP
    from infonb.training import fit
    from infonb.training.threads import torch_threads

    train, evaluation = _examples(name, seed)
    own = seed + (name == "twin")  # the others begin alike
    model = MLP([train["input"][0].size, *_WIDTHS, 1], seed=own)
    with torch_threads(1):  # several only wait for each other
        history = fit(
            model, train, evaluation, epochs=_EPOCHS, batch_size=128, learning_rate=2e-3,
            keep="last", seed=own, checkpoint=checkpoint, save_every=_EPOCHS, progress=progress,
        )  # fmt: skip
    return model, history


def _examples(name: str, seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """Return training and evaluation examples of one of the four: digits below 5 or not."""
    from infonb.data.coloring import colored
    from infonb.data.digits import load_digits
    from infonb.data.labels import random_streams, shuffled
    from infonb.data.splits import split

    train, evaluation = split(load_digits(), _N_EVALUATION, seed=seed)
    colours, others, labels = random_streams(seed, 3)
    options: dict[str, Any] = {"label_noise": 0.0}
    train = colored(train, 0.0 if name == "shortcut" else 0.5, seed=colours, **options)
    if name == "memorized":
        train = shuffled(train.drop_vars("true_label"), 1.0, n_classes=2, seed=labels)
    return train, colored(evaluation, 0.5, seed=others, **options)
