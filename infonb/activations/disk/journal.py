"""Batches on disk as they come, each wholly or not at all, until whole chunks are made of them."""

from __future__ import annotations

import base64
import json
import mmap
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from infonb.storage import sync

__all__ = ["Journal", "count_samples", "pack", "unpack"]

_LOG = "batches.jsonl"


class Journal:
    """
    Two kinds of append-only files: the rows of the batches, and one line for each batch.

    The line is written after the rows: a batch without its line, or with half a line, has never
    been. The rows go to one file for each column, the samples of which become one chunk of every
    neuron; in it every batch has, layer by layer, its rows (neuron, sample).
    """

    def __init__(self, folder: Path, widths: Sequence[int], dtype: np.dtype, length: int) -> None:
        self.folder, self.widths, self.dtype, self.length = folder, list(widths), dtype, length
        self.filled = 0
        self._log_bytes = 0
        self._offsets = np.cumsum([0, *self.widths])  # of the layers, in values for each sample
        self._parts: dict[int, list[int]] = {}  # column -> samples of each batch

    def load(self, first: int) -> list[dict[str, Any]]:
        """Return the lines of all whole batches; rows before the first column may be gone."""
        lines: list[dict[str, Any]] = []
        for line, n_bytes in _lines(self.folder):
            if not self._take(line, first):
                break
            lines.append(line)
            self._log_bytes += n_bytes
        return lines

    def trim(self) -> None:
        """Cut off what comes after the whole batches, and rows that are not needed any more."""
        log = self.folder / _LOG
        if log.exists():
            os.truncate(log, self._log_bytes)
        for path in self.folder.glob("column-*.rows"):
            parts = self._parts.get(int(path.stem.rpartition("-")[2]))
            if parts is None:
                path.unlink()
            else:
                os.truncate(path, sum(parts) * self._sample_bytes)

    def append(self, rows: Sequence[np.ndarray], line: Mapping[str, Any]) -> None:
        """Write the rows (neuron, sample) of one batch, then its line."""
        size = rows[0].shape[1]
        sums = []
        for column, start, n in self._pieces(size):
            sums.append(0)
            with open(self._path(column), "ab") as file:
                for block in rows:
                    piece = np.ascontiguousarray(block[:, start : start + n], self.dtype)
                    sums[-1] = zlib.crc32(piece.data, sums[-1])
                    file.write(piece.data)
            self._parts.setdefault(column, []).append(n)
        text = json.dumps({"size": size, "rows": sums, **line}).encode()
        with open(self.folder / _LOG, "ab") as file:
            file.write(b"%08x %b\n" % (zlib.crc32(text), text))
        self.filled += size

    def read(self, column: int, layer: int, start: int, stop: int) -> np.ndarray:
        """Return the neurons from start to stop of a layer in one column, (neuron, sample)."""
        parts = self._parts[column]
        # memory of its own: the allocator would keep it in pieces, and take more for every column
        n_values = (stop - start) * sum(parts)
        memory = mmap.mmap(-1, n_values * self.dtype.itemsize)
        values = np.frombuffer(memory, self.dtype).reshape(stop - start, sum(parts))
        with open(self._path(column), "rb", buffering=0) as file:
            done = 0
            for n in parts:
                first = done * int(self._offsets[-1]) + n * (int(self._offsets[layer]) + start)
                file.seek(first * self.dtype.itemsize)
                piece = np.fromfile(file, self.dtype, (stop - start) * n)
                values[:, done : done + n] = piece.reshape(-1, n)
                done += n
        return values

    def columns(self) -> list[int]:
        """Return the columns whose rows are here."""
        return sorted(self._parts)

    def is_full(self, column: int) -> bool:
        """Tell whether a column has all its samples."""
        return sum(self._parts[column]) == self.length

    def sync(self) -> None:
        """Wait until lines and rows are on the disk itself."""
        for path in (self.folder / _LOG, *map(self._path, self._parts)):
            sync(path)

    def drop(self, column: int) -> None:
        """Remove the rows of a column; its lines stay."""
        del self._parts[column]
        self._path(column).unlink(missing_ok=True)

    @property
    def _sample_bytes(self) -> int:
        return int(self._offsets[-1]) * self.dtype.itemsize

    def _path(self, column: int) -> Path:
        return self.folder / f"column-{column:06d}.rows"

    def _pieces(self, size: int) -> list[tuple[int, int, int]]:
        """Return (column, first sample in the batch, number) for the next batch."""
        pieces = []
        start = 0
        while start < size:
            column, at = divmod(self.filled + start, self.length)
            n = min(size - start, self.length - at)
            pieces.append((column, start, n))
            start += n
        return pieces

    def _take(self, line: Mapping[str, Any], first: int) -> bool:
        """Count a batch in, if its rows are here as they were written, or not needed any more."""
        pieces = self._pieces(line["size"])
        for (column, _, n), expected in zip(pieces, line["rows"], strict=True):
            if column >= first and self._sum(column, n) != expected:
                return False
        for column, _, n in pieces:
            if column >= first:
                self._parts.setdefault(column, []).append(n)
        self.filled += line["size"]
        return True

    def _sum(self, column: int, n: int) -> int:
        """Return the check sum of the next n samples of a column; -1 if they are not all here."""
        try:
            with open(self._path(column), "rb", buffering=0) as file:
                file.seek(sum(self._parts.get(column, [])) * self._sample_bytes)
                piece = np.fromfile(file, np.uint8, n * self._sample_bytes)
        except FileNotFoundError:
            return -1
        return zlib.crc32(piece.data) if len(piece) == n * self._sample_bytes else -1


def count_samples(folder: Path) -> int:
    """Return the number of samples in the whole lines of a folder."""
    return sum(line["size"] for line, _ in _lines(folder))


def pack(values: np.ndarray | None) -> dict[str, Any] | None:
    """Return an array of one dim in a form that a line can hold, and that comes back exactly."""
    if values is None:
        return None
    if values.dtype.kind == "O":
        for value in values:
            if not isinstance(value, str):
                raise TypeError(
                    f"labels and predictions must be numbers or text to be kept on disk; not "
                    f"{value!r} ({type(value).__name__})."
                )
        return {"text": list(values)}
    return {"dtype": values.dtype.str, "base64": base64.b64encode(values.tobytes()).decode()}


def unpack(packed: Mapping[str, Any] | None) -> np.ndarray | None:
    """Return what `pack` was given."""
    if packed is None:
        return None
    if "text" in packed:
        return np.array(packed["text"], dtype=object)
    return np.frombuffer(base64.b64decode(packed["base64"]), packed["dtype"])


def _lines(folder: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the lines and their bytes, up to one that was cut short or is damaged."""
    try:
        with open(folder / _LOG, "rb") as file:
            for text in file:
                line = _parsed(text)
                if line is None:
                    return
                yield line, len(text)
    except FileNotFoundError:
        return


def _parsed(text: bytes) -> dict[str, Any] | None:
    """Return what a line holds, if it is as it was written."""
    content = text
    if not text.startswith(b"{"):  # as older recordings have it, without a check sum
        check, _, content = text.partition(b" ")
        if check != b"%08x" % zlib.crc32(content.removesuffix(b"\n")):
            return None
    if not content.endswith(b"\n"):
        return None
    try:
        line = json.loads(content)
        is_whole = type(line["size"]) is int and line["size"] > 0 and bool(line["rows"])
    except (ValueError, KeyError, TypeError, RecursionError):  # a crash may leave zeros
        return None
    return line if is_whole else None
