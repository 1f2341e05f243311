"""A copy of the notebooks and tutorials for someone to work in."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path

from infonb.reports import notebooks
from infonb.reports.folders import check_folder
from infonb.reports.serve.guide import guide

__all__ = ["GUIDE", "GUIDE_BESIDE", "Copies", "copy_notebooks"]

GUIDE = "README.md"
GUIDE_BESIDE = "infonb-README.md"  # where the folder has a guide of somebody else's
_RECORD = ".infonb-lab.json"
_IGNORED = {".ipynb_checkpoints", "__pycache__", ".gitkeep", ".DS_Store", "pictures"}


@dataclass
class Copies:
    """What became of each file."""

    #: Files that were not there.
    copied: list[Path] = field(default_factory=list)
    #: Files that nobody had changed, of which infonb now has another version.
    updated: list[Path] = field(default_factory=list)
    #: Files that have been changed; they are as they were.
    kept: list[Path] = field(default_factory=list)
    #: New versions of files that have been changed, under names of their own.
    beside: list[Path] = field(default_factory=list)
    #: Not ``README.md`` if the folder has one that is not infonb's.
    guide: Path = Path(GUIDE)


def copy_notebooks(folder: str | os.PathLike[str]) -> Copies:
    """
    Copy the notebooks, the tutorials and a guide to them into a folder, never over changes.

    A small hidden file in the folder records what was copied, so that a changed file can be told
    from one of an older version.

    Parameters
    ----------
    folder
        Made if missing; gets ``README.md`` (``infonb-README.md`` beside one that is not infonb's)
        and the subfolders ``notebooks`` and ``tutorials``.

    Returns
    -------
    Copies
        Which files were written, and which were kept because they had been changed.

    Raises
    ------
    NotADirectoryError, PermissionError
        If the folder or one of its parents is a file, or cannot be written to.
    ValueError
        If the folder is the one that the package's own notebooks lie in.
    """
    folder = Path(folder)
    check_folder(folder)
    files = _installed(folder)
    record = _read(folder / _RECORD)
    copies = Copies(guide=folder / next(iter(files)))
    for name, content in files.items():
        _copy(folder, name, content, record, copies)
    (folder / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return copies


def _installed(folder: Path) -> dict[str, bytes]:
    """Return what is to be in the folder, by path there."""
    files = {_guide_name(folder): guide().encode()}
    for kind in ("notebooks", "tutorials"):
        source = notebooks.notebook_folder(kind).resolve()
        if (folder / kind).resolve() == source or folder.resolve().is_relative_to(source):
            raise ValueError(
                f"{folder} holds the package's own {kind}; choose another folder to work in."
            )
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source)
            if path.is_file() and not _IGNORED & set(name.parts):
                files[(kind / name).as_posix()] = path.read_bytes()
    for experiment, path in notebooks.experiment_notebooks().items():  # also those of others
        files[f"notebooks/{experiment}.ipynb"] = path.read_bytes()
    return files


def _guide_name(folder: Path) -> str:
    """Return the name of the guide: another one if somebody else's stands under the usual name."""
    there = (folder / GUIDE).read_bytes() if (folder / GUIDE).is_file() else b""
    ours = there.startswith(guide().encode().partition(b"\n")[0])
    known = not there or ours or _digest(there) == _read(folder / _RECORD).get(GUIDE)
    return GUIDE if known else GUIDE_BESIDE


def _copy(folder: Path, name: str, content: bytes, record: dict[str, str], copies: Copies) -> None:
    target, new, before = folder / name, _digest(content), record.get(name)
    there = _digest(target.read_bytes()) if target.exists() else None
    record[name] = new
    if there == new:
        return
    if there is not None and there != before:  # somebody's own work
        copies.kept.append(target)
        if before != new:
            beside = _free_name(target)
            beside.write_bytes(content)
            copies.beside.append(beside)
        return
    (copies.copied if there is None else copies.updated).append(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _free_name(target: Path) -> Path:
    names = (f"{target.stem}.new{n or ''}{target.suffix}" for n in count())
    return next(path for path in map(target.with_name, names) if not path.exists())


def _read(record: Path) -> dict[str, str]:
    """Return the digests of what was copied before; nothing if it cannot be known."""
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
