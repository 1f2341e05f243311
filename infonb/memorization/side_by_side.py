"""Readings of the same samples side by side, high where they speak for memorization."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import xarray as xr

from infonb.validate import check_choice

__all__ = ["beside_each_other", "side_by_side", "turned"]


def side_by_side(readings: Any, *dims: str) -> dict[str, xr.DataArray]:
    """Return readings (..., sample) by name, apart by each dim that not all of them have."""
    return _apart(_checked(readings, dims or ("sample",)))


def beside_each_other(
    readings: Any, dim: str | Sequence[str] = "sample"
) -> tuple[list[str], xr.DataArray]:
    """Return names, and readings as one array (..., reading, item), high where they memorize."""
    dims = [dim] if isinstance(dim, str) else list(dim)
    if isinstance(readings, xr.DataArray):
        readings = _one_array(readings)
    found = side_by_side(readings, *dims)
    try:
        arrays = xr.align(*(turned(one)[0] for one in found.values()), join="exact")
    except ValueError as error:
        raise ValueError(
            f"the readings {sorted(found)} are not of the same {' and '.join(dims)}s in the same "
            f"order: {error}"
        ) from None
    whole = xr.concat(arrays, dim="reading", coords="minimal", compat="override").drop_attrs()
    if len(dims) == 1:
        return list(found), whole.rename({dims[0]: "item"})
    stacked = whole.stack(item=dims, create_index=False)
    return list(found), stacked.drop_vars(dims, errors="ignore")


def _one_array(array: xr.DataArray) -> dict[str, xr.DataArray]:
    """Return an array that has a dim of rulers as readings by their names."""
    of = [str(dim) for dim in array.dims if str(dim).endswith(("ruler", "reading"))]
    if len(of) != 1:
        raise ValueError(
            "one array of readings must have one dim ruler (or reading), with their names; this "
            f"has {array.dims}."
        )
    names = [str(name) for name in array[of[0]].values]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"two readings have the name {twice[0]!r} along {of[0]!r}; give each its own."
        )
    return {name: array.isel({of[0]: i}, drop=True) for i, name in enumerate(names)}


def _checked(readings: Any, dims: Sequence[str]) -> dict[str, xr.DataArray]:
    if not isinstance(readings, xr.Dataset | Mapping):
        raise TypeError(
            "readings must be a Dataset, or a dict of names and arrays; not "
            f"{type(readings).__name__}. Write {{'name': array}}."
        )
    found = {str(name): readings[name] for name in readings}
    if "needs" in found:  # the results of `measure`: nulls, and what is of something else, stay out
        found = {
            name: one for name, one in found.items()
            if {*dims} <= {*one.dims} and "memorized" in one.attrs
        }  # fmt: skip
    if not found:
        raise ValueError("there is no reading: readings is empty.")
    for name, one in found.items():
        what = getattr(one, "dims", type(one).__name__)
        lacking = [dim for dim in dims if not isinstance(one, xr.DataArray) or dim not in what]
        if lacking:
            raise ValueError(f"the reading {name!r} has no dim {lacking[0]!r}: {what}.")
        if one.dtype.kind not in "biuf":
            raise TypeError(f"the reading {name!r} must be numbers; not {one.dtype}.")
        if not one.size:
            raise ValueError(f"the reading {name!r} is empty: {dict(one.sizes)}.")
    return found


def _apart(readings: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """Return readings whose dims are those that all have: one for each label of any other dim."""
    common = set.intersection(*(set(one.dims) for one in readings.values()))
    apart: dict[str, xr.DataArray] = {}
    for name, one in readings.items():
        own: list[Hashable] = [dim for dim in one.dims if dim not in common]
        if not own:
            apart[name] = one
            continue
        stacked = one.stack(own_label=own)
        for label in stacked.own_label.values:
            words = " ".join(str(part) for part in label)
            # what else is known of these samples may differ among readings, and is of no matter
            apart[f"{name} {words}"] = stacked.sel(own_label=label).assign_attrs(one.attrs)
    return {name: one.reset_coords(drop=True) for name, one in apart.items()}


def turned(reading: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Return a reading that is high where it speaks for memorization, and which end that was."""
    memorized = str(reading.attrs.get("memorized", "high"))
    check_choice("memorized", memorized, ["high", "low"])
    numbers = reading.astype(float)
    return (-numbers if memorized == "low" else numbers), memorized
