"""Whether files can be written to a folder, asked before any work is done."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["can_write", "check_folder"]


def check_folder(folder: Path) -> None:
    """Raise unless files can be written to a folder, or the folder can be made; leave nothing."""
    existing = _existing(folder)
    if not existing.is_dir():
        raise NotADirectoryError(f"output folder {folder}: {existing} is a file, not a folder.")
    if not can_write(folder):
        raise PermissionError(f"output folder {folder}: no permission to write in {existing}.")


def can_write(folder: Path) -> bool:
    """Whether files can be written to a folder, or it can be made; nothing is left there."""
    # permissions alone do not tell: some systems grant them in folders that take no files
    existing = _existing(folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return False
    try:
        with tempfile.TemporaryDirectory(prefix=".infonb-", dir=existing):
            return True
    except OSError:
        return False


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest of its parents that is there."""
    return next(
        path for path in [folder.absolute(), *folder.absolute().parents] if os.path.lexists(path)
    )
