"""From a labelled array to rows of samples, one for each neuron, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import UNIT_DIMS, Attributes, inside_width
from infonb.validate import check_dim

__all__ = ["EXACT", "Layout", "check_real", "check_span", "layout", "plain", "real"]

# Up to here float64 holds every whole number.
EXACT = 2**53


@dataclass(frozen=True)
class Layout:
    """Where the neurons are: a row is one neuron of one batch entry; padding has none."""

    template: xr.DataArray
    """The dims of a result (batch dims, then layer, neuron) and its coordinates; no values."""
    unit_dims: tuple[Hashable, ...]
    dim: Hashable
    samples: xr.Variable
    """(sample,) the labels of the samples."""
    sample_coords: dict[Hashable, xr.DataArray]
    """Coordinates along the samples."""
    position: np.ndarray
    """(row,) the flat position of a row in the template."""

    @property
    def n_rows(self) -> int:
        """How many neurons there are, over all batch entries."""
        return len(self.position)

    @property
    def n_samples(self) -> int:
        """How many samples a row has."""
        return len(self.samples)

    @cached_property
    def batch(self) -> np.ndarray:
        """(row,) which batch entry a row belongs to."""
        units = self.template.shape[self.template.ndim - len(self.unit_dims) :]
        return self.position // max(math.prod(units), 1)

    def unpack(self, result: np.ndarray) -> np.ndarray:
        """Return values of the rows in the shape of the template; NaN where there was padding."""
        full = np.full((self.template.size, *result.shape[1:]), np.nan)
        full[self.position] = result
        return full.reshape((*self.template.shape, *result.shape[1:]))

    def where(self, row: int) -> str:
        """Return words that say which row this is, such as ``layer 'fc1', neuron 3``."""
        template = self.template
        index = np.unravel_index(int(self.position[row]), template.shape) if template.ndim else ()
        return ", ".join(
            f"{dim} {plain(template[dim].values[i])!r}"
            for dim, i in zip(template.dims, index, strict=True)
        )

    def range_of(
        self, values: np.ndarray, row: np.ndarray | None = None, first: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and greatest value of rows from sample `first` on; refuse NaN."""
        from infonb.measures.kernels.counts import row_range

        least, greatest = row_range(values)
        bad = ~(np.isfinite(least) & np.isfinite(greatest))
        if bad.any():
            at = int(np.argmax(bad))
            sample = int(np.argmax(~np.isfinite(values[at])))
            self.refuse(at if row is None else int(row[at]), first + sample, values[at, sample])
        return least, greatest

    def labelled(
        self, values: Any, template: xr.DataArray, attrs: Attributes, pointwise: bool
    ) -> xr.DataArray:
        """Return values in the shape of a template with its labels; pointwise: samples last."""
        dims, coords = template.dims, dict(template.coords)
        if pointwise:
            dims = (*dims, self.dim)
            coords |= {n: c for n, c in self.sample_coords.items() if set(c.dims) <= set(dims)}
        return xr.DataArray(values, coords, dims, attrs=attrs)

    def check_range(self, low: np.ndarray, high: np.ndarray, start: int = 0) -> None:
        """Raise a ValueError that names the first row, from `start`, with values too far apart."""
        check_span(low, high, place=lambda row: self.where(start + row))

    def refuse(self, row: int, sample: int, value: float) -> None:
        """Raise a ValueError that names a value that is NaN or infinite."""
        value, label = float(value), plain(self.samples.values[sample])
        place = ", ".join(p for p in (self.where(row), f"{self.dim} {label!r}") if p)
        remedy = (
            f"Leave that one out (activation.drop_sel({self.dim}=[{label!r}])) or repair the "
            "recording; padding of narrow layers must be declared by the coordinate 'width' on "
            "'layer' (infonb.record and infonb.from_arrays do so)."
        )
        if self.dim == "neuron" and "width" in self.template.coords:
            remedy = "Beyond the 'width' of a layer is padding: measure each layer alone."
        raise ValueError(
            f"activation is {value} at {place}; the measures need finite values. {remedy}"
        )


def layout(activation: xr.DataArray, dim: Hashable) -> tuple[Layout, xr.DataArray]:
    """Return where the neurons are, and the array as (batch, layer, neuron, dim), not read."""
    check_dim(dim, activation.dims, "activation")
    check_real(activation.dtype)
    units = tuple(d for d in UNIT_DIMS if d in activation.dims and d != dim)
    if activation.sizes[dim] == 0:
        raise ValueError(f"activation has no samples: dim {dim!r} has size 0.")
    batch = tuple(d for d in activation.dims if d not in (*units, dim))
    activation = activation.transpose(*batch, *units, dim)
    template = activation.isel({dim: 0}, drop=True)
    along = {n: c for n, c in activation.coords.items() if dim in c.dims}
    template = template.drop_vars(list(along), errors="ignore")
    template = template.copy(data=np.empty(template.shape, np.bool_))
    template.attrs, template.name = {}, None
    position = np.arange(template.size)
    if (inside := inside_width(activation, dim)) is not None:
        inside = inside.broadcast_like(template).transpose(*template.dims)
        position = np.flatnonzero(inside.values)
    samples = activation[dim].variable
    return Layout(template, units, dim, samples, along, position), activation


def check_span(
    low: np.ndarray,
    high: np.ndarray,
    what: str = "activation",
    place: Callable[[int], str] = lambda at: "",
) -> None:
    """Raise a ValueError unless float64 holds the differences of all these ends."""
    with np.errstate(over="ignore"):
        wide = np.isinf(high - low)
    if wide.any():
        at = int(np.argmax(wide))
        words = f" at {there}" if (there := place(at)) else ""
        raise ValueError(
            f"{what} spans {low[at]} to {high[at]}{words}: differences overflow float64. Scale it "
            "down first; entropy (binned) and MI do not depend on a common scale."
        )


def real(values: np.ndarray) -> np.ndarray:
    """Return values as float32 or float64, whichever holds them exactly."""
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8 and values.size:
        least, greatest = values.min(), values.max()
        if least < -EXACT or greatest > EXACT:
            raise ValueError(
                f"activation holds whole numbers from {least} to {greatest}; beyond 2^53 float64, "
                "in which the measures compute, cannot tell neighbours apart. Subtract a common "
                "offset first, or round them yourself with activation.astype('float64')."
            )
    small = values.dtype.itemsize <= 2 or values.dtype == np.float32
    return np.asarray(values, dtype=np.float32 if small else np.float64)


def plain(value: Any) -> Any:
    """Return a numpy scalar as Python's own, so that its repr is short."""
    return value.item() if isinstance(value, np.generic) else value


def check_real(dtype: np.dtype, what: str = "activation") -> None:
    """Raise a TypeError unless float64 holds the numbers of a type."""
    if dtype.kind == "f" and dtype.itemsize > 8:
        raise TypeError(
            f"{what} has dtype {dtype}, of which float64 would lose digits. "
            f"Cast it first, as in {what}.astype('float64')."
        )
    # bfloat16 and the float8 family (ml_dtypes) are of kind V to numpy
    if dtype.kind not in "fiub" and not dtype.name.startswith(("bfloat", "float")):
        raise TypeError(
            f"{what} must hold real numbers; not dtype {dtype}. "
            f"Cast it first, as in {what}.astype('float32')."
        )
