"""How the networks are trained, and what is kept on the way: its course, weights of some epochs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.experiments.early_learning.suspicions import along_the_course
from infonb.memorization import outcome_fractions
from infonb.networks.checkpoint import replace_whole

if TYPE_CHECKING:
    import torch
    from torch import nn

    from infonb.training import ELRLoss

__all__ = ["Trained", "make_network", "make_optimizer", "train"]

_COURSE = "course.npz"


class Trained(NamedTuple):
    """A network after some epochs, the last among them, its table, and readings of its course."""

    networks: dict[int, nn.Module]
    target: np.ndarray  # (image, class)
    course: np.ndarray  # (reading, image)


class Snapshots:
    """Keeps the weights after some epochs, in a folder if there is one: a callback of `fit`."""

    def __init__(self, epochs: list[int], folder: Path | None) -> None:
        self.epochs, self.folder = epochs, folder
        self.weights: dict[int, dict[str, torch.Tensor]] = {}

    def start(self, model: nn.Module, epoch: int) -> None:
        """Keep what a training that was killed between checkpoint and callback has reached."""
        if epoch in self.epochs and not (self.folder and self._place(epoch).exists()):
            self.step(model, epoch)

    def step(self, model: nn.Module, epoch: int) -> None:
        """Keep the weights, if it is time."""
        if epoch not in self.epochs:
            return
        if self.folder is None:
            self.weights[epoch] = {name: w.clone() for name, w in model.state_dict().items()}
        else:
            from infonb.networks import save_weights

            self.folder.mkdir(parents=True, exist_ok=True)
            save_weights(model, self._place(epoch))

    def put_back(self, model: nn.Module, epoch: int) -> nn.Module:
        """Return a network with the weights that it had after an epoch."""
        if self.folder is None:
            model.load_state_dict(self.weights[epoch])
            return model
        from infonb.networks import load_weights

        return load_weights(model, self._place(epoch))

    def _place(self, epoch: int) -> Path:
        assert self.folder is not None
        return self.folder / f"epoch-{epoch}.safetensors"


def train(
    examples: xr.Dataset, evaluation: xr.Dataset, loss: ELRLoss, *, network: str, width: int,
    checkpoints: list[int], folder: Path | None, is_long: bool, **options: Any,
) -> tuple[Trained, xr.Dataset]:  # fmt: skip
    """
    Train one network; return it as it was after some epochs, and its history.

    The history also has ``fraction`` (epoch, group, outcome): what it says of the training images.
    Other options are those of `infonb.fit`. A training that is not long is kept when it has ended,
    and begins anew if it was killed: to write each epoch takes longer than to make it.
    """
    from infonb.training import Dynamics, fit
    from infonb.training.threads import torch_threads

    kept = None if folder is None else folder / _COURSE
    dynamics = Dynamics(examples, folder=folder / "dynamics" if folder and is_long else None)
    snapshots = Snapshots(checkpoints, folder)
    model = make_network(network, examples, width, seed=options["seed"]).to(options.pop("device"))
    has_ended = kept is not None and kept.exists()
    callbacks = [snapshots] if has_ended else [snapshots, dynamics]
    with torch_threads(1):  # in networks this small several threads only wait for each other
        history = fit(
            model, examples, evaluation, loss=loss, monitor=None, keep="last", checkpoint=folder,
            resume=has_ended or is_long, save_every=10, callbacks=callbacks, **options,
        )  # fmt: skip
    fraction, course = _course(kept, dynamics, has_ended)
    networks = {
        epoch: snapshots.put_back(make_network(network, examples, width, seed=0), epoch)
        for epoch in checkpoints
    }
    trained = Trained(networks, loss.target.cpu().numpy(), course)
    return trained, history.assign(fraction=fraction)


def _course(kept: Path | None, dynamics: Any, has_ended: bool) -> tuple[xr.DataArray, np.ndarray]:
    """Return what became of the training images after each epoch, and readings of each."""
    if has_ended and kept is not None:
        with np.load(kept, allow_pickle=False) as there:
            values, readings = there["fraction"], there["readings"]
    else:
        recorded = dynamics.results
        values = outcome_fractions(recorded.prediction).values
        readings = along_the_course(recorded)
        if kept is not None:  # whole or not at all: it says that the training has ended
            replace_whole(kept, lambda path: _save(path, fraction=values, readings=readings))
    coords = {
        "epoch": np.arange(1, len(values) + 1),
        "group": np.array(["clean", "wrong"], object),
        "outcome": np.array(["true", "noisy", "other"], object),
    }
    dims = ("epoch", "group", "outcome")
    return xr.DataArray(values, coords, dims, attrs={"units": "1"}), readings


def _save(path: Path, **arrays: np.ndarray) -> None:
    with open(path, "wb") as file:  # numpy would change the name
        np.savez(file, allow_pickle=False, **arrays)


def make_network(network: str, examples: xr.Dataset, width: int, *, seed: int) -> nn.Module:
    """Return an untrained network for these images: two hidden layers, or three convolutions."""
    from infonb.networks import CNN, MLP

    if network == "cnn":
        channels = (max(1, width // 8), max(1, width // 4), width // 2)
        return CNN(examples.sizes["channel"], 10, channels, seed=seed)
    return MLP([examples.input[0].size, width, width, 10], seed=seed)


def make_optimizer(learning_rate: float) -> Any:
    """Return how to make SGD with the momentum of the paper."""

    def make(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(parameters, lr=learning_rate, momentum=0.9)

    return make
