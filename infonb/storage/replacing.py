"""A folder is written beside its place, and put there in one step, also over an older one."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infonb.storage.lock import Lock

__all__ = ["bring_back", "replacing"]

# names in the folder beside the place: what is being written, and what was there before
_NEW, _OLD = "new", "old"


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """
    Give a folder to write, which is not there yet; then it replaces what is in its place.

    It lies in a hidden folder beside the place, with its lock. Whoever is killed leaves that
    folder behind, and the next one who writes to the same place removes it.
    """
    beside = _beside(target)
    lock = Lock(beside, str(target))
    try:
        _take_back(target)
        for left in (_NEW, _OLD):
            shutil.rmtree(beside / left, ignore_errors=True)
        yield beside / _NEW
        _put(beside / _NEW, target, beside / _OLD)
    finally:
        with suppress(OSError):
            _take_back(target)
            shutil.rmtree(beside)
        lock.release()


def bring_back(target: Path) -> None:
    """Put a folder back that a process has moved aside and, killed, not replaced."""
    beside = _beside(target)
    if target.exists() or not (beside / _OLD).exists():
        return
    with suppress(RuntimeError, OSError):  # whoever holds the lock is about to do it
        lock = Lock(beside, str(target))
        try:
            _take_back(target)
        finally:
            lock.release()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.saving")


def _take_back(target: Path) -> None:
    old = _beside(target) / _OLD
    if old.exists() and not os.path.lexists(target):
        old.rename(target)


def _put(new: Path, target: Path, old: Path) -> None:
    if not target.exists():
        new.rename(target)
    elif _exchange(new, target):
        new.rename(old)
    else:  # for a moment nothing is there; `bring_back` knows of it
        target.rename(old)
        new.rename(target)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; False where the system or the disk cannot."""
    if sys.platform != "linux":
        return False
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    current, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    paths = os.fsencode(first), os.fsencode(second)
    return swap is not None and swap(current, paths[0], current, paths[1], exchange) == 0
