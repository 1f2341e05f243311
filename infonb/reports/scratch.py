"""A private temporary folder, which the next one removes if its process was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: what a killed process leaves is not removed
    fcntl = None

__all__ = ["scratch_folder"]

_PREFIX = "infonb-kernel-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a temporary folder, remove it at the end; before, remove those of killed processes."""
    _sweep()
    folder, handle = _make()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _make() -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        handle = _lock(folder, wait=True)
        if folder.exists():  # else another process has taken it for one that was left
            return folder, handle
        if handle is not None:
            os.close(handle)


def _sweep() -> None:
    """Remove the folders of this user that no living process holds."""
    if fcntl is None:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            handle = _lock(folder, wait=False)
            if handle is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(handle)


def _lock(folder: Path, wait: bool) -> int | None:
    """Lock a folder, for as long as the process lives; None if that cannot be, or another does."""
    if fcntl is None:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(handle)
        return None
    return handle
