"""Epochs on disk, each a store of its own: whole or absent, whenever a process is killed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import xarray as xr

from infonb.storage import open_dataset, save_dataset, sync

__all__ = ["EpochMemory", "EpochStore"]

_EPOCH = re.compile(r"epoch-(\d{6,})\.zarr")
_SAMPLES = "samples.zarr"


class EpochStore:
    """
    A folder with what is known of the samples, and a store for each epoch.

    Parameters
    ----------
    folder
        Its place; it is made with the first epoch.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def epochs(self) -> list[int]:
        """Return which epochs are there, in order."""
        entries = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(int(found[1]) for one in entries if (found := _EPOCH.fullmatch(one.name)))

    def samples(self) -> xr.Dataset | None:
        """Return what is known of the samples, if an epoch was ever written."""
        place = self.folder / _SAMPLES
        return open_dataset(place).load() if place.exists() else None

    def write(self, epoch: int, part: xr.Dataset) -> None:
        """Write an epoch that is not there; its coordinates, alike for all, are kept once."""
        if not (self.folder / _SAMPLES).exists():
            save_dataset(part.drop_vars(list(part.data_vars)), self.folder / _SAMPLES)
        save_dataset(part.drop_vars(list(part.coords)).drop_attrs(deep=False), self._place(epoch))

    def read(self, epoch: int) -> xr.Dataset:
        """Return the variables of an epoch, without coordinates."""
        return open_dataset(self._place(epoch)).load()

    def drop_after(self, epoch: int) -> None:
        """Remove what comes after an epoch, the last one first, so that no gap is ever left."""
        for left in self.folder.glob(".epoch-*.dropped"):  # by a process that was killed
            shutil.rmtree(left)
        for later in reversed([one for one in self.epochs() if one > epoch]):
            gone = self.folder / f".epoch-{later:06}.dropped"
            self._place(later).rename(gone)
            sync(self.folder)
            shutil.rmtree(gone)

    def _place(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:06}.zarr"


class EpochMemory:
    """The same in memory."""

    def __init__(self) -> None:
        self._parts: dict[int, Any] = {}

    def epochs(self) -> list[int]:
        """Return which epochs are there, in order."""
        return sorted(self._parts)

    def samples(self) -> xr.Dataset | None:
        """Return what is known of the samples, if there is an epoch."""
        return next((part.drop_vars(list(part.data_vars)) for part in self._parts.values()), None)

    def write(self, epoch: int, part: xr.Dataset) -> None:
        """Keep an epoch."""
        self._parts[epoch] = part

    def read(self, epoch: int) -> xr.Dataset:
        """Return the variables of an epoch."""
        return self._parts[epoch]

    def drop_after(self, epoch: int) -> None:
        """Forget what comes after an epoch."""
        self._parts = {at: part for at, part in self._parts.items() if at <= epoch}
