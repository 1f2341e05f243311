"""The activations on disk, written batch by batch: a recording that may be killed and goes on."""

from __future__ import annotations

import base64
import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from infonb.activations.disk.identity import Inputs, differences, of_recorded
from infonb.activations.disk.journal import Journal, pack, unpack
from infonb.activations.disk.partial import (
    RECORDING,
    is_empty,
    partial_folder,
    read_recording,
    remove_partial,
)
from infonb.activations.examples import Batch, Examples
from infonb.activations.labelled import DIMS
from infonb.activations.saving import open_activations, tile
from infonb.activations.size import (
    check_disk,
    disk_bytes,
    disk_line,
    format_bytes,
    free_disk,
)
from infonb.storage import GrowingStore, Lock, read_note, write_atomically

__all__ = ["Stream"]

# how many columns of chunks are in the store; the rows of later ones are in the journal
_COLUMNS = "columns.json"

# no room on the disk, or no more of it for this user (which Windows does not know)
_FULL = errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)


class Stream:
    """
    A store of activations that grows on disk, in a folder beside its last place.

    Each batch goes to a journal at once. When there are enough samples for a column of chunks, one
    of every layer, the chunks are written, then their number is noted, then their part of the
    journal is removed: whoever is killed in between finds the state before or after. In memory are
    one batch and a few chunks.

    From the beginning to the end, nobody else can write to the folder; what is there is judged when
    it is locked.

    Parameters
    ----------
    to
        Where the store will be.
    about
        What the recording is of, in plain values; another run goes on only if it says the same
        (of the layers: or names those that the default has turned out to be).
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
    RuntimeError
        If somebody else is writing it.
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
        self.finished = False
        self.layers: list[dict[str, Any]] = []
        self.widths: list[int] = []
        self.recorded: list[dict[str, np.ndarray | None]] = []
        self._inputs = Inputs()
        self._lines: list[dict[str, Any]] = []
        self._n_seen = 0
        self._random = ""
        self._writes = False
        self._rejected = False
        self._lock: Lock | None = None
        self._journal: Any = None
        self._look()  # what is not ours is not even locked
        if self.finished:
            return
        self._lock = Lock(self.folder, str(self.path))
        try:
            recording = self._look()  # whoever held the lock may have changed it
            if self.finished:
                self.close()
            elif recording is not None:
                self.layers = recording["layers"]
                self._prepare(recording["widths"], recording["length"])
        except BaseException:
            self.close()
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
        neurons, length = tile(min(widths), max(widths), self.dtype.itemsize)
        length = min(length, self.n_samples or length)
        if self._journal is not None:
            length = self._journal.length
        line = disk_line(widths, self.n_samples, self.dtype.itemsize, (neurons, length))
        filled = 0 if self._journal is None else self._journal.filled
        if self.n_samples is not None:
            needed = self._needed(widths, self.n_samples)
            if self.max_bytes is None:
                needed = self._needed_more(widths, length, filled)
            check_disk(needed, self.max_bytes, line, self.folder.parent)
        if self._journal is not None:
            return f"{line}; {filled:,} samples are there already"
        self.layers = [dict(layer) for layer in layers]
        self._describe(widths, length)
        self._prepare(widths, length)
        return line

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
        if self._journal.filled < self._journal.length:  # a chunk is written in full
            self._store.chunks["sample"] = self._journal.filled
        self._write_columns(last=True)
        return self._store.placeholder(self._journal.filled)

    def reject_coords(self) -> None:
        """Let the next run bring other coordinates: these do not fit the samples that came."""
        self.about["coords"] = None
        self._describe(self.widths, self._journal.length)

    def publish(self, dataset: xr.Dataset) -> xr.Dataset:
        """Move the store, of which `finish` has returned the array, to its place, and open it."""
        if self._rejected:
            self._describe(self.widths, self._journal.length)  # whose folder it is
        # the digest of what was walked through, for the same line of code that runs once more
        self._store.finish(dataset, self.target, {**self._note(), "layers": self.layers})
        remove_partial(self.folder)
        self.close()
        return self.open()

    def reopened(self, source: Examples, each: Callable[[int], object]) -> xr.Dataset:
        """Return the finished store, if it is one of the same data; `each` is told their sizes."""
        for batch in source.batches:
            if batch.size:
                self._inputs.update(batch)
                each(batch.size)
        found = read_note(self.target) or {}
        there = found.get("the inputs or labels")
        if there != str(self._inputs):
            self._refuse("the inputs or labels differ", self.target)
        self._clear_up(found.get("about"))
        return self.open()

    def open(self) -> xr.Dataset:
        """Return the finished store."""
        return open_activations(self.path, chunks={})

    def close(self, error: BaseException | None = None) -> None:
        """Let others go on; tell whoever sees the error what is there, and how to go on."""
        if self._lock is not None:
            try:
                if self.folder.exists() and is_empty(self.folder):  # nothing was begun
                    remove_partial(self.folder)
            finally:
                self._lock.release()
                self._lock = None
        if error is None or not self._writes or not self.folder.exists():
            return
        if isinstance(error, OSError) and error.errno in _FULL:
            error.add_note(self._full_disk())
        error.add_note(
            f"infonb: {self._journal.filled:,} samples are kept in {self.folder}; the same "
            f"record(..., to={str(self.path)!r}) goes on after them."
        )

    def _look(self) -> dict[str, Any] | None:
        """Judge what is in the place and beside it; return how the unfinished is described."""
        self.finished = os.path.lexists(self.target)
        if self.finished:
            note = read_note(self.target) or {}
            self._refuse_other(note.get("about"), note.get("layers"), self.target)
            return None
        if is_empty(self.folder):
            return None
        recording = read_recording(self.folder) or {}
        self._refuse_other(recording.get("about"), recording.get("layers"), self.folder)
        return recording

    def _clear_up(self, about: Any) -> None:
        """Remove what was left by a process that was killed after the store was in its place."""
        if not self.folder.exists():
            return
        try:
            lock = Lock(self.folder, str(self.path))
        except (RuntimeError, OSError):  # whoever is at it will remove it
            return
        try:
            if is_empty(self.folder) or (read_recording(self.folder) or {}).get("about") == about:
                remove_partial(self.folder)
        finally:
            lock.release()

    def _describe(self, widths: list[int], length: int) -> None:
        recording = {
            "about": self.about, "layers": self.layers, "widths": widths, "length": length,
        }  # fmt: skip
        write_atomically(self.folder / RECORDING, json.dumps(recording, indent=1, default=str))

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

    def _note(self) -> dict[str, Any]:
        return {"about": self.about, "the inputs or labels": str(self._inputs)}

    def _refuse_other(self, there: Any, layers: Any, place: Path) -> None:
        """Raise unless what is there is of the same as what is to be recorded now."""
        if there is None:
            raise FileExistsError(
                f"{place} is there already, and no recording with record(..., to=...): nothing is "
                "appended to it. Remove it, or give another path."
            )
        now, there = dict(self.about), dict(there)
        if there.get("coords", {}) is None:  # they did not fit; others may
            del there["coords"], now["coords"]
            self._rejected = True
        if there.get("layers") == "the default" and now.get("layers") == of_recorded(layers or []):
            now["layers"] = self.about["layers"] = "the default"
        found = differences(now, there)
        if found:
            self._refuse(found, place)

    def _refuse(self, found: str, place: Path) -> None:
        raise ValueError(
            f"{place} holds another recording: {found}. Nothing was changed; {self._remedy(place)}"
        )

    def _remedy(self, place: Path) -> str:
        return f"give another path, or remove {place} to record anew."

    def _needed(self, widths: list[int], n_samples: int, length: int | None = None) -> int:
        """Return the bytes of the chunks of so many samples."""
        neurons, longest = tile(min(widths), max(widths), self.dtype.itemsize)
        chunk = neurons, length or min(longest, self.n_samples or longest)
        return disk_bytes(widths, n_samples, self.dtype.itemsize, chunk)

    def _needed_more(self, widths: list[int], length: int, filled: int) -> int:
        """Return the bytes that are still to be written."""
        n_samples = max(self.n_samples or 0, filled)
        done = filled // length * length
        chunks = self._needed(widths, n_samples, length)
        chunks -= self._needed(widths, done, length) if done else 0
        # a column is there twice while its chunks are written
        rows = max(min(length, n_samples) - (filled - done), 0)
        return chunks + rows * sum(widths) * self.dtype.itemsize

    def _full_disk(self) -> str:
        needed = self._needed_more(self.widths, self._journal.length, self._journal.filled)
        free, place = free_disk(self.folder)
        more = "" if self.n_samples is not None else " for what came so far"
        return (
            f"infonb: the disk is full: {format_bytes(needed)} more are needed{more}, "
            f"{format_bytes(free)} are free in {place}. Make room there, or move {self.folder} to "
            "another disk and record to the path beside it."
        )

    def _check_more(self) -> None:
        """Raise if data of unknown length have become longer than they may."""
        needed = self._needed(self.widths, self._journal.filled, self._journal.length)
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
