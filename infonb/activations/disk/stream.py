"""The activations on disk, written batch by batch: a recording that may be killed and goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from infonb.activations.batch import Batch
from infonb.activations.disk.columns import Columns
from infonb.activations.disk.identity import Inputs
from infonb.activations.disk.journal import pack, unpack
from infonb.activations.disk.partial import remedy, remove_partial
from infonb.activations.disk.place import Place
from infonb.activations.disk.random_state import random_state_text, restore_random_state
from infonb.activations.disk.space import Space
from infonb.activations.examples import Examples
from infonb.activations.saving import open_activations, tile

__all__ = ["Stream"]

# no room on the disk, or no more of it for this user (which Windows does not know)
_FULL = errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)


class Stream:
    """
    A store of activations that grows on disk, in a folder beside its last place.

    In memory are one batch and a few chunks. With a device, its random state is kept too.
    """

    def __init__(
        self,
        to: str | Path,
        about: Mapping[str, Any],
        n_samples: int | None,
        dtype: str,
        max_bytes: float | None,
        device: torch.device | None = None,
    ) -> None:
        self.n_samples, self.dtype, self.device = n_samples, np.dtype(dtype), device
        self._place = Place(to, {**about, "n_samples": n_samples, "dtype": dtype})
        self.folder = self._place.folder
        self._space = Space(self.folder, n_samples, self.dtype.itemsize, max_bytes)
        self.widths: list[int] = []
        # label and prediction of each batch that is there
        self.recorded: list[dict[str, np.ndarray | None]] = []
        self._columns: Any = None
        self._inputs = Inputs()
        self._n_seen = 0
        self._random = ""
        self._writes = False
        recording = self._place.take()
        if recording is None:
            return
        try:
            self._place.layers = recording["layers"]
            self._prepare(recording["widths"], recording["length"])
        except BaseException:
            self.close()
            raise

    @property
    def finished(self) -> bool:
        """Whether the store is there already; it is left alone."""
        return self._place.finished

    @property
    def layers(self) -> list[dict[str, Any]]:
        """The layers in plain values, once they are known."""
        return self._place.layers

    def is_recorded(self, batch: Batch) -> bool:
        """Take note of the next batch; tell whether it is there; refuse other data than that."""
        self._inputs.update(batch)
        number, self._n_seen = self._n_seen, self._n_seen + 1
        if number >= self._n_lines:
            return False
        line = self._columns.lines[number]
        if line["size"] != batch.size or line["inputs"] != str(self._inputs):
            what = (
                f"{batch.size:,} samples now, {line['size']:,} there; pass the same batch_size"
                if line["size"] != batch.size
                else "other inputs or labels than those there; pass the same data in the same order"
            )
            self._refuse(f"batch {number} (counted from 0) has {what}.")
        self._random = line.get("random", self._random)
        if self._random and self.device is not None and number + 1 == self._n_lines:
            restore_random_state(self.device, self._random)
        return True

    def start(self, widths: list[int], layers: Sequence[Mapping[str, Any]]) -> str:
        """Check the size, begin the store if there is none; say the size and what is there."""
        if self._columns is not None:
            line = self._space.check_start(widths, self._columns.length, self._columns.filled)
            return f"{line}; {self._columns.filled:,} samples are there already"
        _, length = tile(min(widths), max(widths), self.dtype.itemsize)
        length = min(length, self.n_samples or length)
        line = self._space.check_start(widths, length, 0)
        self._place.layers = [dict(layer) for layer in layers]
        self._place.describe(widths, length)
        self._prepare(widths, length)
        return line

    def append(self, rows: list[torch.Tensor], known: Mapping[str, np.ndarray | None]) -> None:
        """Take the rows (sample, neuron) of one batch, and what is known about its samples."""
        self._begin()
        line: dict[str, Any] = {"inputs": str(self._inputs)}
        line |= {name: pack(values) for name, values in known.items()}
        if self.device is not None:
            random = random_state_text(self.device)
            if random != self._random:  # models that draw nothing do not change it
                line["random"] = self._random = random
        self._columns.append([block.numpy().T for block in rows], line)
        self._space.check_more(self.widths, self._columns.length, self._columns.filled)
        self._columns.write(self.n_samples)

    def finish(self) -> Any:
        """Write the rest; return an array without values that has the shape of the activations."""
        if self._n_seen < self._n_lines:
            self._refuse(
                f"the data end after {self._n_seen} batches, but {self._n_lines} are there."
            )
        self._begin()
        return self._columns.finish(self.n_samples)

    def reject_coords(self) -> None:
        """Let the next run bring other coordinates: these do not fit the samples that came."""
        self._place.about["coords"] = None
        self._place.describe(self.widths, self._columns.length)

    def publish(self, dataset: xr.Dataset) -> xr.Dataset:
        """Move the store, of which `finish` has returned the array, to its place, and open it."""
        if self._place.coords_rejected:
            self._place.describe(self.widths, self._columns.length)  # whose folder it is
        self._columns.store.finish(dataset, self._place.target, self._place.note(str(self._inputs)))
        remove_partial(self.folder)
        self.close()
        return open_activations(self._place.path, chunks={})

    def reopened(self, source: Examples, each: Callable[[int], object]) -> xr.Dataset:
        """Return the finished store, if it is one of the same data; `each` is told their sizes."""
        for batch in source.batches:
            if batch.size:
                self._inputs.update(batch)
                each(batch.size)
        self._place.check_finished(str(self._inputs))
        return open_activations(self._place.path, chunks={})

    def close(self, error: BaseException | None = None) -> None:
        """Let others go on; tell whoever sees the error what is there, and how to go on."""
        self._place.leave()
        if error is None or not self._writes or not self.folder.exists():
            return
        filled = self._columns.filled
        if isinstance(error, OSError) and error.errno in _FULL:
            error.add_note(self._space.full_disk(self.widths, self._columns.length, filled))
        error.add_note(
            f"infonb: {filled:,} samples are kept in {self.folder}; the same "
            f"record(..., to={str(self._place.path)!r}) goes on after them."
        )

    @property
    def _n_lines(self) -> int:
        return 0 if self._columns is None else len(self._columns.lines)

    def _prepare(self, widths: list[int], length: int) -> None:
        self.widths = widths
        self._columns = Columns(self.folder, widths, self.dtype, length)
        self.recorded = [
            {name: unpack(line.get(name)) for name in ("label", "prediction")}
            for line in self._columns.lines
        ]

    def _begin(self) -> None:
        """Change what is on disk, from now on: nothing speaks against it any more."""
        if not self._writes:
            self._writes = True
            self._columns.trim()
            self._columns.write(self.n_samples)

    def _refuse(self, why: str) -> None:
        raise ValueError(
            f"{self.folder} cannot be continued: {why} Nothing was changed; {remedy(self.folder)}"
        )
