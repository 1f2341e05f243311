"""Files that are there wholly or not at all, also after a crash of the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

__all__ = ["digest", "read_checked", "sync", "write_atomically", "write_checked"]


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by one with this text; whoever reads it sees the old or the new one."""
    temporary = path.with_name(f"{path.name}.new")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def write_checked(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a file by one with these values in JSON, and a checksum of them."""
    plain = json.loads(json.dumps(dict(values), default=str))
    write_atomically(path, json.dumps({"checksum": _of_values(plain), **plain}, indent=1))


def read_checked(path: Path, *names: str) -> dict[str, Any]:
    """
    Return the values that `write_checked` wrote, among them those of some names.

    A ValueError names the file if they differ or are missing.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
        checksum = values.pop("checksum", None)  # None: an older file
        right = checksum in (None, _of_values(values)) and values.keys() >= set(names)
    except (ValueError, AttributeError, TypeError, RecursionError, IsADirectoryError):
        right = False
    if not right:
        raise ValueError(
            f"{path} is damaged: it is not as it was written. Remove {path.parent} to begin anew."
        )
    return values


def digest(content: bytes) -> str:
    """Return a short checksum."""
    return blake2b(content, digest_size=16).hexdigest()


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk itself, where the system can say so."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # chunks of nothing but NaN are not written; Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _of_values(values: Mapping[str, Any]) -> str:
    return digest(json.dumps(values, sort_keys=True).encode())
