"""How much memory or disk a recording takes, said and checked before it runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "available_memory",
    "check_disk",
    "check_size",
    "disk_bytes",
    "disk_line",
    "format_bytes",
    "free_disk",
    "size_line",
]


def size_line(widths: Sequence[int], n_samples: int | None, itemsize: int) -> str:
    """
    Return one line that says how large the activations will be, and what padding adds.

    Examples
    --------
    >>> size_line([256, 256, 10], 10_000, 4)
    '3 layers × up to 256 neurons × 10,000 samples: 30.7 MB (padding adds 9.8 MB)'
    >>> size_line([256], None, 4)
    '1 layer × 256 neurons: 1.0 kB for each sample'
    """
    n_layers, neurons = len(widths), max(widths)
    padding = n_layers * neurons - sum(widths)
    text = _shape(widths)
    if n_samples is None:
        text += f": {format_bytes(n_layers * neurons * itemsize)} for each sample"
        return text + (f" (of which padding {format_bytes(padding * itemsize)})" if padding else "")
    total = n_layers * neurons * n_samples * itemsize
    added = format_bytes(padding * n_samples * itemsize)
    text += f" × {n_samples:,} sample{'s'[: n_samples != 1]}: {format_bytes(total)}"
    return text + (f" (padding adds {added})" if padding else " (no padding)")


def disk_line(
    widths: Sequence[int], n_samples: int | None, itemsize: int, chunk: tuple[int, int]
) -> str:
    """
    Return one line that says how large the activations will be on disk.

    Chunks are (neuron, sample); for the other parameters see `disk_bytes`.

    Examples
    --------
    >>> disk_line([256, 256, 10], 10_000, 4, (16, 250_000))
    '3 layers × up to 256 neurons × 10,000 samples: at most 21.1 MB on disk'
    """
    text = _shape(widths)
    if n_samples is None:
        each, length = disk_bytes(widths, 1, itemsize, chunk), chunk[1]
        return (
            f"{text}: {format_bytes(each)} on disk for each sample, beyond {length:,} samples in "
            "whole chunks of as many"
        )
    text += f" × {n_samples:,} sample{'s'[: n_samples != 1]}"
    return f"{text}: at most {format_bytes(disk_bytes(widths, n_samples, itemsize, chunk))} on disk"


def disk_bytes(widths: Sequence[int], n_samples: int, itemsize: int, chunk: tuple[int, int]) -> int:
    """
    Return the bytes of all chunks, each of which is written in full if a value is in it.

    Parameters
    ----------
    widths
        Number of neurons of the layers.
    n_samples
        Number of samples.
    itemsize
        Bytes of a value.
    chunk
        Neurons and samples in a chunk; the samples are no more than there are.

    Examples
    --------
    >>> disk_bytes([5, 3], 10, 4, (3, 7)) == (2 + 1) * 2 * (3 * 7 * 4)
    True
    """
    neurons, length = chunk[0], min(chunk[1], max(n_samples, 1))
    parts = sum(-(-width // neurons) for width in widths)
    return parts * -(-n_samples // length) * neurons * length * itemsize


def check_size(needed: int, max_bytes: float | None, what: str) -> None:
    """
    Raise unless so many bytes may be used.

    Parameters
    ----------
    needed
        Bytes of the activations.
    max_bytes
        The limit; None: 80 % of the memory that is free, if that is known.
    what
        The size in words, for the error.
    """
    limit, source = max_bytes, "max_bytes"
    if limit is None:
        free = available_memory()
        if free is None:
            return
        limit, source = 0.8 * free, "80 % of the free memory"
    if needed > limit:
        raise ValueError(
            f"the activations do not fit: {what}, but {source} is {format_bytes(limit)}. Record "
            "fewer layers (layers=[...]), fewer samples, or fewer neurons (reduce='mean' or a "
            "function); max_bytes= sets another limit."
        )


def check_disk(needed: int, max_bytes: float | None, what: str, folder: Path) -> None:
    """Raise unless so many bytes may be written to a folder; `max_bytes` replaces what is free."""
    if max_bytes is None:
        free, place = free_disk(folder)
        if needed <= free:
            return
        why = (
            f"{format_bytes(needed)} more are needed, but {format_bytes(free)} are free in {place}"
        )
        remedy = "Make room, or record on another disk; else record"
    elif needed > max_bytes:
        why, remedy = f"max_bytes is {format_bytes(max_bytes)}", "Set another limit, or record"
    else:
        return
    raise ValueError(
        f"the activations do not fit on the disk: {what}; {why}. {remedy} fewer layers, fewer "
        "samples or fewer neurons. What is recorded already is kept."
    )


def free_disk(folder: Path) -> tuple[int, Path]:
    """Return the bytes that are free where a folder is or would be, and where that is."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free, folder


def available_memory() -> int | None:
    """Return the bytes of memory that are free for use, None if the system does not tell."""
    known = [bytes_ for bytes_ in (_of_machine(), _of_container()) if bytes_ is not None]
    return min(known) if known else None


def format_bytes(n: float) -> str:
    """
    Return a number of bytes for people.

    Examples
    --------
    >>> format_bytes(30_720_000), format_bytes(12), format_bytes(2.5e9)
    ('30.7 MB', '12 B', '2.5 GB')
    """
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        if n >= 1000**power:
            return f"{n / 1000**power:.1f} {unit}"
    return f"{n:.0f} B"


def _shape(widths: Sequence[int]) -> str:
    n_layers, neurons = len(widths), max(widths)
    text = f"{n_layers} layer{'s'[: n_layers != 1]} × {'up to ' if min(widths) < neurons else ''}"
    return f"{text}{neurons:,} neuron{'s'[: neurons != 1]}"


def _of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:  # not Linux: the whole memory is the best that can be known
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_container(folder: str = "/sys/fs/cgroup") -> int | None:
    """Return what a container may still use (cgroup v2), such as a notebook on a server."""
    try:
        limit = Path(folder, "memory.max").read_text().strip()
        used = int(Path(folder, "memory.current").read_text())
        stat = Path(folder, "memory.stat").read_text().split()
    except (OSError, ValueError):
        return None
    if limit == "max":
        return None
    cache = int(stat[stat.index("inactive_file") + 1]) if "inactive_file" in stat else 0
    return max(int(limit) - used + cache, 0)
