"""Stores are written wholly or not at all."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.storage.coding import encoded, kept_aside
from infonb.storage.marks import count_chunks, seal
from infonb.storage.replacing import bring_back, replacing
from infonb.storage.types import storable
from infonb.validate import check_integer

__all__ = ["CHECKSUM_BYTES", "CHUNK_BYTES", "declare", "finish", "save_dataset"]

# metadata and chunks, also of other programs, and what zarr leaves when it is killed
_PART = re.compile(
    r"([^/]+/)*(zarr\.json|c|(c[./])?\d+([./]\d+)*|(zarr|c|\d+)\.[0-9a-f]{32}\.partial)"
)

# chunks of 8 to 32 MB are read about five times faster than those of 150 MB
CHUNK_BYTES = 16_000_000

# what each of them ends in, of all that is before it
CHECKSUM_BYTES = 4


def save_dataset(
    dataset: xr.Dataset,
    path: str | Path,
    *,
    overwrite: bool = False,
    chunks: Mapping[str, Mapping[Any, int]] | None = None,
) -> Path:
    """
    Save a dataset as a zarr store (format 3), wholly or not at all.

    The store is written beside its place and then moved there: a failure or an interrupt leaves
    what was there before. Dask arrays are written chunk by chunk. Chunks that hold nothing but
    NaN are not written.

    Parameters
    ----------
    dataset
        Any dataset of numbers, booleans, times and text. Attributes are text, numbers, booleans,
        None, lists and dicts (tuples come back as lists).
    path
        Folder of the store, by custom ``something.zarr``; folders above it are made.
    overwrite
        Whether a store that is there may be replaced. Anything else is never replaced.
    chunks
        Variable -> dim -> length of the chunks. Otherwise chunks have at most `CHUNK_BYTES`,
        divided along the first dims.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileExistsError
        If something is there already that may not be replaced.
    TypeError
        If a variable or an attribute has a type that cannot be stored; nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> import infonb.storage
    >>> entropy = xr.Dataset({"entropy": ("layer", [1.0, 2.0])}, {"layer": ["fc1", "fc2"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_dataset(entropy, f"{folder}/results.zarr")
    ...     infonb.storage.open_dataset(path).load().identical(entropy)
    True
    """
    if not isinstance(dataset, xr.Dataset):
        hint = ".to_dataset(name='...') makes one." if isinstance(dataset, xr.DataArray) else ""
        raise TypeError(f"only a Dataset can be saved; not {type(dataset).__name__}. {hint}")
    target = Path(path).expanduser().resolve()
    bring_back(target)
    _check_free(target, path, overwrite)
    dataset = storable(dataset)
    disk = encoded(dataset)
    encoding = _encoding(disk, chunks or {})
    for name, variable in disk.variables.items():
        if variable.chunks is not None:  # no two tasks write to one chunk
            lengths = encoding[name]["chunks"]
            disk[name] = disk[name].chunk(dict(zip(variable.dims, lengths, strict=True)))
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as folder:
        _check_free(target, path, overwrite)  # another writer may have come first
        _write(disk, folder, encoding)
        _mark(folder, dataset, {})
    return Path(path)


def declare(
    dataset: xr.Dataset, folder: Path, chunks: Mapping[str, Mapping[Any, int]], checksums: bool
) -> None:
    """Write a store in which the chunks of dask arrays, with or without checksum, are missing."""
    disk = encoded(storable(dataset))
    encoding = _encoding(disk, chunks)
    for name in chunks:
        encoding[name]["compressors"] = encoding[name]["compressors"] if checksums else None
    _write(disk, folder, encoding, compute=False)


def finish(folder: Path, dataset: xr.Dataset, note: Mapping[str, Any]) -> None:
    """Mark a store as whole: how many chunks belong to it, and how it was made."""
    _mark(folder, storable(dataset), note)


def _mark(folder: Path, dataset: xr.Dataset, note: Mapping[str, Any]) -> None:
    names = {str(name) for name in dataset.variables}
    if {path.parent.name for path in folder.glob("*/zarr.json")} != names:
        raise ValueError(
            f"the names of the variables, {sorted(names)}, cannot be told apart on this disk; "
            "rename those that differ only in capitals or accents."
        )
    found = {str(name): count_chunks(folder, str(name)) for name in dataset.variables}
    seal(folder, {"chunks": found, "aside": kept_aside(dataset)}, note)


def _write(dataset: xr.Dataset, folder: Path, encoding: Mapping[Any, Any], **kwargs: Any) -> None:
    dataset.to_zarr(
        folder, mode="w-", zarr_format=3, consolidated=False, encoding=encoding,
        write_empty_chunks=False, **kwargs,
    )  # fmt: skip


def _encoding(
    dataset: xr.Dataset, chunks: Mapping[str, Mapping[Any, int]]
) -> dict[Any, dict[str, Any]]:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    encoding: dict[Any, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        lengths = _chunk_lengths(variable, chunks.get(str(name), {}))
        encoding[name] = {"chunks": tuple(lengths.values())} if lengths else {}
        if variable.dtype.kind == "f":
            encoding[name] |= {"fill_value": np.nan, "_FillValue": None}
        # what is read chunk by chunk, again and again: activations hardly get smaller by
        # compression (by 10 % before a ReLU), but twice as slow to read
        smaller = () if name in chunks else (ZstdCodec(),)
        encoding[name]["compressors"] = (*smaller, Crc32cCodec())
    return encoding


def _chunk_lengths(variable: xr.Variable, asked: Mapping[Any, int]) -> dict[Any, int]:
    """Divide along the first dims until a chunk is small enough; arrays in C order stay in runs."""
    lengths = {}
    rest = math.prod(variable.shape) * variable.dtype.itemsize
    for dim, size in variable.sizes.items():
        rest //= max(size, 1)
        length = max(1, min(size, CHUNK_BYTES // max(rest, 1)))
        if dim in asked:
            length = min(check_integer(f"chunks of {dim!r}", asked[dim], 1), max(size, 1))
        lengths[dim] = length
    return lengths


def _check_free(target: Path, path: str | Path, overwrite: bool) -> None:
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise FileExistsError(f"{path} is there already; pass overwrite=True to replace it.")
    foreign = _foreign(target)
    if foreign:
        raise FileExistsError(f"{path} is not replaced: {foreign}. Choose another path.")


def _foreign(folder: Path) -> str:
    """Say what in a folder is no part of a zarr store and would be lost with it."""
    if not (folder / "zarr.json").is_file():
        return "it is not a zarr store (format 3)"
    for place, _, files in os.walk(folder):
        for file in files:
            path = Path(place, file).relative_to(folder).as_posix()
            if not _PART.fullmatch(path):
                return f"it holds {path!r}, which is no part of a zarr store"
    return ""
