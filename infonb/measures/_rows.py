"""From a labelled array to the matrix (rows, samples) that the kernels take, and back."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from infonb.validate import check_dim

__all__ = ["Rows", "pack", "take_activation"]

UNIT_DIMS = ("layer", "neuron")


@dataclass(frozen=True)
class Rows:
    """The packed valid rows of an array; a row is one neuron of one batch entry."""

    values: np.ndarray
    """(row, sample) float32 or float64, C-contiguous; rows of one batch entry lie together."""
    batch: np.ndarray
    """(row,) which batch entry a row belongs to."""
    unit: np.ndarray
    """(row,) which neuron of its batch entry, as flat position in ``unit_shape``."""
    low: np.ndarray
    """(row,) float64 minimum."""
    high: np.ndarray
    """(row,) float64 maximum."""
    template: xr.DataArray
    """The result's dims (batch dims, then layer, neuron) and coordinates; its values are unused."""
    unit_dims: tuple[Hashable, ...]

    @property
    def n_samples(self) -> int:
        """How many samples a row has."""
        return self.values.shape[1]

    @property
    def unit_shape(self) -> tuple[int, ...]:
        """Sizes of the dims layer and neuron, those that are there."""
        return tuple(self.template.sizes[d] for d in self.unit_dims)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Sizes of the batch dims."""
        return self.template.shape[: self.template.ndim - len(self.unit_dims)]

    def unpack(self, result: np.ndarray) -> xr.DataArray:
        """Return one number a row as labelled array; NaN where there was padding."""
        full = np.full((int(np.prod(self.batch_shape)), int(np.prod(self.unit_shape))), np.nan)
        full[self.batch, self.unit] = result
        return self.template.copy(data=full.reshape(self.template.shape))

    def where(self, row: int) -> str:
        """Return words that say which row this is, in labels."""
        return _place(self.template, self.batch[row] * np.prod(self.unit_shape) + self.unit[row])


def take_activation(activation: xr.DataArray | xr.Dataset) -> xr.DataArray:
    """Return the variable ``activation`` of a data set, or the array itself."""
    if isinstance(activation, xr.Dataset):
        if "activation" not in activation:
            raise ValueError(
                "the data set has no variable 'activation' but "
                f"{sorted(map(str, activation.data_vars))}; pass the array, as in ds['name']."
            )
        activation = activation["activation"]
    if not isinstance(activation, xr.DataArray):
        raise TypeError(
            f"activation must be an xarray DataArray or Dataset; not {type(activation).__name__}. "
            "Label an array with infonb.from_arrays({'layer name': array}) or "
            "xr.DataArray(array, dims=('neuron', 'sample'))."
        )
    return activation


def pack(activation: xr.DataArray | xr.Dataset, dim: Hashable) -> Rows:
    """
    Return the valid rows of an array with dims (layer, neuron, dim) and any batch dims.

    Rows at or beyond the coordinate ``width`` are padding and left out. Everything else must be
    finite real numbers.
    """
    activation = take_activation(activation)
    check_dim(dim, activation.dims, "activation")
    units = tuple(d for d in UNIT_DIMS if d in activation.dims and d != dim)
    if activation.sizes[dim] == 0:
        raise ValueError(f"activation has no samples: dim {dim!r} has size 0.")
    batch = tuple(d for d in activation.dims if d not in (*units, dim))
    activation = activation.transpose(*batch, *units, dim)
    template = activation.isel({dim: 0}, drop=True)
    template = template.drop_vars(
        [n for n, c in activation.coords.items() if dim in c.dims], errors="ignore"
    )
    template.attrs = {}

    values = _real(activation).reshape(-1, activation.sizes[dim])
    valid = _valid(template)
    flat = np.arange(len(values)) if valid is None else np.flatnonzero(valid)
    if len(flat) < len(values):
        values = values[flat]
    values = np.ascontiguousarray(values)
    low, high = _range(values)
    n_units = int(np.prod([template.sizes[d] for d in units]))
    rows = Rows(values, flat // max(n_units, 1), flat % max(n_units, 1), low, high, template, units)
    _check_finite(rows, activation, dim)
    return rows


def _real(activation: xr.DataArray) -> np.ndarray:
    """Return the values as float32 or float64, whichever holds them exactly."""
    dtype = activation.dtype
    # bfloat16 and the float8 family (ml_dtypes) are of kind V to numpy
    if dtype.kind not in "fiub" and not dtype.name.startswith(("bfloat", "float")):
        raise TypeError(
            f"activation must hold real numbers; not dtype {dtype}. "
            "Cast it first, as in activation.astype('float32')."
        )
    small = dtype.itemsize <= 2 or dtype == np.float32
    return np.asarray(activation.values, dtype=np.float32 if small else np.float64)


def _valid(template: xr.DataArray) -> np.ndarray | None:
    """Return which rows lie within the coordinate ``width``, flat; None without one."""
    if "width" not in template.coords:
        return None
    width = template.coords["width"]
    if "neuron" in template.coords and template.coords["neuron"].dtype.kind in "iu":
        neuron = template.coords["neuron"]
    elif "neuron" in template.dims:
        neuron = xr.DataArray(np.arange(template.sizes["neuron"]), dims="neuron")
    else:
        return None
    inside = neuron.reset_coords(drop=True) < width.reset_coords(drop=True)
    return inside.broadcast_like(template).transpose(*template.dims).values.ravel()


def _range(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return minimum and maximum of every row as float64; NaN where the row has one."""
    if not len(values):
        return np.empty(0), np.empty(0)
    return values.min(axis=1).astype(np.float64), values.max(axis=1).astype(np.float64)


def _check_finite(rows: Rows, activation: xr.DataArray, dim: Hashable) -> None:
    """Raise a ValueError that names the first value that is NaN or infinite, or too far apart."""
    bad = ~(np.isfinite(rows.low) & np.isfinite(rows.high))
    if bad.any():
        row = int(np.argmax(bad))
        sample = int(np.argmax(~np.isfinite(rows.values[row])))
        label = activation[dim].values[sample]
        place = ", ".join(p for p in (rows.where(row), f"{dim} {_plain(label)!r}") if p)
        remedy = (
            f"Leave that one out (activation.drop_sel({dim}=[{_plain(label)!r}])) or repair the "
            "recording; padding of narrow layers must be declared by the coordinate 'width' on "
            "'layer' (infonb.record and infonb.from_arrays do so)."
        )
        if dim == "neuron" and "width" in activation.coords:
            remedy = "Beyond the 'width' of a layer is padding: measure each layer alone."
        raise ValueError(
            f"activation is {rows.values[row, sample]} at {place}; the measures need finite "
            f"values. {remedy}"
        )
    with np.errstate(over="ignore"):
        wide = np.isinf(rows.high - rows.low)
    if wide.any():
        row = int(np.argmax(wide))
        raise ValueError(
            f"activation spans {rows.low[row]} to {rows.high[row]}"
            f"{' at ' * bool(rows.where(row)) + rows.where(row)}: differences overflow float64. "
            "Scale it down first; entropy (binned) and MI do not depend on a common scale."
        )


def _place(template: xr.DataArray, position: int) -> str:
    """Return e.g. ``layer 'fc1', neuron 3`` for a flat position in an array."""
    index = np.unravel_index(int(position), template.shape) if template.ndim else ()
    return ", ".join(
        f"{dim} {_plain(template[dim].values[i])!r}"
        for dim, i in zip(template.dims, index, strict=True)
    )


def _plain(value: object) -> object:
    """Return a numpy scalar as Python's own, so that its repr is short."""
    return value.item() if isinstance(value, np.generic) else value
