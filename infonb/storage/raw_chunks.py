"""Chunks that are not compressed, read straight from their files: a copy less than zarr makes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from infonb.storage.marks import damaged, read_json

__all__ = ["RawChunks"]

_CODECS = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]


class RawChunks:
    """The chunks of a variable of a store that infonb has written, if they are plain numbers."""

    def __init__(self, folder: Path, name: str, dtype: np.dtype) -> None:
        about = read_json(folder, f"{name}/zarr.json")
        self._folder, self._name = folder, name
        self._dtype, self._shape = dtype, tuple(about["shape"])
        self._chunks = tuple(about["chunk_grid"]["configuration"]["chunk_shape"])
        little = dtype.kind == "f" and dtype.newbyteorder("<") == dtype
        self._plain = little and about["codecs"] == _CODECS

    def read(self, key: Sequence[Any]) -> np.ndarray | None:
        """Return what an indexer takes, if that is just one chunk that is there."""
        if not self._plain:
            return None
        block, cut = [], []
        for k, size, length in zip(key, self._shape, self._chunks, strict=True):
            if not isinstance(k, slice):
                return None
            start, stop, step = k.indices(size)
            if step != 1 or start % length or stop != min(start + length, size):
                return None
            block.append(str(start // length))
            cut.append(slice(stop - start))
        file = "/".join([self._name, "c", *block])
        try:
            content = np.fromfile(self._folder / file, np.uint8)
        except FileNotFoundError:  # nothing but NaN
            return None
        if not _is_right(content, math.prod(self._chunks) * self._dtype.itemsize):
            raise damaged(self._folder, file)
        values = content[:-4].view(self._dtype).reshape(self._chunks)
        return np.ascontiguousarray(values[tuple(cut)])


def _is_right(content: np.ndarray, n_bytes: int) -> bool:
    """Tell whether there are so many bytes, and after them the checksum of them."""
    import google_crc32c

    expected = int.from_bytes(content[-4:].tobytes(), "little")
    return len(content) == n_bytes + 4 and google_crc32c.value(content[:-4]) == expected
