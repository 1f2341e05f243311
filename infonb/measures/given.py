"""The values of a variable that neurons are paired with: of any form, whole, classes or numbers."""

from __future__ import annotations

from datetime import date, timedelta
from numbers import Integral, Number
from typing import Any

import numpy as np
import xarray as xr

from infonb.activations.labelled import to_numpy
from infonb.measures.rows.layout import check_real

__all__ = ["numbers", "plain_array", "values_of"]


def plain_array(other: Any) -> np.ndarray:
    """Return a list, array, tensor or pandas object as an array; refuse masked values."""
    import pandas as pd

    if isinstance(other, np.ma.MaskedArray):
        return _unmasked(other)
    if isinstance(other, pd.Series):
        other = other.array
    if isinstance(other, pd.CategoricalIndex):
        other = other.values
    if isinstance(other, pd.Categorical):  # the names of its classes may be numbers
        return np.array([None if code < 0 else int(code) for code in other.codes], object)
    if isinstance(other, pd.api.extensions.ExtensionArray) and other.dtype.kind == "f":
        return other.to_numpy(np.float64, na_value=np.nan)
    try:
        return to_numpy(other)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            f"other cannot be read as an array ({' '.join(str(error).split())}); pass one number, "
            "text or bool for each sample."
        ) from None


def values_of(array: xr.DataArray) -> np.ndarray:
    """Return the values of a labelled array, loaded; refuse masked ones."""
    data = array.variable.data
    data = data.compute() if array.chunks is not None else data
    return _unmasked(data) if isinstance(data, np.ma.MaskedArray) else plain_array(data)


def _unmasked(values: np.ma.MaskedArray) -> np.ndarray:
    mask = np.ma.getmaskarray(values)
    if mask.any():
        sample = int(np.argmax(mask.reshape(-1, mask.shape[-1]).any(axis=0))) if mask.ndim else 0
        raise ValueError(
            f"other is masked at position {sample} of the samples; leave out the samples without "
            "a value."
        )
    return np.ma.getdata(values)


def numbers(values: np.ndarray) -> tuple[np.ndarray, int | None]:
    """Return classes (..., sample) as numbers from 0, and how many; or float64 and None."""
    if values.dtype.kind in "biuOSUT":
        return _classes(values)
    if values.dtype.kind != "f" and not values.dtype.name.startswith(("bfloat", "float")):
        raise TypeError(
            f"other must hold numbers, text or bool; not dtype {values.dtype}. Cast it first, as "
            "in other.astype(float) for a continuous variable."
        )
    check_real(values.dtype, "other")
    values = values.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        spread = np.ptp(values, axis=-1)
    if not np.isfinite(spread).all():
        sample = int(np.argmax(~np.isfinite(values).all(axis=(0, 1))))
        raise ValueError(
            f"other holds values that are not finite, first at position {sample} of the samples, "
            "or too far apart for float64; leave those samples out or scale them."
        )
    return values, None


def _classes(values: np.ndarray) -> tuple[np.ndarray, int]:
    import pandas as pd

    flat = values.ravel()
    codes, names = pd.factorize(flat.astype(object) if flat.dtype.kind in "SUT" else flat)
    if (codes < 0).any():
        sample = int(np.argmax(codes.reshape(values.shape).min(axis=(0, 1)) < 0))
        raise ValueError(
            f"other has no value at position {sample} of the samples; leave out the samples "
            "without one."
        )
    for name in names if values.dtype.kind == "O" else ():
        measured = isinstance(name, Number) and not isinstance(name, Integral | np.bool_)
        if measured or isinstance(name, date | timedelta | np.datetime64 | np.timedelta64):
            raise TypeError(
                f"other holds objects such as {name!r}, which measure something and are no names "
                "of classes. Cast it first, as in other.astype(float), or to text for classes."
            )
    return codes.reshape(values.shape).astype(np.int64), len(names)
