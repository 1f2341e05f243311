"""One report at a time in a folder: a lock that lies in it, for all users and machines."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

__all__ = ["FolderLock"]

_NAME = ".infonb-report.lock"
_TEXT = b"A report is being written to this folder; nothing is left of this file when it is done.\n"


class FolderLock:
    """
    Keep other reports out of a folder, which is made, for as long as it is entered.

    The lock goes with the process, however that ends; a file that is left is anybody's to take. It
    is as safe between machines as the locks of the file system are; where there are none, it keeps
    nobody out.

    Raises
    ------
    FileExistsError
        If another report holds it, or something else bears its name.
    """

    def __init__(self, folder: Path, shown: str) -> None:
        self._folder, self._path, self._shown = folder, folder / _NAME, shown
        self._handle = -1

    def __enter__(self) -> FolderLock:
        try:
            while not self._take():
                self._close()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # while it is held: who waits at the removed file sees that it is not the one in the folder
        with suppress(OSError):
            self._path.unlink()
        self._close()

    def _take(self) -> bool:
        """Take the lock of the file; False if the file was removed just then."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._handle = self._open()
        except FileNotFoundError:
            return False
        status = os.fstat(self._handle)
        if not stat.S_ISREG(status.st_mode) or not _TEXT.startswith(_start(self._handle)):
            raise FileExistsError(f"{self._path} is not infonb's; choose another output folder.")
        if not self._lock():
            raise FileExistsError(
                f"another report is being written to {self._shown}; choose another output folder "
                "(both share the runs that they make), or wait."
            )
        try:
            return os.path.samestat(status, os.stat(self._path))
        except FileNotFoundError:
            return False

    def _open(self) -> int:
        careful = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK if os.name == "posix" else 0
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | careful, 0o666)
        except FileExistsError:
            pass
        else:
            with suppress(OSError):  # on a full disk an empty file serves as well
                if hasattr(os, "fchmod"):  # a file that is left locks no other user out
                    os.fchmod(handle, 0o666)
                os.write(handle, _TEXT)
            return handle
        try:
            return os.open(self._path, os.O_RDWR | careful)
        except PermissionError:  # another user's, made by a process that was killed just then
            return os.open(self._path, os.O_RDONLY | careful)

    def _lock(self) -> bool:
        try:
            import fcntl
        except ImportError:  # Windows
            return True
        try:
            # the lock of an open file, which keeps two threads apart as well
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
        return True

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _start(handle: int) -> bytes:
    """Return the beginning of a file, which may be cut: its process was killed or the disk full."""
    return os.pread(handle, len(_TEXT) + 1, 0) if hasattr(os, "pread") else b""
