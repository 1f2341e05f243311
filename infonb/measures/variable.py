"""A variable that neurons are paired with: a label of the samples, or an input."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from infonb.measures.given import numbers, plain_array, values_of
from infonb.measures.rows.layout import Layout
from infonb.validate import did_you_mean

__all__ = ["Variable", "check_variable"]


@dataclass(frozen=True)
class Variable:
    """A variable of the samples, or several of them."""

    name: str
    values: np.ndarray
    """(entry, new, sample) float64; of a discrete variable the classes, int64 from 0."""
    entry: np.ndarray
    """(row,) which entry of the values belongs to a row."""
    n_classes: int | None
    """None: continuous."""
    template: xr.DataArray
    """The result's dims (batch, layer, neuron, new) and coordinates; no values."""

    @property
    def kind(self) -> str:
        """Words for the attributes."""
        return "continuous" if self.n_classes is None else f"discrete, {self.n_classes} classes"

    def unpack(self, where: Layout, values: np.ndarray) -> np.ndarray:
        """Return values (row, new, ...) in the shape of the template; NaN where padding was."""
        return where.unpack(values).reshape((*self.template.shape, *values.shape[2:]))


def check_variable(
    other: Hashable | xr.DataArray | np.ndarray,
    activation: xr.DataArray,
    where: Layout,
    chosen: slice | np.ndarray = slice(None),
) -> Variable:
    """Return the `chosen` samples of what a name or an array stands for; their layout."""
    dim, n_samples = where.dim, activation.sizes[where.dim]
    if isinstance(other, str):
        names = sorted(str(name) for name, c in activation.coords.items() if dim in c.dims)
        if other not in names:
            raise ValueError(
                f"other={other!r} is no coordinate along {dim!r}; there are {names}. Pass one of "
                f"them or an array of one value for each {dim}.{did_you_mean(other, names)}"
            )
        array = activation.coords[other]
    elif isinstance(other, xr.DataArray | xr.Variable):
        array = xr.DataArray(other)
    else:
        values = plain_array(other)
        if values.ndim != 1:
            raise ValueError(
                f"other has shape {values.shape}; an array without labels needs one value for each "
                f"of the {n_samples} entries of {dim!r}. Name the dims of several variables, as in "
                f"xr.DataArray(values, dims=('feature', {dim!r}))."
            )
        labels = {dim: other.index} if hasattr(other, "index") and hasattr(other, "iloc") else {}
        array = xr.DataArray(values, labels, dims=(dim,))
    if dim not in array.dims or array.sizes[dim] != n_samples:
        raise ValueError(
            f"other has dims {dict(array.sizes)}; it needs one value for each of the "
            f"{n_samples} entries of {dim!r}."
        )
    labelled = dim in array.coords and dim in activation.coords
    if labelled and not array.indexes[dim].equals(activation.indexes[dim]):
        raise ValueError(
            f"other and activation differ in their labels of {dim!r}; bring them in line with "
            "xr.align(activation, other), or pass its values alone if they are in the order of the "
            "samples (numpy.asarray(other))."
        )
    return _variable(array.isel({dim: chosen}), where)


def _variable(array: xr.DataArray, where: Layout) -> Variable:
    template = where.template
    batch = [d for d in template.dims if d not in where.unit_dims]
    shared = [d for d in batch if d in array.dims]
    new = [d for d in array.dims if d not in (*shared, where.dim)]
    taken = [d for d in new if d in where.unit_dims]
    if taken:
        raise ValueError(f"other must not have the dims {taken} of the neurons; rename them.")
    for d in shared:
        both = d in array.indexes and d in template.indexes
        if array.sizes[d] != template.sizes[d] or (
            both and not array.indexes[d].equals(template.indexes[d])
        ):
            raise ValueError(
                f"other and activation differ in the size or the labels of {d!r}; bring them in "
                "line with xr.align(activation, other)."
            )
    array = array.transpose(*shared, *new, where.dim)
    shape = (-1, int(np.prod([array.sizes[d] for d in new])), where.n_samples)
    values, n_classes = numbers(values_of(array).reshape(shape))
    # which entry of the variable a batch entry has
    number = xr.DataArray(
        np.arange(len(values)).reshape([array.sizes[d] for d in shared]), dims=shared
    )
    along = xr.DataArray(np.zeros([template.sizes[d] for d in batch], np.int64), dims=batch)
    entry = (along + number).transpose(*batch).values.ravel()[where.batch]
    dims = (*template.dims, *new)
    sizes = (*template.shape, *(array.sizes[d] for d in new))
    coords: dict[Any, Any] = dict(template.coords)
    coords |= {n: c for n, c in array.coords.items() if set(c.dims) <= set(new) and c.dims}
    result = xr.DataArray(np.broadcast_to(np.False_, sizes), coords, dims)
    return Variable(str(array.name or "given"), values, entry, n_classes, result)
