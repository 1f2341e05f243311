"""The activations on disk, written batch by batch: a recording that may be killed and goes on."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from infonb.activations.examples import Batch, Examples
from infonb.activations.identity import Inputs, differences, of_arrays
from infonb.activations.journal import Journal, pack, unpack
from infonb.activations.labelled import DIMS
from infonb.activations.partial import (
    RECORDING,
    is_empty,
    partial_folder,
    read_recording,
    remove_partial,
)
from infonb.activations.saving import open_activations, tile
from infonb.activations.size import check_disk, disk_line, format_bytes
from infonb.storage import GrowingStore, Lock, read_note, write_atomically

__all__ = ["Stream"]

# how many columns of chunks are in the store; the rows of later ones are in the journal
_COLUMNS = "columns.json"


class Stream:
    """
    A store of activations that grows on disk, in a folder beside its last place.

    Each batch goes to a journal at once. When there are enough samples for a column of chunks, one
    of every layer, the chunks are written, then their number is noted, then their part of the
    journal is removed: whoever is killed in between finds the state before or after. In memory are
    one batch and a few chunks.

    Parameters
    ----------
    to
        Where the store will be.
    about
        What the recording is of, in plain values; another run goes on only if it says the same.
    n_samples
        Number of samples, None if only the data will tell.
    dtype
        Type of the values.
    max_bytes
        The most it may take on disk; None: what is free.
    device
        The device whose random state is kept with the batches; None: none is.

    Attributes
    ----------
    finished
        Whether the store is there already; it is left alone.
    recorded
        One dict for each batch that is there: its label and prediction.

    Raises
    ------
    ValueError
        If the store is of something else; the message says in what it differs.
    FileExistsError
        If something else is in its place.
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
        self.path, self.target = Path(to), Path(to).expanduser().resolve()
        self.folder = partial_folder(self.target)
        self.about = {**about, "n_samples": n_samples, "dtype": dtype}
        self.n_samples, self.dtype, self.max_bytes = n_samples, np.dtype(dtype), max_bytes
        self.device = device
        self.finished = os.path.lexists(self.target)
        self.layers: list[dict[str, Any]] = []
        self.widths: list[int] = []
        self.recorded: list[dict[str, np.ndarray | None]] = []
        self._inputs = Inputs()
        self._lines: list[dict[str, Any]] = []
        self._n_seen = 0
        self._random = ""
        self._writes = False
        self._lock: Lock | None = None
        if self.finished:
            self._refuse_other((read_note(self.target) or {}).get("about"), self.target)
        elif not is_empty(self.folder):
            recording = read_recording(self.folder) or {}
            self._refuse_other(recording.get("about"), self.folder)
            self._lock = Lock(self.folder, str(self.path))
            self.layers = recording["layers"]
            try:
                self._prepare(recording["widths"], recording["length"])
            except BaseException:
                self._lock.release()
                raise

    def is_recorded(self, batch: Batch) -> bool:
        """Take note of the next batch; tell whether it is there; refuse other data than that."""
        self._inputs.update(batch)
        number, self._n_seen = self._n_seen, self._n_seen + 1
        if number >= len(self._lines):
            return False
        line = self._lines[number]
        if line["size"] != batch.size or line["inputs"] != str(self._inputs):
            what = (
                f"{batch.size:,} samples now, {line['size']:,} there; pass the same batch_size"
                if line["size"] != batch.size
                else "other inputs or labels than those there; pass the same data in the same order"
            )
            raise ValueError(
                f"{self.folder} cannot be continued: batch {number} (counted from 0) has {what}. "
                f"Nothing was changed; {self._remedy(self.folder)}"
            )
        self._random = line.get("random", self._random)
        if self._random and number + 1 == len(self._lines):
            self._set_random_state()
        return True

    def start(self, widths: list[int], layers: Sequence[Mapping[str, Any]]) -> str:
        """Check the size, begin the store if there is none; say the size and what is there."""
        line = disk_line(widths, self.n_samples, self.dtype.itemsize)
        if self._lock is None:
            _, length = tile(min(widths), max(widths), self.dtype.itemsize)
            length = min(length, self.n_samples or length)
            self._check_space(widths, length, 0, line)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.folder, str(self.path))
            recording = {
                "about": self.about, "layers": list(layers), "widths": widths, "length": length,
            }  # fmt: skip
            write_atomically(self.folder / RECORDING, json.dumps(recording, indent=1))
            self._prepare(widths, length)
            return line
        self._check_space(widths, self._journal.length, self._journal.filled, line)
        return f"{line}; {self._journal.filled:,} samples are there already"

    def append(self, rows: list[torch.Tensor], known: Mapping[str, np.ndarray | None]) -> None:
        """Take the rows (sample, neuron) of one batch, and what is known about its samples."""
        self._begin()
        line: dict[str, Any] = {"inputs": str(self._inputs)}
        line |= {name: pack(values) for name, values in known.items()}
        if self.device is not None:
            random = self._random_state()
            if random != self._random:  # models that draw nothing do not change it
                line["random"] = self._random = random
        self._journal.append([block.numpy().T for block in rows], line)
        self._check_more()
        self._write_columns()

    def finish(self) -> Any:
        """Write the rest; return an array without values that has the shape of the activations."""
        if self._n_seen < len(self._lines):
            raise ValueError(
                f"{self.folder} cannot be continued: the data end after {self._n_seen} batches, "
                f"but {len(self._lines)} are there. Nothing was changed; "
                f"{self._remedy(self.folder)}"
            )
        self._begin()
        self._write_columns(last=True)
        return self._store.placeholder(self._journal.filled)

    def publish(
        self, dataset: xr.Dataset, coords: Mapping[str, Any], attrs: Mapping[str, Any]
    ) -> xr.Dataset:
        """
        Move the store to its place, and open it.

        Parameters
        ----------
        dataset
            The activations, of which `finish` has returned the array.
        coords, attrs
            What the caller has said about the samples and the recording, to compare later.
        """
        # the digest of what was walked through, for the same line of code that runs once more
        self._store.finish(dataset, self.target, self._note(coords, attrs))
        self.close()
        remove_partial(self.folder)
        return self.open()

    def reopened(
        self, source: Examples, coords: Mapping[str, Any], attrs: Mapping[str, Any],
        each: Callable[[int], object],
    ) -> xr.Dataset:  # fmt: skip
        """Return the finished store, if it is one of the same data; `each` is told their sizes."""
        n_samples = 0
        for batch in source.batches:
            if batch.size:
                self._inputs.update(batch)
                n_samples += batch.size
                each(batch.size)
        found = read_note(self.target) or {}
        self._refuse_other(found, self.target, self._note(coords, attrs))
        recording = read_recording(self.folder) or {}
        if self.folder.exists() and (
            is_empty(self.folder) or recording.get("about") == found["about"]
        ):
            remove_partial(self.folder)  # killed after the store was moved to its place
        return self.open()

    def open(self) -> xr.Dataset:
        """Return the finished store."""
        return open_activations(self.path, chunks={})

    def close(self, error: BaseException | None = None) -> None:
        """Let other processes go on; tell whoever sees the error what is there."""
        if self._lock is not None:
            self._lock.release()
        if error is not None and self._writes and self.folder.exists():
            error.add_note(
                f"infonb: {self._journal.filled:,} samples are kept in {self.folder}; the same "
                f"record(..., to={str(self.path)!r}) goes on after them."
            )

    def _prepare(self, widths: list[int], length: int) -> None:
        self.widths = widths
        self._neurons, _ = tile(min(widths), max(widths), self.dtype.itemsize)
        chunks = dict(zip(DIMS, (1, self._neurons, length), strict=True))
        sizes = len(widths), max(widths)
        place = self.folder / "store"
        self._store = GrowingStore(place, "activation", DIMS, sizes, self.dtype, chunks)
        self._journal = Journal(self.folder, widths, self.dtype, length)
        counted = self.folder / _COLUMNS
        n_columns = json.loads(counted.read_text())["columns"] if counted.exists() else 0
        self._lines = self._journal.load(n_columns)
        if self._journal.filled < n_columns * length:
            raise ValueError(f"{self.folder} is damaged; {self._remedy(self.folder)}")
        self.recorded = [
            {name: unpack(line.get(name)) for name in ("label", "prediction")}
            for line in self._lines
        ]

    def _begin(self) -> None:
        """Change what is on disk, from now on: nothing speaks against it any more."""
        if not self._writes:
            self._writes = True
            self._journal.trim()
            self._write_columns()

    def _write_columns(self, *, last: bool = False) -> None:
        """Make chunks of every column that has all its samples, or is the last."""
        for column in self._journal.columns():
            full = self._journal.is_full(column)
            if full or last:
                stop = min((column + 1) * self._journal.length, self._journal.filled)
                self._store.write(max(stop, self.n_samples or 0), self._chunks(column, stop))
            if full:  # the last one may yet become longer, if the data do
                self._journal.sync()
                write_atomically(self.folder / _COLUMNS, json.dumps({"columns": column + 1}))
                self._journal.drop(column)

    def _chunks(self, column: int, stop: int) -> Iterator[tuple[tuple[slice, ...], Any]]:
        samples = slice(column * self._journal.length, stop)
        for layer, width in enumerate(self.widths):
            for start in range(0, width, self._neurons):
                end = min(start + self._neurons, max(self.widths))

                def values(
                    layer: int = layer, start: int = start, end: int = end, width: int = width
                ) -> np.ndarray:
                    rows = self._journal.read(column, layer, start, min(end, width))
                    if end > width:
                        rows = np.pad(rows, ((0, end - width), (0, 0)), constant_values=np.nan)
                    return rows[None]

                yield (slice(layer, layer + 1), slice(start, end), samples), values

    def _note(self, coords: Mapping[str, Any], attrs: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "about": self.about,
            "the inputs or labels": str(self._inputs),
            "coords": of_arrays(coords),
            "attrs": json.loads(json.dumps(dict(attrs), default=str)),
        }

    def _refuse_other(self, there: Any, place: Path, now: Any = None) -> None:
        """Raise unless what is there is of the same as what is to be recorded now."""
        if there is None:
            raise FileExistsError(
                f"{place} is there already, and no recording with record(..., to=...): nothing is "
                "appended to it. Remove it, or give another path."
            )
        found = differences(now or self.about, there)
        if found:
            raise ValueError(
                f"{place} holds another recording: {found}. Nothing was changed; "
                f"{self._remedy(place)}"
            )

    def _remedy(self, place: Path) -> str:
        return f"give another path, or remove {place} to record anew."

    def _check_space(self, widths: list[int], length: int, filled: int, line: str) -> None:
        if self.n_samples is None:
            return
        each = sum(widths) * self.dtype.itemsize
        needed = self.n_samples * each
        if self.max_bytes is None:  # a column is there twice while its chunks are written
            needed += (min(length, self.n_samples) - filled) * each
        check_disk(needed, self.max_bytes, line, self.folder.parent)

    def _check_more(self) -> None:
        """Raise if data of unknown length have become longer than they may."""
        needed = self._journal.filled * sum(self.widths) * self.dtype.itemsize
        if self.max_bytes is not None and needed > self.max_bytes:
            raise ValueError(
                f"the activations do not fit: {self._journal.filled:,} samples take "
                f"{format_bytes(needed)} on disk, but max_bytes is {format_bytes(self.max_bytes)}."
            )

    def _random_state(self) -> str:
        states = [torch.get_rng_state()]
        if self.device is not None and self.device.type == "cuda":
            states.append(torch.cuda.get_rng_state(self.device))
        return " ".join(base64.b64encode(state.numpy().tobytes()).decode() for state in states)

    def _set_random_state(self) -> None:
        states = [
            torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)
            for text in self._random.split()
        ]
        torch.set_rng_state(states[0])
        if self.device is not None and len(states) > 1 and self.device.type == "cuda":
            torch.cuda.set_rng_state(states[1], self.device)
