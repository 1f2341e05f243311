"""A folder of pictures: all of one size, or resized; the names of its subfolders are labels."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infonb.data.array_files import BadArrays
from infonb.data.files import read_inside
from infonb.data.pictures import MOST_BYTES, read_picture, read_whole_picture

__all__ = ["read_pictures"]

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

Draw = Callable[[int], NDArray[np.intp]]


def read_pictures(
    folder: Path, size: int | None, draw: Draw, say: Callable[[str], object]
) -> dict[str, Any]:
    """
    Return pictures of a folder, those that are drawn alone.

    Dims: `inputs` (sample, channel, row, column) bytes, one channel if all are grey; `label` and
    `file` (sample). With a size, the middle square of each is resized; else all must be equal.
    """
    files, others = _listed(folder)
    if not files:
        raise BadArrays(folder, f"is a folder without pictures ({', '.join(_SUFFIXES)})")
    if others:
        say(f"{folder.name}: other files than pictures, left aside: {others}")
    drawn = draw(len(files))
    chosen = [files[i] for i in drawn]
    pictures = [_read(folder, name, size) for name in chosen]
    channels = max(picture.shape[-1] for picture in pictures)
    for name, picture in zip(chosen, pictures, strict=True):
        if picture.shape[:2] != pictures[0].shape[:2]:
            shapes = [f"{one.shape[1]} x {one.shape[0]}" for one in (pictures[0], picture)]
            raise BadArrays(
                folder, f"has pictures of different size: {chosen[0]} has {shapes[0]} pixels, "
                f"{name} {shapes[1]}. Resize them, or give a size: the middle square is resized"
            )  # fmt: skip
    same = [np.broadcast_to(picture, (*picture.shape[:2], channels)) for picture in pictures]
    found: dict[str, Any] = {
        "inputs": np.stack(same).transpose(0, 3, 1, 2),
        "file": np.array(chosen, dtype=object),
        "sample": drawn,
        "n_all": len(files),
    }
    if all("/" in name for name in files):
        found["label"] = np.array([name.partition("/")[0] for name in chosen], dtype=object)
    return found


def _listed(folder: Path) -> tuple[list[str], int]:
    """Return the pictures, sorted by their path in the folder, and how many other files it has."""
    pictures, others = [], 0
    for root, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in names:
            if Path(name).suffix.lower() in _SUFFIXES and not name.startswith("."):
                pictures.append(Path(root, name).relative_to(folder).as_posix())
            elif not name.startswith("."):
                others += 1
    return sorted(pictures), others


def _read(folder: Path, name: str, size: int | None) -> NDArray[np.uint8]:
    content = read_inside(folder, name, MOST_BYTES)
    where = str(folder / name)
    if size is None:
        return read_whole_picture(content, where=where)
    return read_picture(content, size, where=where)
