"""One training on all samples, with what each sample went through on the way."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.experiments.nine_rulers.networks import fitting_of, new_network

if TYPE_CHECKING:
    from torch import nn

    from infonb.experiments.nine_rulers.parameters import PlantedParameters

__all__ = ["Trained", "construct", "train"]

_FILE = "course.npz"
_NAMES = ("loss", "margin", "probability", "prediction")


class Trained(NamedTuple):
    """A network, what each sample went through (epoch, sample) or None, and seconds of CPU."""

    network: nn.Module
    dynamics: xr.Dataset | None
    seconds: float


def train(
    chosen: PlantedParameters, kind: str, seed: int, data: dict[str, xr.Dataset],
    folder: Path | None,
) -> tuple[Trained, xr.Dataset]:  # fmt: skip
    """
    Train a network on the part ``train``, following all ``samples``; return it and its history.

    It is kept when it has ended, and begins anew if it was interrupted: to write down each epoch
    takes longer than to make it.
    """
    from infonb.training import Dynamics, fit
    from infonb.training.threads import torch_threads

    train, kept = data["train"], None if folder is None else folder / _FILE
    network = new_network(chosen, kind, train, seed)
    options = fitting_of(chosen, kind, train.sizes["sample"], int(train.attrs["n_classes"]))
    has_ended = kept is not None and kept.exists()
    dynamics = Dynamics(data["samples"])
    start = time.process_time()
    with torch_threads(1):  # in networks this small several threads wait for each other
        history = fit(
            network, train, seed=seed, checkpoint=folder, resume=has_ended, progress=False,
            callbacks=[] if has_ended else [dynamics], **options,
        )  # fmt: skip
    seconds = time.process_time() - start
    if has_ended and kept is not None:
        return _read(network, kept, data["samples"]), history
    found = dynamics.results
    if kept is not None:
        values = {name: found[name].values for name in _NAMES}
        with kept.open("wb") as file:
            np.savez(file, seconds=seconds, **values)  # type: ignore[arg-type]
    return Trained(network, found[list(_NAMES)], seconds), history


def construct(
    chosen: PlantedParameters, kind: str, seed: int, data: dict[str, xr.Dataset]
) -> tuple[Trained, xr.Dataset]:
    """Return a network that is built, without any course; its history has one empty epoch."""
    start = time.process_time()
    network = new_network(chosen, kind, data["train"], seed)
    # runs are stacked, and all of them have curves
    nothing = xr.Dataset({"train_loss": ("epoch", [np.nan])}, {"epoch": [1]})
    return Trained(network, None, time.process_time() - start), nothing


def _read(network: nn.Module, kept: Path, samples: xr.Dataset) -> Trained:
    with np.load(kept, allow_pickle=False) as file:
        values: dict[str, Any] = {name: (("epoch", "sample"), file[name]) for name in _NAMES}
        seconds = float(file["seconds"])
    epochs = np.arange(1, len(values["loss"][1]) + 1)
    coords: dict[str, Any] = {"epoch": epochs, "sample": samples["sample"].values}
    coords["label"] = ("sample", samples["label"].values)
    return Trained(network, xr.Dataset(values, coords), seconds)
