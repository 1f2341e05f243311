"""One writer at a time: a lock that goes with the process that holds it, however that ends."""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["Held", "Lock"]

# (process, file) -> the lock that holds it: locks of files do not keep two threads apart, and
# whoever opens and closes such a file gives up the lock of the whole process
_HELD: dict[tuple[int, str], Lock] = {}
# what a lock writes into its file, or has not yet
_HOLDER = re.compile(rb"(\d+ on .*)?", re.DOTALL)
_LONGEST = 300
# why a folder, a link, a socket under its name is not opened
_NO_FILE = (errno.EISDIR, errno.ELOOP, errno.ENXIO)


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

    It is a file in the folder, `name`, which is removed when the lock is released. Other users and
    machines that see the folder are kept out, too, as far as its file system has locks; where it
    has none, only the threads of one process are kept apart. For what is no folder, or must not
    hold another file, lock the folder above with a name that is of it alone. A lock that a thread
    has left behind when it ended is taken over. A file of that name that is somebody else's serves
    as well, and stays as it is.

    Raises
    ------
    Held
        If another process or thread holds it.
    RuntimeError
        If this very thread holds it, which would wait for itself.
    FileExistsError
        If what bears its name is no file.
    """

    def __init__(self, folder: Path, what: str, *, name: str = "lock") -> None:
        self._file: int | None = None
        self._is_own = False
        self._path = folder.resolve() / name
        self._key = os.getpid(), str(self._path)
        self._thread = threading.current_thread()
        self._heir: dict[str, Lock] = {}
        # one step, which needs no lock of its own (that a fork could copy in a locked state)
        while (holder := _HELD.setdefault(self._key, self)) is not self:
            if holder._thread is self._thread:
                raise RuntimeError(
                    f"{what} is being written by this very thread, which cannot wait for itself; "
                    "end what it has begun, or give another path."
                )
            if holder._thread.is_alive():
                raise Held(what, f"another thread of this process ({holder._thread.name})")
            # one of several threads that find it so; the others look again
            if holder._heir.setdefault("is", self) is self:
                holder._close()
                _HELD[self._key] = self
        try:
            while not self._take(what):
                self._close()
        except BaseException:
            self._close()
            del _HELD[self._key]
            raise

    def release(self) -> None:
        """Let others take it; in a fork, which has never held it, nothing happens."""
        if _HELD.get(self._key) is not self or self._key[0] != os.getpid():
            return
        # while it is held: who waits at the removed file sees that it is not the one in the folder
        with suppress(OSError):
            if self._file is not None and self._is_own and self._is_there():
                self._path.unlink()
        self._close()
        del _HELD[self._key]

    def _take(self, what: str) -> bool:
        """Take the lock of the file; False if the file or folder was removed just then."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            import fcntl
        except ImportError:  # Windows
            return True
        try:
            self._file = _open(self._path)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in _NO_FILE:
                raise
        if self._file is None or not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise FileExistsError(
                f"{self._path} is in the way: it is no file that can be locked. Move it away, or "
                "give another path."
            )
        self._is_own = _is_own(self._file)
        try:
            # the lock of a process, which the workers of a DataLoader do not inherit
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise Held(what, f"another process ({_holder(self._file)})") from None
        except OSError:  # a file system without locks
            return True
        if not self._is_there():
            return False
        if self._is_own:
            with suppress(OSError):  # a full disk: then it cannot say who holds it
                os.ftruncate(self._file, 0)
                os.write(self._file, f"{os.getpid()} on {os.uname().nodename}".encode())
        return True

    def _is_there(self) -> bool:
        """Tell whether the file is that of the folder: one that was removed nobody else sees."""
        file: Any = self._file
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _open(path: Path) -> int:
    """Open the file of a lock, which every user who may write to the folder can open later."""
    # no link is followed, no pipe waited for
    careful = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        file = os.open(path, careful | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        # not with O_CREAT: in a folder like /tmp that is refused for the files of other users
        return os.open(path, careful)
    with suppress(OSError):  # whatever the umask; all that it holds is who has it
        os.fchmod(file, 0o666)
    return file


def _is_own(file: int) -> bool:
    """Whether a file is a lock's: what is somebody else's is neither written to nor removed."""
    # zeros: the machine was lost before its disk had the rest
    return _HOLDER.fullmatch(os.pread(file, _LONGEST, 0).strip(b"\0")) is not None


def _holder(file: int) -> str:
    """Return the process that holds a lock, as it has written into its file."""
    return os.pread(file, _LONGEST, 0).decode(errors="replace") or "of unknown number"
