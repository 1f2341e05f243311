"""The folder of a kept run: its note, what of it infonb has made, and what is left of a kill."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from infonb.storage import read_checked, write_checked

__all__ = [
    "LOCK", "NOTE", "TRAINING", "clear_leftovers", "digest", "file_checksum", "files_in",
    "has_leftovers", "is_run", "is_store_part", "is_unnoted", "noted", "remove_own", "write_note",
]  # fmt: skip

NOTE, LOCK = "run.json", "lock"

#: The files of `infonb.fit`; those of another training are noted when it has ended.
TRAINING = frozenset({"best.safetensors", "history.json", "last.safetensors"})

#: What the name of the folder is a digest of, among what is noted.
_KEY = ("experiment", "level", "seed", "parameters", "code", "data")
_FOLDER = re.compile(r"[0-9a-f]{20}")
_STORE = re.compile(r"[^\W\d]\w*-[0-9a-f]{20}\.zarr")
#: Under these names files and stores are written, or moved away, by whoever holds the lock.
_LEFT = re.compile(
    r"\.{1,2}[^\W\d]\w*-[0-9a-f]{20}\.zarr(\.(partial|old)-[0-9a-f]{8})?(\.saving)?"
    r"|\.(best\.safetensors|history\.json|last\.safetensors)\.\d+\.tmp"
    r"|run\.json\.new"
)


def digest(note: Mapping[str, Any]) -> str:
    """Return the checksum of plain values, 20 hexadecimal digits."""
    return blake2b(json.dumps(note, sort_keys=True).encode(), digest_size=10).hexdigest()


def noted(folder: Path) -> dict[str, Any] | None:
    """Return what is noted of a run; None unless the note is whole and that of this folder."""
    path = folder / NOTE
    try:
        if path.is_symlink() or not path.is_file():
            return None
        note = read_checked(path)
        key = note["experiment"], digest({name: note[name] for name in _KEY})
        is_here = key == (folder.parent.name, folder.name)
        leads_out = any(".." in path or path.startswith("/") for path in note.get("files", {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return note if is_here and not leads_out else None


def write_note(folder: Path, note: Mapping[str, Any]) -> None:
    """Write down what a run is, unless just that is there; by this file it is known as one."""
    folder.mkdir(parents=True, exist_ok=True)
    if noted(folder) != json.loads(json.dumps(note)):
        write_checked(folder / NOTE, note)


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run, or was just made for one; never behind a link."""
    if folder.is_symlink() or folder.parent.is_symlink() or not _FOLDER.fullmatch(folder.name):
        return False
    return noted(folder) is not None or (
        folder.is_dir() and {entry.name for entry in folder.iterdir()} <= {LOCK, f"{NOTE}.new"}
    )


def files_in(folder: Path) -> Iterator[str]:
    """Give the paths of all files and links below a folder, as seen from it; links are ends."""
    for place, folders, files in os.walk(folder):
        for name in [*files, *(name for name in folders if Path(place, name).is_symlink())]:
            yield Path(place, name).relative_to(folder).as_posix()


def is_unnoted(path: str) -> bool:
    """Whether a file in the folder of a run may be one that its training has written."""
    first = path.partition("/")[0]
    return path not in (NOTE, LOCK) and not _is_ours(first)


def is_store_part(path: str) -> bool:
    """Whether a path below a store is one of zarr: metadata or a chunk of a variable."""
    return re.fullmatch(r"zarr\.json|[^/]+/(zarr\.json|c(/\d+)*)", path) is not None


def has_leftovers(folder: Path) -> bool:
    """Whether a killed process has left unfinished files, or its lock, in the folder of a run."""
    return any(name == LOCK or _LEFT.fullmatch(name) for name in os.listdir(folder))


def clear_leftovers(folder: Path) -> None:
    """Remove what a killed process has left unfinished; the lock must be held."""
    for entry in list(os.scandir(folder)):
        if not _LEFT.fullmatch(entry.name) or entry.is_symlink():
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            os.unlink(entry)


def remove_own(folder: Path) -> None:
    """
    Remove what infonb has made in the folder of a run, and the folder, unless it holds more.

    The note and the lock go last: whoever is interrupted can begin once more.
    """
    names = (noted(folder) or {}).get("files", {})
    last = {NOTE: 1, LOCK: 2}
    own = [path for path in files_in(folder) if _is_own(folder, path, names)]
    above = {parent for path in own for parent in (folder / path).parents}
    for path in sorted(own, key=lambda path: (last.get(path, 0), path)):
        (folder / path).unlink(missing_ok=True)
    for place, _, _ in os.walk(folder, topdown=False):
        below = Path(place).relative_to(folder).parts
        if (not below or Path(place) in above or _is_ours(below[0])) and not os.listdir(place):
            os.rmdir(place)


def _is_own(folder: Path, path: str, names: Collection[str]) -> bool:
    first, _, rest = path.partition("/")
    if (folder / path).is_symlink():
        return False
    if _STORE.fullmatch(first):
        return is_store_part(rest)
    return bool(_LEFT.fullmatch(first)) or path in {NOTE, LOCK, *TRAINING, *names}


def _is_ours(name: str) -> bool:
    return bool(_STORE.fullmatch(name) or _LEFT.fullmatch(name))


def file_checksum(path: Path) -> str:
    """Return the checksum of a file's content."""
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
