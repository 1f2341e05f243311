"""Activations on disk: a zarr store that opens as it was saved, larger than memory if need be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from infonb.activations.disk.partial import describe_partial
from infonb.activations.labelled import check_activations
from infonb.storage import CHUNK_BYTES, open_dataset, save_dataset

__all__ = ["open_activations", "save_activations"]


def save_activations(activations: xr.Dataset, path: str | Path, *, overwrite: bool = False) -> Path:
    """
    Save activations as a zarr store (format 3), wholly or not at all.

    Parameters
    ----------
    activations
        As `infonb.record` and `infonb.from_arrays` make them, in memory or as dask arrays, with
        any further dims (alpha, seed, epoch, ...).
    path
        Folder of the store, by custom ``activations.zarr``.
    overwrite
        Whether a store that is there may be replaced. A folder that is no zarr store never is.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileExistsError
        If something is there already that may not be replaced; it is left as it was.
    ValueError, TypeError
        If the dataset is not one of activations, or a coordinate or attribute has a type that
        cannot be stored. Nothing is written.

    Notes
    -----
    Chunks hold one layer and about 16 MB, so that they are read fast, and are divided along the
    neurons where layers differ in width: chunks of padding are not written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from infonb.activations import from_arrays
    >>> activations = from_arrays({"fc2": np.ones((5, 3)), "fc1": np.zeros((5, 2))})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_activations(activations, f"{folder}/activations.zarr")
    ...     opened = open_activations(path).load()
    >>> opened.identical(activations)
    True
    """
    check_activations(activations)
    lengths = chunk_lengths(activations)
    return save_dataset(activations, path, overwrite=overwrite, chunks={"activation": lengths})


def open_activations(path: str | Path, *, chunks: Any = None) -> xr.Dataset:
    """
    Open activations that were saved, without reading more than their coordinates.

    Parameters
    ----------
    path
        Folder of the store.
    chunks
        None: what is indexed is read when it is used (``.load()`` reads all). ``{}``: dask arrays
        with the chunks of the store, for what is larger than memory; ``"auto"`` or a dict such as
        ``{"sample": 10_000}``: dask arrays with other chunks. They should be multiples of the
        stored ones, and never smaller along neuron or layer: every stored chunk is read whole for
        each part of it (one file took 9.7 s instead of 1.6 s).

    Returns
    -------
    xarray.Dataset
        The activations, identical to those that were saved.

    Raises
    ------
    FileNotFoundError
        If nothing is there; the message names a store beside it with a similar name. If `record`
        has not finished it; the message says how many samples there are, and how to go on.
    ValueError
        If it is no zarr store, one of which a part is missing, or one without activations.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from infonb.activations import from_arrays
    >>> folder = tempfile.TemporaryDirectory()
    >>> activations = from_arrays({"fc1": np.zeros((5, 2))})
    >>> path = save_activations(activations, f"{folder.name}/activations.zarr")
    >>> open_activations(path).sizes["sample"]
    5
    >>> folder.cleanup()
    """
    unfinished = describe_partial(path)
    if unfinished:
        raise FileNotFoundError(unfinished)
    activations = open_dataset(path, chunks=chunks)
    try:
        check_activations(activations)
    except ValueError as error:
        raise ValueError(f"{path} holds no activations: {error}") from None
    return activations


def chunk_lengths(activations: xr.Dataset) -> dict[Any, int]:
    """Return dim → length of the chunks of activations on disk."""
    activation = activations["activation"]
    lengths = dict.fromkeys(activation.dims, 1)
    low, high = int(activations["width"].min()), activation.sizes["neuron"]
    lengths["neuron"], lengths["sample"] = tile(low, high, activation.dtype.itemsize)
    return lengths


def tile(low: int, high: int, itemsize: int) -> tuple[int, int]:
    """Return how many neurons and samples a chunk holds, by the narrowest and the widest layer."""
    # at most 16 parts: many small files are slow; chunks are not compressed, so that the padding
    # inside a chunk takes its room, but chunks of nothing but padding are not written
    neurons = high if low == high else max(low, -(-high // 16))
    return neurons, max(1, CHUNK_BYTES // (neurons * itemsize))
