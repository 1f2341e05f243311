"""How much disk a recording takes, said and checked before it runs and while it does."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infonb.activations.saving import tile
from infonb.activations.size import format_bytes, shape_line
from infonb.storage import CHECKSUM_BYTES

__all__ = ["Space", "disk_bytes", "disk_line"]


@dataclass(frozen=True)
class Space:
    """The disk around a folder; `max_bytes` replaces what is free there."""

    folder: Path
    n_samples: int | None
    itemsize: int
    max_bytes: float | None

    def check_start(self, widths: Sequence[int], length: int, filled: int) -> str:
        """Raise unless all will fit; return one line that says how large it will be."""
        neurons, _ = tile(min(widths), max(widths), self.itemsize)
        line = disk_line(widths, self.n_samples, self.itemsize, (neurons, length))
        if self.n_samples is None:
            return line
        if self.max_bytes is None:
            needed = self.needed_more(widths, length, filled)
            free, place = _free_disk(self.folder.parent)
            if needed > free:
                why = (
                    f"{format_bytes(needed)} more are needed, but {format_bytes(free)} are free "
                    f"in {place}"
                )
                raise _does_not_fit(line, why, "Make room, or record on another disk; else record")
        elif self.needed(widths, self.n_samples) > self.max_bytes:
            why = f"max_bytes is {format_bytes(self.max_bytes)}"
            raise _does_not_fit(line, why, "Set another limit, or record")
        return line

    def check_more(self, widths: Sequence[int], length: int, filled: int) -> None:
        """Raise if data of unknown length have become longer than they may."""
        if self.max_bytes is not None and self.needed(widths, filled, length) > self.max_bytes:
            needed = format_bytes(self.needed(widths, filled, length))
            raise ValueError(
                f"the activations do not fit: {filled:,} samples take {needed} on disk, but "
                f"max_bytes is {format_bytes(self.max_bytes)}."
            )

    def full_disk(self, widths: Sequence[int], length: int, filled: int) -> str:
        """Say what is needed when the disk turns out to be full."""
        needed = self.needed_more(widths, length, filled)
        free, place = _free_disk(self.folder)
        more = "" if self.n_samples is not None else " for what came so far"
        return (
            f"infonb: the disk is full: {format_bytes(needed)} more are needed{more}, "
            f"{format_bytes(free)} are free in {place}. Make room there, or move {self.folder} to "
            "another disk and record to the path beside it."
        )

    def needed(self, widths: Sequence[int], n_samples: int, length: int | None = None) -> int:
        """Return the bytes of the chunks of so many samples."""
        neurons, longest = tile(min(widths), max(widths), self.itemsize)
        chunk = neurons, length or min(longest, self.n_samples or longest)
        return disk_bytes(widths, n_samples, self.itemsize, chunk)

    def needed_more(self, widths: Sequence[int], length: int, filled: int) -> int:
        """Return the bytes that are still to be written."""
        n_samples = max(self.n_samples or 0, filled)
        done = filled // length * length
        chunks = self.needed(widths, n_samples, length)
        chunks -= self.needed(widths, done, length) if done else 0
        # a column is there twice while its chunks are written
        rows = max(min(length, n_samples) - (filled - done), 0)
        return chunks + rows * sum(widths) * self.itemsize


def disk_line(
    widths: Sequence[int], n_samples: int | None, itemsize: int, chunk: tuple[int, int]
) -> str:
    """Say how large the activations will be on disk, in chunks of (neuron, sample)."""
    text = shape_line(widths)
    if n_samples is None:
        each, length = _parts(widths, chunk[0]) * chunk[0] * itemsize, chunk[1]
        return (
            f"{text}: {format_bytes(each)} on disk for each sample, beyond {length:,} samples in "
            "whole chunks of as many"
        )
    text += f" × {n_samples:,} sample{'s'[: n_samples != 1]}"
    return f"{text}: at most {format_bytes(disk_bytes(widths, n_samples, itemsize, chunk))} on disk"


def disk_bytes(widths: Sequence[int], n_samples: int, itemsize: int, chunk: tuple[int, int]) -> int:
    """Return the bytes of all chunks, each of which is written in full if a value is in it."""
    neurons, length = chunk[0], min(chunk[1], max(n_samples, 1))
    chunk_bytes = neurons * length * itemsize + CHECKSUM_BYTES
    return _parts(widths, neurons) * -(-n_samples // length) * chunk_bytes


def _parts(widths: Sequence[int], neurons: int) -> int:
    """Return into how many parts of so many neurons the layers are divided."""
    return sum(-(-width // neurons) for width in widths)


def _does_not_fit(line: str, why: str, remedy: str) -> ValueError:
    return ValueError(
        f"the activations do not fit on the disk: {line}; {why}. {remedy} fewer layers, fewer "
        "samples or fewer neurons. What is recorded already is kept."
    )


def _free_disk(folder: Path) -> tuple[int, Path]:
    """Return the bytes that are free where a folder is or would be, and where that is."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free, folder
