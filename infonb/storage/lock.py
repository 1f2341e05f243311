"""One writer at a time: a lock that goes with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Any

__all__ = ["Held", "Lock"]

# (process, folder) -> the lock that holds it: locks of files do not keep two threads apart, and
# whoever opens and closes such a file gives up the lock of the whole process
_HELD: dict[tuple[int, str], Lock] = {}


class Held(RuntimeError):
    """Somebody else, who can come to an end, holds the lock; `by` says who."""

    def __init__(self, what: str, by: str) -> None:
        self.by = by
        super().__init__(
            f"{what} is being written by {by}; wait for it, end it, or give another path."
        )


class Lock:
    """
    A lock on a folder, which is made; it keeps other processes and other threads out.

    Where the system or the disk has no locks, only the threads of one process are kept apart. A
    lock that a thread has left behind when it ended is taken over.

    Raises
    ------
    Held
        If another process or thread holds it.
    RuntimeError
        If this very thread holds it, which would wait for itself.
    """

    def __init__(self, folder: Path, what: str) -> None:
        self._file: Any = None
        self._key = os.getpid(), str(folder.resolve())
        self._thread = threading.current_thread()
        # one step, which needs no lock of its own (that a fork could copy in a locked state)
        while (holder := _HELD.setdefault(self._key, self)) is not self:
            if holder._thread is self._thread:
                raise RuntimeError(
                    f"{what} is being written by this very thread, which cannot wait for itself; "
                    "end what it has begun, or give another path."
                )
            if holder._thread.is_alive():
                raise Held(what, f"another thread of this process ({holder._thread.name})")
            if _HELD.pop(self._key, None) is holder:  # one of several threads that find it so
                holder._close()
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
            self._file = open(path, "a+b", buffering=0)  # noqa: SIM115
        except FileNotFoundError:
            return False
        try:
            # the lock of a process, which the workers of a DataLoader do not inherit
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise Held(what, f"another process ({self._holder()})") from None
        except OSError:  # a file system without locks
            return True
        try:  # whoever held it may have removed the file: a lock that nobody else will see
            if not os.path.samestat(os.fstat(self._file.fileno()), os.stat(path)):
                return False
        except FileNotFoundError:
            return False
        with contextlib.suppress(OSError):  # a full disk: then it cannot say who holds it
            self._file.truncate(0)
            self._file.write(f"{os.getpid()} on {os.uname().nodename}".encode())
        return True

    def _holder(self) -> str:
        """Return the process that holds the lock, as it has written into its file."""
        self._file.seek(0)
        return self._file.read(200).decode(errors="replace") or "of unknown number"

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
