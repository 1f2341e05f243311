"""How much memory a recording takes, said and checked before it runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["available_memory", "check_size", "format_bytes", "shape_line", "size_line"]


def size_line(widths: Sequence[int], n_samples: int | None, itemsize: int) -> str:
    """Return one line that says how large the activations will be, and what padding adds."""
    n_layers, neurons = len(widths), max(widths)
    padding = n_layers * neurons - sum(widths)
    text = shape_line(widths)
    if n_samples is None:
        text += f": {format_bytes(n_layers * neurons * itemsize)} for each sample"
        return text + (f" (of which padding {format_bytes(padding * itemsize)})" if padding else "")
    total = n_layers * neurons * n_samples * itemsize
    added = format_bytes(padding * n_samples * itemsize)
    text += f" × {n_samples:,} sample{'s'[: n_samples != 1]}: {format_bytes(total)}"
    return text + (f" (padding adds {added})" if padding else " (no padding)")


_REMEDY = (
    'Record to disk (to="activations.zarr"), fewer layers (layers=[...]), fewer samples, or fewer '
    "neurons (reduce='mean' or a function); max_bytes= sets another limit."
)


def check_size(needed: int, max_bytes: float | None, what: str, remedy: str = _REMEDY) -> None:
    """Raise unless so many bytes may be used; None: 80 % of the memory that is free, if known."""
    limit, source = max_bytes, "max_bytes"
    if limit is None:
        free = available_memory()
        if free is None:
            return
        limit, source = 0.8 * free, "80 % of the free memory"
    if needed > limit:
        raise ValueError(
            f"the activations do not fit: {what}, but {source} is {format_bytes(limit)}. {remedy}"
        )


def available_memory() -> int | None:
    """Return the bytes of memory that are free for use, None if the system does not tell."""
    known = [bytes_ for bytes_ in (_of_machine(), _of_container()) if bytes_ is not None]
    return min(known) if known else None


def format_bytes(n: float) -> str:
    """Return a number of bytes for people."""
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        if n >= 1000**power:
            return f"{n / 1000**power:.1f} {unit}"
    return f"{n:.0f} B"


def shape_line(widths: Sequence[int]) -> str:
    """Say how many layers there are, and of how many neurons."""
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
