"""A store that grows along its last dim, and is moved to its place when it is whole."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.storage.atomic import sync
from infonb.storage.marks import chunk_keys
from infonb.storage.stores import declare, finish

__all__ = ["GrowingStore"]

# chunks that are written at the same time; each of them is in memory, with a copy as bytes
_THREADS = 4


class GrowingStore:
    """
    One variable on disk that is written in whole chunks, and becomes a store in the end.

    Writing a part again is allowed, and writes the same files: whoever is killed in the middle
    writes that part once more. Every step leaves a folder that another process can go on with.

    Parameters
    ----------
    folder
        Where the store grows; it must lie on the same disk as its last place.
    name, dims, dtype
        The variable, floating point, and its dims; the last one grows.
    sizes
        Sizes of the other dims.
    chunks
        Dim -> length of the chunks.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        dims: tuple[str, ...],
        sizes: tuple[int, ...],
        dtype: np.dtype,
        chunks: Mapping[str, int],
    ) -> None:
        self.folder, self.name, self.dims, self.dtype = folder, name, dims, dtype
        self.sizes, self.chunks = sizes, dict(chunks)
        # chunks that were begun by an older version have none
        self.checksums = True

    def write(self, length: int, parts: Iterable[tuple[tuple[slice, ...], Any]]) -> int:
        """
        Write chunks, and return when they would survive a crash of the machine.

        Returned is how many files were written: none for chunks of nothing but NaN.

        Parameters
        ----------
        length
            Length of the dim that grows from now on.
        parts
            Pairs (region, function that returns its values). A region is one whole chunk, cut off
            at the end of the variable.
        """
        import zarr

        self._declare(xr.Dataset({self.name: (self.dims, self.placeholder(length))}))
        array = zarr.open_array(
            self.folder / self.name, mode="r+", config={"write_empty_chunks": False}
        )
        lengths = [self.chunks[dim] for dim in self.dims]

        def one(part: tuple[tuple[slice, ...], Any]) -> bool:
            region, values = part
            key = [str(cut.start // n) for cut, n in zip(region, lengths, strict=True)]
            path = self.folder.joinpath(self.name, "c", *key)
            path.unlink(missing_ok=True)  # a chunk that was cut short would be read first
            array[region] = values()
            sync(path)
            return path.is_file()

        with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
            try:
                n_files = sum(pool.map(one, parts))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        _give_memory_back()
        return n_files

    def count(self) -> int:
        """Return how many chunks are on disk."""
        return sum(1 for _ in chunk_keys(self.folder, self.name))

    def placeholder(self, length: int) -> Any:
        """Return an array without values that has the shape of the variable."""
        import dask.array

        return dask.array.empty((*self.sizes, length), dtype=self.dtype, chunks=-1)

    def finish(self, dataset: xr.Dataset, target: Path, note: Mapping[str, Any]) -> None:
        """
        Add what else belongs to the store, and move it to its place, which must be free.

        Parameters
        ----------
        dataset
            All of it; the variable that has grown is there as its `placeholder`.
        target
            The place.
        note
            Plain values about how the store was made, which `read_note` returns.
        """
        self._declare(dataset)
        for left in (self.folder / self.name).rglob("*.partial"):  # by whoever was killed
            left.unlink()
        finish(self.folder, dataset, note)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.folder.rename(target)
        sync(target.parent)

    def _declare(self, dataset: xr.Dataset) -> None:
        """Write the metadata of a dataset, and its other variables, around the chunks."""
        scratch = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        declare(dataset, scratch, {self.name: self.chunks}, self.checksums)
        (self.folder / self.name).mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in scratch.iterdir()}
        for entry in self.folder.iterdir():
            if entry.name in names:
                continue
            # of an attempt to write or finish it that was interrupted
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for entry in scratch.iterdir():
            place = self.folder / entry.name
            if entry.name == self.name:  # its chunks stay
                os.replace(entry / "zarr.json", place / "zarr.json")
            elif entry.is_dir():
                shutil.rmtree(place, ignore_errors=True)
                entry.rename(place)
            else:
                os.replace(entry, place)
        shutil.rmtree(scratch)


def _give_memory_back() -> None:
    """Return what writing chunks has left unused, which glibc would keep in ever more pieces."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
