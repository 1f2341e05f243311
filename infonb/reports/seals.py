"""What tells the files of a report from those that somebody made or changed: checksums.

The page ends in a comment with a checksum of itself. The notebook has one in its metadata, and
those of what it has made: the results. A note in it, or a file among the results, breaks them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["checksum", "is_outcome", "is_sealed", "seal_notebook", "seal_page", "unchanged"]

_KEY = "infonb"
_PAGE_SEAL = re.compile(rb"<!-- infonb (\w+) ([0-9a-f]{32}) -->\n\Z")


def seal_page(page: str, name: str) -> bytes:
    """Return the page of an experiment as it is written, with its seal."""
    content = page.rstrip("\n").encode("utf-8", "backslashreplace") + b"\n"
    return content + f"<!-- infonb {name} {_digest(content)} -->\n".encode()


def seal_notebook(notebook: Any, name: str, made: dict[str, str]) -> bytes:
    """Return the notebook of an experiment as it is written, sealed; with checksums of files."""
    import nbformat

    content = json.loads(nbformat.writes(notebook))
    content["metadata"][_KEY] = {"experiment": name, "made": made}
    content["metadata"][_KEY]["checksum"] = _digest(_canonical(content))
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    # bytes of names that are not UTF-8 become what JSON writes for them
    return text.encode("utf-8", "backslashreplace")


def checksum(path: Path) -> str:
    """Return a checksum of a file, or of all in a folder; no link is followed, no pipe read."""
    if path.is_symlink():
        return _digest(b"link " + os.fsencode(os.readlink(path)))
    if path.is_file():
        with open(path, "rb") as file:
            return hashlib.file_digest(file, _hash).hexdigest()
    digest = _hash()
    for each in sorted(path.iterdir()) if path.is_dir() else ():
        digest.update(os.fsencode(each.name) + b"\0" + checksum(each).encode())
    return digest.hexdigest()


def is_outcome(notebook: Path) -> bool:
    """Whether a notebook is the outcome of a report, perhaps changed, not one of somebody else."""
    return "papermill" in _metadata(notebook)


def unchanged(name: str, notebook: Path, page: Path) -> set[Path]:
    """Return the files and folders of an earlier report that are as it left them."""
    found = set()
    if is_sealed(page, name):
        found.add(page)
    note = _metadata(notebook).get(_KEY)
    if not isinstance(note, dict) or note.get("experiment") != name:
        return found
    content = _read(notebook)
    told = content["metadata"][_KEY].pop("checksum", None)
    if not notebook.is_symlink() and told == _digest(_canonical(content)):
        found.add(notebook)
    made = note.get("made")
    for each, known in made.items() if isinstance(made, dict) else ():
        with suppress(OSError, ValueError):  # what cannot be read, or be a name, is not known
            path = notebook.with_name(each)
            if path != notebook and _is_there(path) and checksum(path) == known:
                found.add(path)
    return found


def _is_there(path: Path) -> bool:
    """Whether a path is a file or a folder of its own: no link, no pipe."""
    return not path.is_symlink() and (path.is_file() or path.is_dir())


def is_sealed(page: Path, name: str) -> bool:
    """Whether a page is there as it was written under this name."""
    if page.is_symlink() or not page.is_file():
        return False
    try:
        content = page.read_bytes()
    except OSError:
        return False
    seal = _PAGE_SEAL.search(content[-200:])
    if seal is None or seal[1] != name.encode():
        return False
    return seal[2].decode() == _digest(content[: -len(seal[0])])


def _metadata(notebook: Path) -> dict[str, Any]:
    metadata = _read(notebook).get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _read(notebook: Path) -> dict[str, Any]:
    """Return a notebook's content; nothing if it is none, or cannot be read."""
    if not notebook.is_file():
        return {}
    try:
        content = json.loads(notebook.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _hash() -> Any:
    return hashlib.blake2b(digest_size=16)
