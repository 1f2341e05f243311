"""Variables of a store that are read when they are used, and say what is damaged or too large."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.core import indexing

from infonb.storage.marks import damaged
from infonb.storage.memory import available_memory, format_bytes
from infonb.storage.raw_chunks import RawChunks

__all__ = ["StoredArray", "check_memory", "damaged_chunk", "state_of"]

# what is smaller is read without a look at the memory
_SMALL = 100_000_000


class StoredArray(xr.backends.BackendArray):
    """The values of a variable that xarray reads, as the type that was saved."""

    def __init__(
        self, variable: xr.Variable, folder: Path, name: str, opened: tuple[int, ...],
        dtype: Any = None, raw: RawChunks | None = None,
    ) -> None:  # fmt: skip
        self._variable, self._folder, self._name, self._raw = variable, folder, name, raw
        self._opened = opened
        self.shape, self.dtype = variable.shape, np.dtype(dtype or variable.dtype)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        try:
            values = self._values(key)
        except (ValueError, OSError):
            self._check_same()
            raise
        self._check_same()  # afterwards: until then nobody has replaced what was read
        return values

    def _check_same(self) -> None:
        if state_of(self._folder) != self._opened:
            raise ValueError(
                f"{self._folder} was replaced or removed after it was opened; open it again."
            ) from None

    def _values(self, key: tuple[Any, ...]) -> np.ndarray:
        places = [_places(k, n) for k, n in zip(key, self.shape, strict=True)]
        lengths = [len(found) for found in places]
        where = f"{self._name!r} of {self._folder}"
        check_memory(math.prod(lengths) * self.dtype.itemsize, lengths, where)
        chunks = self._variable.encoding.get("chunks", ())  # each is read as a whole
        check_memory(math.prod(chunks) * self.dtype.itemsize, chunks, f"a chunk of {where}")
        if self._raw is not None and (found := self._raw.read(key)) is not None:
            return found
        try:
            values = self._variable[key].values
        except (OSError, MemoryError):
            raise
        except Exception:
            error = damaged_chunk(self._folder, self._name, places)
            if error is None:
                raise
            raise error from None
        if self.dtype.kind in "mM":
            values = values.view(self.dtype.newbyteorder("="))
        return values.astype(self.dtype, copy=False)


def state_of(folder: Path) -> tuple[int, ...]:
    """Return what differs as soon as a store is replaced or removed."""
    try:
        about = (folder / "zarr.json").stat()
    except OSError:
        return ()
    return about.st_ino, about.st_size, about.st_mtime_ns


def check_memory(n_bytes: int, shape: Any, where: str) -> None:
    """Raise if so much cannot be read at once."""
    free = available_memory() if n_bytes > _SMALL else None
    if free is not None and n_bytes > free:
        size = " × ".join(f"{n:,}" for n in shape)
        raise ValueError(
            f"{where} is too large to be read at once: {size} values take {format_bytes(n_bytes)}, "
            f"but {format_bytes(free)} of memory are free. Read a part of it (isel), or open it "
            "with chunks={} and measure it chunk by chunk."
        )


def damaged_chunk(
    folder: Path, name: str, places: Sequence[Sequence[int]] | None = None
) -> ValueError | None:
    """Return the error about the first damaged chunk in some places of a variable."""
    import zarr

    try:
        array = zarr.open_array(folder / name, mode="r", zarr_format=3)
    except Exception:
        return damaged(folder, f"{name}/zarr.json")
    found = [range(n) for n in array.shape] if places is None else places
    blocks = (
        range(min(here) // n, max(here) // n + 1) if len(here) else ()
        for here, n in zip(found, array.chunks, strict=True)
    )
    for block in itertools.product(*blocks):
        try:
            array.get_block_selection(block) if block else array[()]
        except Exception:
            return damaged(folder, f"{name}/{array.metadata.encode_chunk_key(block)}")
    return None


def _places(key: Any, size: int) -> Sequence[int]:
    """Return the places along a dim that an indexer takes."""
    if isinstance(key, slice):
        return range(size)[key]
    return (np.atleast_1d(key) % max(size, 1)).tolist()
