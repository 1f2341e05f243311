"""What a store says of itself in its root, and whether its metadata are those that were written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from infonb.storage.atomic import digest, write_atomically

__all__ = [
    "OWN",
    "Described",
    "chunk_keys",
    "count_chunks",
    "damaged",
    "described",
    "read_json",
    "read_mark",
    "read_note",
    "seal",
]

# attributes of the root that an opened dataset does not show; the mark of older stores was only
# variable -> number of chunks on disk
_MARK, _OLD_MARK, _DIGEST = "infonb_store", "infonb_chunks", "infonb_digest"
# how the store was made, so that it can be told apart from others
_NOTE = "infonb_made"
OWN = {_MARK, _OLD_MARK, _DIGEST, _NOTE}

_DIGEST_TEXT = re.compile(rf'"{_DIGEST}": "([0-9a-f]{{32}})"'.encode())


class Described(NamedTuple):
    """Shape of a variable, numbers of its chunks, and names of its dims (none if it has none)."""

    shape: tuple[int, ...]
    grid: tuple[int, ...]
    dims: tuple[str | None, ...]


def damaged(folder: Path, file: str, what: str = "") -> ValueError:
    """Return the error about a store of which a file is not what was written."""
    more = f" ({what})" if what else ""
    return ValueError(
        f"{folder} is damaged: {file} is not as it was written{more}. Copy, save or record it "
        "again. (What another program has changed on purpose is opened by xarray.open_zarr.)"
    )


def read_json(folder: Path, file: str) -> dict[str, Any]:
    """Return the metadata in a file of a store."""
    return _parsed((folder / file).read_bytes(), folder, file)


def seal(folder: Path, mark: Mapping[str, Any], note: Mapping[str, Any]) -> None:
    """
    Mark a store as whole, and put a checksum on all its metadata.

    They are also written once more into the root, where other readers look for them first.
    """
    root = read_json(folder, "zarr.json")
    found = {path.parent.name: path.read_bytes() for path in sorted(folder.glob("*/zarr.json"))}
    files = {name: digest(content) for name, content in found.items()}
    root["consolidated_metadata"] = {
        "kind": "inline",
        "must_understand": False,
        "metadata": {name: json.loads(content) for name, content in found.items()},
    }
    attrs = {name: value for name, value in root["attributes"].items() if name not in OWN}
    attrs[_MARK] = {**mark, "metadata": files}
    if note:
        attrs[_NOTE] = dict(note)
    # last, so that it is the last in the text
    del root["attributes"]
    root["attributes"] = {**attrs, _DIGEST: "0" * 32}
    text = json.dumps(root)
    place = text.rindex("0" * 32)
    write_atomically(
        folder / "zarr.json", text[:place] + digest(text.encode()) + text[place + 32 :]
    )


def read_mark(folder: Path) -> dict[str, Any]:
    """
    Return the mark of a store whose metadata are as they were written.

    Of an older store it has only the numbers of chunks, and it is empty if another program wrote
    the store.
    """
    root = _read_root(folder)
    attrs = root.get("attributes", {})
    if _MARK not in attrs:
        return {"chunks": attrs[_OLD_MARK]} if _OLD_MARK in attrs else {}
    mark = attrs[_MARK]
    for name, expected in mark["metadata"].items():
        path = folder / name / "zarr.json"
        if path.is_file() and digest(path.read_bytes()) != expected:
            raise damaged(folder, f"{name}/zarr.json")
    return mark


def read_note(path: Path) -> dict[str, Any] | None:
    """Return how a store says that it was made, None if it does not, or is no store."""
    if not (path / "zarr.json").is_file():
        return None
    note = _read_root(path).get("attributes", {}).get(_NOTE)
    return dict(note) if isinstance(note, Mapping) else None


def described(folder: Path, name: str) -> Described:
    """Return what the metadata of a variable say of its values."""
    file = f"{name}/zarr.json"
    about = read_json(folder, file)
    try:
        shape = tuple(int(n) for n in about["shape"])
        chunks = tuple(int(n) for n in about["chunk_grid"]["configuration"]["chunk_shape"])
        dims = tuple(about.get("dimension_names") or ())
        grid = tuple(-(-n // max(m, 1)) for n, m in zip(shape, chunks, strict=True))
    except (KeyError, TypeError, ValueError):
        raise damaged(folder, file, "it does not describe an array") from None
    return Described(shape, grid, dims)


def count_chunks(folder: Path, name: str) -> int:
    """Return how many chunks of a variable are on disk, of those that belong to it."""
    grid = described(folder, name).grid
    return sum(
        len(key) == len(grid) and all(place < n for place, n in zip(key, grid, strict=True))
        for key in chunk_keys(folder, name)
    )


def chunk_keys(folder: Path, name: str) -> Iterator[tuple[int, ...]]:
    """Yield the places of the chunks of a variable that are on disk."""
    place = folder / name / "c"
    if place.is_file():  # of a single value
        yield ()
    for file in place.rglob("*"):
        key = file.relative_to(place).parts
        if all(part.isdecimal() for part in key) and file.is_file():
            yield tuple(map(int, key))


def _read_root(folder: Path) -> dict[str, Any]:
    """Return the metadata of the root; if infonb has written them, only if they are the same."""
    raw = (folder / "zarr.json").read_bytes()
    root = _parsed(raw, folder, "zarr.json")
    attrs = root.get("attributes", {})
    if not isinstance(attrs, dict) or root.get("node_type") != "group":
        raise damaged(folder, "zarr.json", "it does not describe a group")
    # a flipped bit may hide one of the two words, not both
    if f'"{_MARK}"'.encode() in raw or f'"{_DIGEST}"'.encode() in raw:
        *_, last = [None, *_DIGEST_TEXT.finditer(raw)]
        if last is None:
            raise damaged(folder, "zarr.json", "its checksum is missing")
        start, stop = last.span(1)
        if digest(raw[:start] + b"0" * 32 + raw[stop:]) != last.group(1).decode():
            raise damaged(folder, "zarr.json", "its checksum differs")
    return root


def _parsed(raw: bytes, folder: Path, file: str) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise damaged(folder, file, "it is cut short or no JSON") from None
    if not isinstance(found, dict) or found.get("zarr_format") != 3:
        raise damaged(folder, file, "it does not describe a part of a zarr store")
    return found
