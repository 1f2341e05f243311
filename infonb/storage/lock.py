"""One process at a time: a lock that goes with the process that holds it, however that ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["Lock"]


class Lock:
    """
    A lock on a folder; where the system has none, nothing is locked.

    Raises
    ------
    RuntimeError
        If another process holds it.
    """

    def __init__(self, folder: Path, what: str) -> None:
        self._file: Any = None
        try:
            import fcntl
        except ImportError:  # Windows
            return
        self._file = open(folder / "lock", "ab")  # noqa: SIM115
        try:
            # the lock of a process, which the workers of a DataLoader do not inherit
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            self.release()
            raise RuntimeError(
                f"{what} is being written by another process; wait for it, end it, or give "
                "another path."
            ) from None
        except OSError:  # a file system without locks
            pass

    def release(self) -> None:
        """Let others take it."""
        if self._file is not None:
            self._file.close()
            self._file = None
