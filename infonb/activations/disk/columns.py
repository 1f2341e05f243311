"""The rows of a recording on their way from the journal to the chunks of a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from infonb.activations.disk.journal import Journal
from infonb.activations.disk.partial import remedy
from infonb.activations.labelled import DIMS
from infonb.activations.saving import tile
from infonb.storage import GrowingStore, read_checked, write_checked

__all__ = ["Columns"]

# how many columns of chunks are in the store; the rows of later ones are in the journal
_COLUMNS = "columns.json"


class Columns:
    """
    Rows in a journal, until there are enough for a column of chunks, one of every layer.

    The chunks are written, then their number is noted, then their part of the journal is removed:
    whoever is killed in between finds the state before or after.
    """

    def __init__(self, folder: Path, widths: Sequence[int], dtype: np.dtype, length: int) -> None:
        self.folder, self.widths, self.length = folder, list(widths), length
        self._neurons, _ = tile(min(widths), max(widths), dtype.itemsize)
        chunks = dict(zip(DIMS, (1, self._neurons, length), strict=True))
        sizes = len(widths), max(widths)
        self.store = GrowingStore(folder / "store", "activation", DIMS, sizes, dtype, chunks)
        self._journal = Journal(folder, widths, dtype, length)
        counted = folder / _COLUMNS
        done = read_checked(counted, "columns") if counted.exists() else {"columns": 0, "chunks": 0}
        n_columns = done["columns"]
        # files of the chunks of these columns; older recordings do not say it
        self._n_chunks: int | None = done.get("chunks")
        self.store.checksums = self._n_chunks is not None
        #: what is known about each batch that is there
        self.lines = self._journal.load(n_columns)
        if self.filled < n_columns * length:
            raise self._damaged("batches that were recorded are missing")
        if self.store.count() < (self._n_chunks or 0):
            raise self._damaged("chunks that were written are missing")

    @property
    def filled(self) -> int:
        """Number of samples that are there."""
        return self._journal.filled

    def trim(self) -> None:
        """Remove what is left of a batch that was not written to its end."""
        self._journal.trim()

    def append(self, rows: Sequence[np.ndarray], line: Mapping[str, Any]) -> None:
        """Keep the rows (neuron, sample) of one batch, a block of each layer, and its line."""
        self._journal.append(rows, line)

    def write(self, n_samples: int | None, *, last: bool = False) -> None:
        """Make chunks of every column that has all its samples, or is the last."""
        for column in self._journal.columns():
            full = self._journal.is_full(column)
            if full or last:
                stop = min((column + 1) * self.length, self.filled)
                files = self.store.write(max(stop, n_samples or 0), self._chunks(column, stop))
                if self._n_chunks is not None:
                    self._n_chunks += files
            if full:  # the last one may yet become longer, if the data do
                self._journal.sync()
                write_checked(
                    self.folder / _COLUMNS, {"columns": column + 1, "chunks": self._n_chunks}
                )
                self._journal.drop(column)

    def finish(self, n_samples: int | None) -> Any:
        """Write the rest; return an array without values that has the shape of all."""
        if self.filled < self.length:  # a chunk is written in full
            self.store.chunks["sample"] = self.filled
        self.write(n_samples, last=True)
        if self._n_chunks not in (None, self.store.count()):
            raise self._damaged("the chunks are not as many as were written")
        return self.store.placeholder(self.filled)

    def _damaged(self, what: str) -> ValueError:
        return ValueError(f"{self.folder} is damaged: {what}; {remedy(self.folder)}")

    def _chunks(self, column: int, stop: int) -> Iterator[tuple[tuple[slice, ...], Any]]:
        samples = slice(column * self.length, stop)
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
