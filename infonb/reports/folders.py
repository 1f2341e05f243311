"""Whether files can be written to a folder, asked before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["check_folder"]


def check_folder(folder: Path) -> None:
    """Raise unless files can be written to a folder, or the folder can be made; make nothing."""
    existing = next(path for path in [folder.absolute(), *folder.absolute().parents] if _is(path))
    if not existing.is_dir():
        raise NotADirectoryError(f"output folder {folder}: {existing} is a file, not a folder.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise PermissionError(f"output folder {folder}: no permission to write in {existing}.")


def _is(path: Path) -> bool:
    return os.path.lexists(path)
