"""Any labelled result on disk: a dataset or an array comes back as what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from infonb.activations.disk.partial import describe_partial
from infonb.activations.labelled import check_activations
from infonb.activations.saving import save_activations
from infonb.storage import open_dataset, save_dataset

__all__ = ["open", "save"]

#: The attribute of a store that holds an array: its name, None if it has none.
_ARRAY = "infonb array"


def save(found: xr.Dataset | xr.DataArray, path: str | Path, *, overwrite: bool = False) -> Path:
    """
    Save a labelled result as a zarr store (format 3), wholly or not at all.

    Parameters
    ----------
    found
        What `infonb.record`, a measure, `infonb.compare` or an experiment returned: any dims.
        Activations are divided as `infonb.save_activations` does.
    path
        Folder of the store, by custom ``something.zarr``; folders above it are made.
    overwrite
        Whether a store that is there may be replaced. Anything else never is.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileExistsError
        If something is there already that may not be replaced; it is left as it was.
    TypeError
        If it is no labelled result, or holds something that cannot be stored. Nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> import infonb as inb
    >>> entropy = inb.entropy(inb.from_arrays({"fc1": [[0.0, 1.0], [2.0, 3.0]]}), bins=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = inb.save(entropy, f"{folder}/entropy.zarr")
    ...     inb.open(path).load().identical(entropy)
    True
    """
    if isinstance(found, xr.DataArray):
        return save_dataset(_as_dataset(found), path, overwrite=overwrite)
    if not isinstance(found, xr.Dataset):
        raise TypeError(
            "only labelled results can be saved, an xarray Dataset or DataArray; not "
            f"{type(found).__name__}."
        )
    write = save_activations if _is_activations(found) else save_dataset
    return write(found, path, overwrite=overwrite)


def open(path: str | Path, *, chunks: Any = None) -> xr.Dataset | xr.DataArray:
    """
    Open a labelled result that was saved, without reading more than its coordinates.

    Parameters
    ----------
    path
        Folder of the store.
    chunks
        None: what is indexed is read when it is used (``.load()`` reads all). ``{}``: dask arrays
        with the chunks of the store, for what is larger than memory.

    Returns
    -------
    xarray.Dataset or xarray.DataArray
        As it was saved.

    Raises
    ------
    FileNotFoundError
        If nothing is there, or a recording that has not been finished.
    ValueError
        If it is no zarr store, or one of which a part is missing.

    Examples
    --------
    >>> import tempfile
    >>> import infonb as inb
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = inb.save(inb.from_arrays({"fc1": [[0.0, 1.0]]}), f"{folder}/activations.zarr")
    ...     dict(inb.open(path).sizes)
    {'layer': 1, 'neuron': 2, 'sample': 1}
    """
    unfinished = describe_partial(path)
    if unfinished:
        raise FileNotFoundError(unfinished)
    opened = open_dataset(path, chunks=chunks)
    if _ARRAY not in opened.attrs:
        return opened
    (name,) = opened.attrs[_ARRAY]
    return opened[_ARRAY].rename(name)


def _as_dataset(array: xr.DataArray) -> xr.Dataset:
    # under a name that none of its coordinates has
    return array.to_dataset(name=_ARRAY).assign_attrs({_ARRAY: [array.name]})


def _is_activations(found: xr.Dataset) -> bool:
    try:
        check_activations(found)
    except ValueError:
        return False
    return True
