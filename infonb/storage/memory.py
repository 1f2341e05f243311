"""How much memory there is, and numbers of bytes for people."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["available_memory", "format_bytes"]


def available_memory() -> int | None:
    """Return the bytes of memory that are free for use, None if the system does not tell."""
    found = _of_machine(), _of_container(), _of_process()
    known = [bytes_ for bytes_ in found if bytes_ is not None]
    return min(known) if known else None


def format_bytes(n: float) -> str:
    """Return a number of bytes for people."""
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        if n >= 1000**power:
            return f"{n / 1000**power:.1f} {unit}"
    return f"{n:.0f} B"


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


def _of_process() -> int | None:
    """Return what the limit of this process (``ulimit -v``) leaves, on Linux."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError, ValueError):
        return None
    if limit == resource.RLIM_INFINITY:
        return None
    return max(limit - pages * os.sysconf("SC_PAGE_SIZE"), 0)
