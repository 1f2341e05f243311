"""One writer at a time: a lock that goes with the process that holds it, however that ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["Lock"]

# (process, folder) -> the lock that holds it: locks of files do not keep two threads apart, and
# whoever opens and closes such a file gives up the lock of the whole process
_HELD: dict[tuple[int, str], Lock] = {}


class Lock:
    """
    A lock on a folder, which is made; it keeps other processes and other threads out.

    Where the system or the disk has no locks, only the threads of one process are kept apart.

    Raises
    ------
    RuntimeError
        If somebody else holds it.
    """

    def __init__(self, folder: Path, what: str) -> None:
        self._file: Any = None
        self._key = os.getpid(), str(folder.resolve())
        # one step, which needs no lock of its own (that a fork could copy in a locked state)
        if _HELD.setdefault(self._key, self) is not self:
            raise RuntimeError(
                f"{what} is being written by another thread of this process; wait for it, end it, "
                "or give another path."
            )
        try:
            while not self._take(folder, what):
                self._close()
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let others take it."""
        self._close()
        if _HELD.get(self._key) is self:
            del _HELD[self._key]

    def _take(self, folder: Path, what: str) -> bool:
        """Take the lock of the file; False if the folder was removed just then."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            import fcntl
        except ImportError:  # Windows
            return True
        path = folder / "lock"
        try:
            self._file = open(path, "ab")  # noqa: SIM115
        except FileNotFoundError:
            return False
        try:
            # the lock of a process, which the workers of a DataLoader do not inherit
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise RuntimeError(
                f"{what} is being written by another process; wait for it, end it, or give "
                "another path."
            ) from None
        except OSError:  # a file system without locks
            return True
        try:  # whoever held it may have removed the file: a lock that nobody else will see
            return os.path.samestat(os.fstat(self._file.fileno()), os.stat(path))
        except FileNotFoundError:
            return False

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
