"""Folders that the user names: what they mean, and whether files can be written to them."""

from __future__ import annotations

import os
import tempfile
from itertools import count
from pathlib import Path

__all__ = ["can_write", "check_folder", "free_name", "named", "user_folder"]


def user_folder(text: str | os.PathLike[str]) -> Path:
    """Return the folder that a user names; ``~`` is the home, as the shell has it."""
    name = os.fsdecode(text)
    if "\0" in name:
        raise ValueError(f"output folder {name!r} has a character of number 0 in its name.")
    # before it is a path, which would take ./~ for ~
    path = os.path.expanduser(name)
    if path.startswith("~"):
        raise ValueError(
            f"output folder {named(name)}: there is no such home; ./{named(name)} is a folder of "
            "that name."
        )
    try:
        os.getcwd()
    except FileNotFoundError:
        raise FileNotFoundError(
            "the current folder has been removed; change to another one (cd)."
        ) from None
    return Path(path)


def check_folder(folder: Path) -> None:
    """Raise unless files can be written to a folder, or the folder can be made; leave nothing."""
    existing = _existing(folder)
    if not existing.is_dir():
        raise NotADirectoryError(
            f"output folder {named(folder)}: {named(existing)} is a file, not a folder."
        )
    for part in folder.absolute().relative_to(existing).parts:
        try:  # names that the file system does not take
            os.lstat(existing / part)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OSError(f"output folder {named(folder)}: {error.strerror}.") from None
    if not can_write(folder):
        raise PermissionError(
            f"output folder {named(folder)}: no permission to write in {named(existing)}."
        )


def can_write(folder: Path) -> bool:
    """Whether files can be written to a folder, or it can be made; nothing is left there."""
    # permissions alone do not tell: some systems grant them in folders that take no files
    existing = _existing(folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return False
    try:
        with tempfile.TemporaryFile(prefix=".infonb-", dir=existing):
            return True
    except OSError:
        return False


def free_name(path: Path, word: str) -> Path:
    """Return a name beside a file or folder that is not taken: ``page.<word>.html``."""
    names = (f"{path.stem}.{word}{n or ''}{path.suffix}" for n in count())
    return next(each for each in map(path.with_name, names) if not os.path.lexists(each))


def named(path: str | os.PathLike[str]) -> str:
    """Return a path as a message of one line has it: quoted where it cannot be printed."""
    text = os.fspath(path)
    return text if text.isprintable() else repr(text)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest of its parents that is there."""
    return next(
        path for path in [folder.absolute(), *folder.absolute().parents] if os.path.lexists(path)
    )
