"""What a network says of training examples with right and wrong labels, after each epoch."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LabelOutcomes"]

_FILE = "outcomes.npy"


class LabelOutcomes:
    """
    A callback of `infonb.fit`: shares of true, wrong and other answers, (epoch, group, outcome).

    Of training examples with ``label`` and ``true_label`` (sample). In a folder it finds what was
    recorded before the training was interrupted: a few numbers an epoch, other than `Dynamics`,
    which keeps every sample.
    """

    def __init__(self, train: xr.Dataset, folder: Path | None = None) -> None:
        self.train, self.place = train, folder and folder / _FILE
        self.found: list[np.ndarray] = []
        if self.place is not None and self.place.exists():
            with suppress(ValueError, EOFError):  # damaged: as if it was gone
                self.found = list(np.load(self.place, allow_pickle=False))

    def start(self, model: nn.Module, epoch: int) -> None:
        """Drop what comes after this epoch; record it if it was killed before it could be."""
        self.found = self.found[:epoch]
        if len(self.found) < epoch:
            # of epochs before, if their file is gone, nothing is known
            unknown = np.full(self._fractions(self.train["label"].values).shape, np.nan)
            self.found += [unknown] * (epoch - 1 - len(self.found))
            self.step(model, epoch)

    def step(self, model: nn.Module, epoch: int) -> None:
        """Record the network as it is now."""
        from infonb.training import predict

        told = predict(model, self.train).argmax(axis=1)
        self.found.append(self._fractions(told).values)
        if self.place is not None:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            kept = self.place.with_suffix(".new.npy")
            np.save(kept, np.stack(self.found))
            kept.replace(self.place)

    @property
    def fraction(self) -> xr.DataArray:
        """What was recorded, dims (epoch, group, outcome)."""
        like = self._fractions(np.zeros(self.train.sizes["sample"], int))
        epochs = np.arange(1, len(self.found) + 1)
        return like.expand_dims(epoch=epochs).copy(data=np.stack(self.found))

    def _fractions(self, told: np.ndarray) -> xr.DataArray:
        """Return the shares (group, outcome) of predicted classes (sample)."""
        from infonb.memorization import outcome_fractions

        coords = {name: ("sample", self.train[name].values) for name in ("label", "true_label")}
        return outcome_fractions(xr.DataArray(told, coords, ("sample",)))
