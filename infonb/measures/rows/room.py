"""What a measure would take in memory, told before anything is allocated."""

from __future__ import annotations

import os
from pathlib import Path

from infonb.activations.size import available_memory, format_bytes

__all__ = ["check_room"]

# Nothing is said, and the system not asked, of what any machine has.
_SMALL = 2**26


def check_room(needed: int, what: str, remedy: str) -> None:
    """Raise a ValueError if so many bytes are more than the memory that can be had."""
    if needed <= _SMALL:
        return
    known = [n for n in (available_memory(), _left_by_limit()) if n is not None]
    free = min(known, default=needed)
    if needed > free:
        raise ValueError(
            f"{what} takes {format_bytes(needed)} of memory, and {format_bytes(free)} can be had. "
            f"{remedy}"
        )


def _left_by_limit() -> int | None:
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
