"""One training, of which the network is kept at several epochs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Kept", "Missing", "make_network", "train"]


class Missing(ValueError):
    """A network of an epoch that the training has passed is not there, or is damaged."""


class Kept:
    """Networks as they were after some epochs, for `fit`; on disk too, where there is a folder."""

    def __init__(self, at: Sequence[int], folder: Path | None) -> None:
        self._at, self._folder = list(at), folder
        self.models: dict[int, nn.Module] = {}

    def start(self, model: nn.Module, epoch: int) -> None:
        """Read what a training that was interrupted has kept."""
        from infonb.networks import load_weights

        for at in (one for one in self._at if one <= epoch):
            try:
                self.models[at] = load_weights(copy.deepcopy(model), self._place(at))
            except (OSError, ValueError) as error:
                if at < epoch:
                    raise Missing(f"the network of epoch {at} is not there.") from error
                self.step(model, at)  # interrupted between the checkpoint and this

    def step(self, model: nn.Module, epoch: int) -> None:
        """Keep a copy of the network, if it is one of the epochs."""
        from infonb.networks import save_weights

        if epoch in self._at:
            self.models[epoch] = copy.deepcopy(model).eval()
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)  # before the first checkpoint
                save_weights(model, self._place(epoch))

    def _place(self, epoch: int) -> Path:
        if self._folder is None:
            raise FileNotFoundError("there is no folder.")
        return self._folder / f"network-{epoch:06}.safetensors"


def make_network(
    kind: str, side: int, *, hidden: Sequence[int], n_latent: int, seed: int
) -> nn.Module:
    """Return an untrained network for square images of 0 and 1."""
    from infonb.networks import MLPVAE, ConvVAE

    if kind == "mlp":
        return MLPVAE((side**2, *hidden), n_latent, seed=seed)
    return ConvVAE(1, side, hidden[0], len(hidden), n_latent, seed=seed)


def train(
    make: Callable[[], nn.Module], images: xr.Dataset, *, checkpoints: Sequence[int],
    binarize: str, checkpoint: Path | None, **options: Any,
) -> tuple[dict[int, nn.Module], xr.Dataset]:  # fmt: skip
    """Train one network; return it as it was at each of the epochs, and the history."""
    from infonb.training import NegativeELBO, fit
    from infonb.training.threads import torch_threads

    objective: Any = NegativeELBO(binarize)
    seen = images[["intensity"]].rename(intensity="input")
    for resume in (True, False):  # anew, where something of an interrupted training is gone
        model, kept = make(), Kept(checkpoints, checkpoint)
        try:
            with torch_threads(1):  # in networks this small several threads wait for each other
                history = fit(
                    model, seen, objective=objective, epochs=max(checkpoints),
                    save_every=25, checkpoint=checkpoint, resume=resume, callbacks=[kept],
                    **options,
                )  # fmt: skip
        except Missing:
            if not resume:
                raise
            continue
        return dict(sorted(kept.models.items())), history
    raise AssertionError
