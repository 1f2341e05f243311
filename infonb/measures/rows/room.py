"""What a measure would take in memory, told before anything is allocated."""

from __future__ import annotations

from infonb.storage.memory import available_memory, format_bytes

__all__ = ["check_room"]

# Nothing is said, and the system not asked, of what any machine has.
_SMALL = 2**26


def check_room(needed: int, what: str, remedy: str) -> None:
    """Raise a ValueError if so many bytes are more than the memory that can be had."""
    if needed <= _SMALL:
        return
    free = available_memory()
    if free is not None and needed > free:
        raise ValueError(
            f"{what} takes {format_bytes(needed)} of memory, and {format_bytes(free)} can be had. "
            f"{remedy}"
        )
