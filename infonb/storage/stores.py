"""Stores: written wholly or not at all, opened whole or not at all."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import xarray as xr

from infonb.storage.types import storable
from infonb.validate import check_dim, check_integer, did_you_mean

__all__ = ["CHUNK_BYTES", "declare", "finish", "open_dataset", "read_note", "save_dataset"]

# chunks of 8 to 32 MB are read about five times faster than those of 150 MB
CHUNK_BYTES = 16_000_000

# attributes of the store that the opened dataset does not show:
# variable -> number of chunks on disk, in the order of the variables
_MARK = "infonb_chunks"
# how the store was made, so that it can be told apart from others
_NOTE = "infonb_made"


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
    >>> entropy = xr.Dataset({"entropy": ("layer", [1.0, 2.0])}, {"layer": ["fc1", "fc2"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_dataset(entropy, f"{folder}/results.zarr")
    ...     open_dataset(path).load().identical(entropy)
    True
    """
    if not isinstance(dataset, xr.Dataset):
        hint = ".to_dataset(name='...') makes one." if isinstance(dataset, xr.DataArray) else ""
        raise TypeError(f"only a Dataset can be saved; not {type(dataset).__name__}. {hint}")
    target = Path(path).expanduser().resolve()
    _check_free(target, path, overwrite)
    dataset = storable(dataset)
    encoding = _encoding(dataset, chunks or {})
    for name, variable in dataset.variables.items():
        if variable.chunks is not None:  # no two tasks write to one chunk
            lengths = encoding[name]["chunks"]
            dataset[name] = dataset[name].chunk(dict(zip(variable.dims, lengths, strict=True)))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = _sibling(target, "partial")
    try:
        _write(dataset, partial, encoding)
        finish(partial, dataset, {})
        _move(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Path(path)


def declare(dataset: xr.Dataset, folder: Path, chunks: Mapping[str, Mapping[Any, int]]) -> None:
    """Write a store in which the chunks of dask arrays are still missing."""
    dataset = storable(dataset)
    _write(dataset, folder, _encoding(dataset, chunks), compute=False)


def finish(folder: Path, dataset: xr.Dataset, note: Mapping[str, Any]) -> None:
    """Mark a store as whole: how many chunks belong to it, and how it was made."""
    group = _open_group(folder, "r+")
    marks: dict[str, Any] = {
        _MARK: {str(name): _count(group[str(name)]) for name in dataset.variables}
    }
    group.attrs.update({**marks, **({_NOTE: dict(note)} if note else {})})


def read_note(path: Path) -> dict[str, Any] | None:
    """Return how a store says that it was made, None if it does not, or is no store."""
    if not (path / "zarr.json").is_file():
        return None
    note = _open_group(path, "r").attrs.get(_NOTE)
    return dict(note) if isinstance(note, Mapping) else None


def open_dataset(path: str | Path, *, chunks: Any = None) -> xr.Dataset:
    """
    Open a zarr store, without reading more than its coordinates.

    Parameters
    ----------
    path
        Folder of the store.
    chunks
        None: variables are read when they are used, as a whole or the part that is indexed.
        ``{}``: dask arrays with the chunks of the store; ``"auto"`` or a dict: other chunks.

    Returns
    -------
    xarray.Dataset
        What was saved; ``.load()`` reads it into memory.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    ValueError
        If it is not a zarr store, or one of which a part is missing.
    """
    folder = Path(path).expanduser()
    _check_store(folder, path)
    # before xarray looks at it, which would warn, or read what is missing as NaN or 0
    _check_whole(folder, path)
    # other chunks are cut from those of the store: xarray warns of reading a chunk many times
    other = chunks if isinstance(chunks, Mapping) and chunks else None
    first = chunks if other is None else {}
    # numbers in units such as "seconds" are numbers; only what was saved as a duration is one
    durations = xr.coders.CFTimedeltaCoder(decode_via_units=False)
    store = xr.open_dataset(
        folder, engine="zarr", consolidated=False, chunks=first, decode_timedelta=durations
    )
    attrs = dict(store.attrs)
    attrs.pop(_NOTE, None)
    known = [name for name in attrs.pop(_MARK, {}) if name in store.variables]
    names = [*known, *(name for name in store.variables if name not in known)]
    variables = {}
    for name in names:
        variable = store.variables[name]
        if variable.dtype.kind in "TUO":  # text is read as another type than it was saved as
            values = variable.values.astype(object)
            variable = xr.Variable(variable.dims, values, variable.attrs)
        elif name in store.coords:
            variable = variable.load()
        preferred = variable.encoding.get("preferred_chunks")
        variable.encoding = {"preferred_chunks": preferred} if preferred else {}
        variables[name] = variable
    dataset = xr.Dataset(
        {name: variables[name] for name in names if name in store.data_vars},
        {name: variables[name] for name in names if name in store.coords},
        attrs,
    )
    if other is None:
        return dataset
    for dim in other:
        check_dim(dim, dataset.dims, "the dataset")
    return dataset.assign(
        {
            name: data.chunk({dim: n for dim, n in other.items() if dim in data.dims})
            for name, data in dataset.data_vars.items()
        }
    )


def _write(dataset: xr.Dataset, folder: Path, encoding: Mapping[Any, Any], **kwargs: Any) -> None:
    dataset.to_zarr(
        folder, mode="w-", zarr_format=3, consolidated=False, encoding=encoding,
        write_empty_chunks=False, **kwargs,
    )  # fmt: skip


def _encoding(
    dataset: xr.Dataset, chunks: Mapping[str, Mapping[Any, int]]
) -> dict[Any, dict[str, Any]]:
    encoding: dict[Any, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        lengths = _chunk_lengths(variable, chunks.get(str(name), {}))
        encoding[name] = {"chunks": tuple(lengths.values())} if lengths else {}
        if variable.dtype.kind == "f":
            encoding[name]["fill_value"] = np.nan
        if name in chunks:
            # read chunk by chunk, again and again: activations hardly get smaller by compression
            # (by 10 % before a ReLU), but twice as slow to read
            encoding[name]["compressors"] = None
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
    for entry in folder.iterdir():
        if entry.name != "zarr.json" and not (entry / "zarr.json").is_file():
            return f"it holds {entry.name!r}, which is no part of a zarr store"
    return ""


def _check_store(folder: Path, path: str | Path) -> None:
    if not folder.exists():
        beside = folder.parent.glob("*.zarr") if folder.parent.is_dir() else ()
        near = did_you_mean(folder.name, [entry.name for entry in beside])
        raise FileNotFoundError(f"there is no {path}.{near}")
    if not any((folder / name).is_file() for name in ("zarr.json", ".zgroup")):
        raise ValueError(f"{path} is not a zarr store: it holds no zarr.json.")


def _check_whole(folder: Path, path: str | Path) -> None:
    group = _open_group(folder, "r")
    for name, count in group.attrs.get(_MARK, {}).items():  # none: written by another program
        found = _count(group[name]) if name in group else 0
        if found < count:
            raise ValueError(
                f"{path} is not whole: of {name!r} only {found} of {count} chunks are there. Copy "
                "or save it again."
            )


def _open_group(folder: Path, mode: Any) -> Any:
    import zarr

    return zarr.open_group(folder, mode=mode)


def _count(array: Any) -> int:
    return int(array.nchunks_initialized)


def _sibling(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}-{uuid4().hex[:8]}")


def _move(partial: Path, target: Path) -> None:
    if not target.exists():
        partial.rename(target)
        return
    old = _sibling(target, "old")
    target.rename(old)
    try:
        partial.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old)
