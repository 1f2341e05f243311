"""Stores are opened whole or not at all, without reading more than their coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import xarray as xr
from xarray.core import indexing

from infonb.storage.chunk_arrays import StoredArray, check_memory, damaged_chunk, state_of
from infonb.storage.coding import decoded
from infonb.storage.marks import (
    OWN,
    Described,
    count_chunks,
    damaged,
    described,
    read_json,
    read_mark,
)
from infonb.storage.raw_chunks import RawChunks
from infonb.storage.replacing import bring_back
from infonb.validate import check_dim, did_you_mean

__all__ = ["open_dataset"]

# more parts than that dask cannot count in reasonable time
_MOST_CHUNKS = 10_000_000


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
        If it is not a zarr store (format 3), one of which a part is missing or damaged, or one
        whose coordinates do not fit into memory. What is damaged elsewhere is told when it is read.
    """
    folder = Path(path).expanduser()
    bring_back(folder.resolve())
    _check_store(folder, path)
    # other chunks are cut from those of the store: xarray warns of reading a chunk many times
    other = chunks if isinstance(chunks, Mapping) and chunks else None
    store = xr.open_dataset(folder, engine=_Engine, chunks=chunks if other is None else {})
    names = list(store.variables)
    variables = {}
    for name in names:
        variable = store.variables[name]
        if variable.dtype.kind in "TUO" or name in store.coords:
            check_memory(variable.nbytes, variable.shape, f"{name!r} of {path}")
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
        store.attrs,
    ).drop_indexes(store.encoding["without index"])
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


class _Engine(xr.backends.BackendEntrypoint):
    """xarray's reader of zarr stores, between checks of what is there and what is read."""

    open_dataset_parameters = ("filename_or_obj", "drop_variables")

    def open_dataset(self, filename_or_obj: Any, *, drop_variables: Any = None) -> xr.Dataset:
        folder = Path(filename_or_obj)
        opened = state_of(folder)
        mark = read_mark(folder)
        # before xarray looks at it, which would warn, or read what is missing as NaN or 0
        _check_whole(folder, mark.get("chunks", {}))
        _check_sizes(folder)
        store = _read(folder, ours="metadata" in mark)
        aside = mark.get("aside", {"types": {}, "attrs of variables": {}, "attrs": {}})
        order = [name for name in mark.get("chunks", {}) if name in store.variables]
        order += [name for name in store.variables if name not in order]
        variables = {}
        for name in order:
            found = store.variables[name]
            dtype = aside["types"].get(name)
            raw = RawChunks(folder, name, found.dtype) if "aside" in mark and not dtype else None
            array = StoredArray(found, folder, name, opened, dtype, raw)
            attrs = decoded(name, found.attrs, aside) if "aside" in mark else found.attrs
            data = indexing.LazilyIndexedArray(array)
            variables[name] = xr.Variable(found.dims, data, attrs, found.encoding)
        attrs = {name: value for name, value in store.attrs.items() if name not in OWN}
        if "aside" in mark:
            attrs.pop("coordinates", None)
        dataset = xr.Dataset(variables, attrs=attrs | aside["attrs"])
        dataset.encoding["without index"] = aside.get("without index", [])
        return dataset.set_coords(aside.get("coords", list(store.coords)))


def _read(folder: Path, *, ours: bool) -> xr.Dataset:
    """Open a store with xarray, all of whose errors are about damage."""
    # numbers in units such as "seconds" are numbers; only what was saved as a duration is one
    durations = xr.coders.CFTimedeltaCoder(decode_via_units=False)
    decoding: dict[str, Any] = {"decode_cf": False} if ours else {"decode_timedelta": durations}
    try:
        return xr.open_dataset(
            folder, engine="zarr", consolidated=False, zarr_format=3, chunks=None, cache=False,
            **decoding,
        )  # fmt: skip
    except (OSError, MemoryError):
        raise
    except Exception as error:
        for name, about in _arrays(folder):
            is_index = about.dims == (name,)  # which xarray has read
            found = damaged_chunk(folder, name, None if is_index else [()] * len(about.shape))
            if found is not None:
                raise found from None
        what = f"xarray: {error}".splitlines()[0]
        raise damaged(folder, "zarr.json", what) from None


def _check_store(folder: Path, path: str | Path) -> None:
    if not folder.exists():
        beside = folder.parent.glob("*.zarr") if folder.parent.is_dir() else ()
        near = did_you_mean(folder.name, [entry.name for entry in beside])
        raise FileNotFoundError(f"there is no {path}.{near}")
    if (folder / "zarr.json").is_file():
        return
    if any((folder / name).is_file() for name in (".zgroup", ".zarray", ".zmetadata")):
        raise ValueError(
            f"{path} is a zarr store of format 2, which is not opened: old readers of it run code "
            "that such a store may hold. Where you trust it, write it anew: "
            "xarray.open_zarr(path).drop_encoding().to_zarr(other, zarr_format=3)."
        )
    raise ValueError(f"{path} is not a zarr store: it holds no zarr.json.")


def _check_whole(folder: Path, counts: Mapping[str, int]) -> None:
    for name, count in counts.items():  # none: written by another program
        there = (folder / name / "zarr.json").is_file()
        found = count_chunks(folder, name) if there else 0
        if found < count or not there:
            raise ValueError(
                f"{folder} is not whole: of {name!r} only {found} of {count} chunks are there. "
                "Copy or save it again."
            )


def _check_sizes(folder: Path) -> None:
    """Raise if what xarray reads or counts at once is too much."""
    for name, about in _arrays(folder):
        if about.dims == (name,):
            check_memory(8 * about.shape[0], about.shape, f"{name!r} of {folder}")
        n_chunks = math.prod(about.grid)
        if n_chunks > _MOST_CHUNKS:
            size = " × ".join(f"{n:,}" for n in about.shape)
            raise ValueError(
                f"{folder} cannot be opened: {name!r} has {size} values in {n_chunks:,} chunks. "
                "Its metadata are damaged, or it has to be written anew in larger chunks."
            )


def _arrays(folder: Path) -> Iterator[tuple[str, Described]]:
    """Yield the variables of a store, and what their metadata say."""
    for path in sorted(folder.glob("*/zarr.json")):
        name, file = path.parent.name, f"{path.parent.name}/zarr.json"
        kind = read_json(folder, file).get("node_type")
        if kind == "array":
            yield name, described(folder, name)
        elif kind != "group":
            raise damaged(folder, file, "it describes neither a variable nor a group")
