"""What a zarr store can hold: types, names and attributes that come back as they went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["check_storable", "storable"]

# what xarray makes of all others
_TIMES = [(unit, 1) for unit in ("s", "ms", "us", "ns")]


def check_storable(coords: Mapping[str, Any], attrs: Mapping[str, Any]) -> None:
    """Raise an error unless coordinates of one dim and attributes can be stored."""
    arrays = {name: np.asarray(values).ravel() for name, values in coords.items()}
    dims = {name: (f"dim of {name}", array) for name, array in arrays.items()}
    storable(xr.Dataset(dims, attrs=attrs))


def storable(dataset: xr.Dataset) -> xr.Dataset:
    """Return a shallow copy in which everything has a type that comes back from disk."""
    dataset = dataset.drop_encoding()  # that of the file it came from, if any
    dataset.attrs = _plain(dataset.attrs, "the dataset")
    texts: dict[Any, Any] = {}
    for name in list(dataset.variables):
        _check_name(name)
        variable = dataset.variables[name]
        _check_dims(name, variable.dims)
        if isinstance(dataset.xindexes.get(name), xr.indexes.PandasMultiIndex):
            raise TypeError(
                f"{name!r} is, or belongs to, an index of several levels, which cannot be stored; "
                f"dataset.reset_index({name!r}) makes plain coordinates of it."
            )
        if name in dataset.coords and variable.chunks is not None:  # small, and read when opened
            dataset[name] = variable = variable.compute()
        attrs = _plain(variable.attrs, repr(name))
        if _is_text(variable.dtype):
            # fixed-width text has no zarr type of format 3
            texts[name] = (variable.dims, _texts(variable, name), attrs)
        else:
            _check_dtype(name, variable.dtype)
            dataset[name].attrs = attrs
    dataset.update(texts)  # at once: each alone would be compared with all others
    return dataset


def _is_text(dtype: Any) -> bool:
    if isinstance(dtype, np.dtype):
        return dtype.kind in "TUO"
    return isinstance(dtype, pd.StringDtype)


def _check_dtype(name: Any, dtype: Any) -> None:
    if not isinstance(dtype, np.dtype):
        raise TypeError(
            f"{name!r} has the type {dtype} of pandas, which would come back as another one; make "
            "it numbers or text (.astype) before it is saved."
        )
    # "extended" precision differs from machine to machine
    extended = dtype.itemsize > (16 if dtype.kind == "c" else 8)
    odd_unit = dtype.kind in "mM" and np.datetime_data(dtype) not in _TIMES
    if dtype.kind not in "biufcmM" or extended or odd_unit:
        raise TypeError(f"{name!r} has the type {dtype}, which cannot be stored.")


def _check_name(name: Any) -> None:
    """Raise unless a variable can have a folder of this name in a store."""
    if not isinstance(name, str):
        raise TypeError(f"names of variables must be text; not {name!r}.")
    bad = (
        "it is empty" if not name
        else "it has a meaning of its own in a store" if name in (".", "..", "zarr.json")
        else "it begins with '__'" if name.startswith("__")
        else "it holds a slash, backslash or sign that is not printed"
        if "/" in name or "\\" in name or not name.isprintable()
        else "it is too long" if len(name.encode()) > 200
        else ""
    )  # fmt: skip
    if bad:
        raise ValueError(
            f"the variable {name!r} cannot be stored under this name, since {bad}; "
            "dataset.rename gives it another one."
        )


def _check_dims(name: Any, dims: tuple[Any, ...]) -> None:
    for dim in dims:
        if not isinstance(dim, str):
            raise TypeError(f"names of dims must be text; not {dim!r} (of {name!r}).")
        if not _is_whole(dim):
            raise ValueError(f"the dim {dim!r} (of {name!r}) is no whole text; rename it.")
    if len(set(dims)) < len(dims):
        raise ValueError(f"{name!r} has a dim twice, {dims}, and cannot be stored; rename one.")


def _texts(variable: xr.Variable, name: Any) -> np.ndarray:
    values = np.asarray(variable.values, dtype=object)
    for value in values.ravel():
        if not isinstance(value, str):
            raise TypeError(
                f"{name!r} holds objects that cannot be stored, such as {value!r} "
                f"({type(value).__name__}); make all of them text, or numbers."
            )
        if not _is_whole(value):
            raise ValueError(f"{name!r} holds half a sign, in {value!r}, which cannot be stored.")
    return values


def _is_whole(text: str) -> bool:
    """Tell whether a text is one in UTF-8: a lone half of a pair of code units is not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(attrs: Mapping[Any, Any], where: str) -> dict[str, Any]:
    return {
        _text(key, where): _plain_value(value, f"{where}, {key!r}") for key, value in attrs.items()
    }


def _plain_value(value: Any, where: str, depth: int = 0) -> Any:
    if depth > 50:
        raise ValueError(
            f"the attribute of {where} holds lists or dicts in one another without an end, which "
            "cannot be stored."
        )
    if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in "biufU":
        value = value.tolist()
    if isinstance(value, str) and not _is_whole(value):
        raise ValueError(f"the attribute of {where} holds half a sign: {value!r}.")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain_value(item, where, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {
            _text(key, where): _plain_value(item, where, depth + 1) for key, item in value.items()
        }
    raise TypeError(
        f"the attribute of {where} is {' '.join(repr(value).split())} ({type(value).__name__}), "
        "which cannot be stored; make it text or a number."
    )


def _text(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"names of attributes must be text; not {key!r} (of {where}).")
    if not _is_whole(key):
        raise ValueError(f"the name of an attribute holds half a sign: {key!r} (of {where}).")
    return key
