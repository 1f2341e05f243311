"""A copy of the notebooks and tutorials for someone to work in."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from infonb.reports import notebooks
from infonb.reports.folders import check_folder, free_name, named, user_folder
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
    #: Where notebooks lie now of which only the beginning was there, of whichever version.
    cut: list[Path] = field(default_factory=list)
    #: Not ``README.md`` if the folder has one that is not infonb's.
    guide: Path = Path(GUIDE)


def copy_notebooks(folder: str | os.PathLike[str]) -> Copies:
    """
    Copy the notebooks, the tutorials and a guide to them into a folder, never over changes.

    A small hidden file in the folder records what was copied, so that a changed file can be told
    from one of an older version. A file is written whole or not at all; one that is only the
    beginning of what it should be is no change, and is written again.

    Parameters
    ----------
    folder
        Made if missing; ``~`` is the home. It gets ``README.md`` (``infonb-README.md`` beside one
        that is not infonb's) and the subfolders ``notebooks`` and ``tutorials``.

    Returns
    -------
    Copies
        Which files were written, and which were kept because they had been changed.

    Raises
    ------
    OSError
        If the folder or one of its parents is a file, cannot be written to, or the disk is full;
        then the same call goes on where it stopped.
    ValueError
        If the folder is the one that the package's own notebooks lie in.
    """
    folder = user_folder(folder)
    check_folder(folder)
    files = _installed(folder)
    known = _read(folder / _RECORD)
    copies = Copies(guide=folder / next(iter(files)))
    for name, content in files.items():
        _sort(folder / name, content, known.get(name, []), copies)
    # before they are written: what is stopped halfway leaves no file that passes for changed
    written = {*copies.copied, *copies.updated}
    both = {
        name: [*known.get(name, []), _digest(content)]
        for name, content in files.items()
        if folder / name in written
    }
    _write_record(folder, known | both)
    for name, content in files.items():
        if folder / name in written:
            _write(folder / name, content, copies)
    _write_beside(folder, files, known, copies)
    _write_record(folder, known | {name: [_digest(content)] for name, content in files.items()})
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
    first = guide().encode().partition(b"\n")[0]
    ours = there.startswith(first) or first.startswith(there.rstrip(b"\0"))
    known = ours or _digest(there) in _read(folder / _RECORD).get(GUIDE, [])
    return GUIDE if known else GUIDE_BESIDE


def _sort(target: Path, content: bytes, before: list[str], copies: Copies) -> None:
    """Note what is to become of a file, of which these versions were copied before."""
    if not os.path.lexists(target):
        copies.copied.append(target)
        return
    if not target.is_file():  # a folder, a pipe, a link to nothing
        copies.kept.append(target)
        return
    there = target.read_bytes()
    if there == content:
        return
    unchanged = _digest(there) in before or _is_beginning(there, content)
    (copies.updated if unchanged or _is_cut(target, there) else copies.kept).append(target)


def _is_beginning(there: bytes, content: bytes) -> bool:
    """Whether a file is no more than the beginning of what it should be."""
    return content.startswith(there.rstrip(b"\0"))  # what some disks have in place of the rest


def _is_cut(target: Path, there: bytes) -> bool:
    """Whether it is the beginning of a notebook, whichever."""
    text = there.decode(errors="replace").rstrip("\0")
    if target.suffix != ".ipynb" or not text.startswith("{"):
        return False
    try:
        json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:  # in the last word there is: not that of a person's hand
        return "\n" not in text[error.pos :].rstrip()
    except RecursionError:
        pass
    return False


def _write(target: Path, content: bytes, copies: Copies) -> None:
    """Write a file; the beginning of another version is put aside."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        there = target.read_bytes()
        if _is_cut(target, there) and not _is_beginning(there, content):
            copies.cut.append(free_name(target, "cut"))
            os.replace(target, copies.cut[-1])
    _replace(target, content)


def _write_beside(
    folder: Path, files: dict[str, bytes], known: dict[str, list[str]], copies: Copies
) -> None:
    """Write new versions of files that have been changed, once, beside them."""
    for name, content in files.items():
        if folder / name in copies.kept and _digest(content) not in known.get(name, []):
            beside = free_name(folder / name, "new")
            _replace(beside, content)
            copies.beside.append(beside)


def _replace(target: Path, content: bytes) -> None:
    """Write a file under another name, then give it its own."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError as error:
        raise type(error)(f"{named(target)} could not be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)


def _write_record(folder: Path, record: dict[str, list[str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / _RECORD, json.dumps(record, indent=1).encode())


def _read(record: Path) -> dict[str, list[str]]:
    """Return the digests of what was copied before; nothing if it cannot be known."""
    if not record.is_file():
        return {}
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(known, dict):
        return {}
    # an earlier version of infonb noted one digest of each
    lists = {name: [one] if isinstance(one, str) else one for name, one in known.items()}
    return {name: one for name, one in lists.items() if isinstance(one, list)}


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
