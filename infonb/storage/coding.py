"""What of a dataset stands in a store as another type or name, so that it comes back as it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["decoded", "encoded", "kept_aside"]

# names to which the conventions of such files give a meaning: under them, readers would change or
# move values; also every name that begins with an underscore
_MEANINGS = {
    "missing_value", "scale_factor", "add_offset", "dtype", "calendar", "coordinates", "bounds",
    "grid_mapping", "ancillary_variables", "cell_measures", "formula_terms",
}  # fmt: skip
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_NOT_A_TIME = np.iinfo(np.int64).min


def encoded(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset as it is written: times as whole numbers, no attributes with a meaning."""
    disk = dataset.copy()
    # the words of other readers part names at spaces; those coordinates are in the mark only
    disk = disk.reset_coords([n for n in dataset.coords if " " in str(n) and n not in dataset.dims])
    disk.attrs = _without(dataset.attrs, _of_dataset(dataset))
    for name, variable in dataset.variables.items():
        attrs = _without(variable.attrs, _of_variable(variable))
        if variable.dtype.kind in "mM":
            data = np.asarray(variable) if variable.chunks is None else variable.data
            data = data.astype(variable.dtype.newbyteorder("=")).view(np.int64)
            about = _about_time(data, variable.dtype)
            disk[name] = xr.Variable(variable.dims, data, attrs | about)
        elif not variable.dtype.isnative:
            disk[name] = variable.astype(variable.dtype.newbyteorder("="))
            disk[name].attrs = attrs
        else:
            disk[name].attrs = attrs
    return disk


def kept_aside(dataset: xr.Dataset) -> dict[str, Any]:
    """Return what `encoded` leaves out, in plain values that the mark of the store holds."""
    of_variables = {str(n): _of_variable(v) for n, v in dataset.variables.items()}
    types = {
        str(name): variable.dtype.str
        for name, variable in dataset.variables.items()
        if variable.dtype.kind in "mM" or not variable.dtype.isnative or _is_empty_text(variable)
    }
    return {
        "coords": [str(name) for name in dataset.variables if name in dataset.coords],
        "without index": [
            str(name)
            for name in dataset.dims
            if name in dataset.coords and name not in dataset.xindexes
        ],
        "types": types,
        "attrs": _of_dataset(dataset),
        "attrs of variables": {name: attrs for name, attrs in of_variables.items() if attrs},
    }


def decoded(name: str, attrs: Mapping[str, Any], aside: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a variable as they were before it was written."""
    is_time = aside["types"].get(name, "")[1:2] in ("m", "M")
    left = {
        k: v
        for k, v in attrs.items()
        if k not in _MEANINGS and k[:1] != "_" and not (is_time and k == "units")
    }
    return left | aside["attrs of variables"].get(name, {})


def _of_dataset(dataset: xr.Dataset) -> dict[str, Any]:
    return {k: v for k, v in dataset.attrs.items() if k in _MEANINGS or k[:1] == "_" or _ours(k)}


def _of_variable(variable: xr.Variable) -> dict[str, Any]:
    return {
        name: value
        for name, value in variable.attrs.items()
        if name in _MEANINGS or name[:1] == "_" or (name == "units" and _is_time(variable, value))
    }


def _is_time(variable: xr.Variable, units: Any) -> bool:
    """Tell whether numbers in such units would be read as times."""
    return variable.dtype.kind in "mM" or "since" in str(units)


def _is_empty_text(variable: xr.Variable) -> bool:
    """Tell whether a variable would be written as one of numbers."""
    return variable.dtype == object and variable.size == 0


def _ours(name: str) -> bool:
    return name.startswith("infonb_")


def _without(attrs: Mapping[Any, Any], aside: Mapping[str, Any]) -> dict[Any, Any]:
    return {name: value for name, value in attrs.items() if name not in aside}


def _about_time(data: Any, dtype: np.dtype) -> dict[str, Any]:
    """Say in the words of other readers what the whole numbers mean."""
    unit = np.datetime_data(dtype)[0]
    about: dict[str, Any] = {"_FillValue": _NOT_A_TIME}
    if dtype.kind == "m":
        return {**about, "dtype": f"timedelta64[{unit}]", "units": _UNITS[unit]}
    if isinstance(data, np.ndarray) and not _in_nanoseconds(data, dtype):
        return {}  # for other readers they stay numbers: they make nanoseconds of dates, or fail
    return {
        **about, "units": f"{_UNITS[unit]} since 1970-01-01", "calendar": "proleptic_gregorian",
    }  # fmt: skip


def _in_nanoseconds(data: np.ndarray, dtype: np.dtype) -> bool:
    """Tell whether dates in whole numbers could be counted in nanoseconds."""
    factor = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[np.datetime_data(dtype)[0]]
    found = data[data != _NOT_A_TIME]
    return not len(found) or max(-int(found.min()), int(found.max())) * factor < 2**63
