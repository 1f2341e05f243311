"""What a zarr store can hold: types of variables and of attributes that come back as they went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["check_storable", "storable"]


def check_storable(coords: Mapping[str, Any], attrs: Mapping[str, Any]) -> None:
    """Raise a TypeError unless coordinates of one dim and attributes can be stored."""
    arrays = {name: np.asarray(values).ravel() for name, values in coords.items()}
    dims = {name: (f"dim of {name}", array) for name, array in arrays.items()}
    storable(xr.Dataset(dims, attrs=attrs))


def storable(dataset: xr.Dataset) -> xr.Dataset:
    """Return a shallow copy in which everything has a type that comes back from disk."""
    dataset = dataset.drop_encoding()  # that of the file it came from, if any
    dataset.attrs = _plain(dataset.attrs, "the dataset")
    for name in list(dataset.variables):
        if not isinstance(name, str):
            raise TypeError(f"names of variables must be text; not {name!r}.")
        variable = dataset.variables[name]
        if name in dataset.coords and variable.chunks is not None:  # small, and read when opened
            dataset[name] = variable = variable.compute()
        attrs = _plain(variable.attrs, repr(name))
        if variable.dtype.kind in "TUO":
            # fixed-width text has no zarr type of format 3
            dataset[name] = (variable.dims, _texts(variable, name), attrs)
        elif variable.dtype.kind in "biufcmM":
            dataset[name].attrs = attrs
        else:
            raise TypeError(f"{name!r} has the type {variable.dtype}, which cannot be stored.")
    return dataset


def _texts(variable: xr.Variable, name: str) -> np.ndarray:
    values = np.asarray(variable.values, dtype=object)
    for value in values.ravel():
        if not isinstance(value, str):
            raise TypeError(
                f"{name!r} holds objects that cannot be stored, such as {value!r} "
                f"({type(value).__name__}); make all of them text, or numbers."
            )
    return values


def _plain(attrs: Mapping[Any, Any], where: str) -> dict[str, Any]:
    return {
        _text(key, where): _plain_value(value, f"{where}, {key!r}") for key, value in attrs.items()
    }


def _plain_value(value: Any, where: str) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain_value(item, where) for item in value]
    if isinstance(value, Mapping):
        return {_text(key, where): _plain_value(item, where) for key, item in value.items()}
    raise TypeError(
        f"the attribute of {where} is {value!r} ({type(value).__name__}), which cannot be stored; "
        "make it text or a number."
    )


def _text(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"names of attributes must be text; not {key!r} (of {where}).")
    return key
