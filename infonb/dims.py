"""
The data model in one place: names of dims, which neurons a layer has, pairs within a layer.

Activations have dims (layer, neuron, sample), perhaps with more before them (alpha, seed, epoch).
Layers of fewer neurons are padded with NaN beyond the coordinate ``width`` of ``layer``, which
counts places along ``neuron``, never its labels.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.validate import check_dim

__all__ = [
    "PAIR_DIMS",
    "UNITS",
    "UNIT_DIMS",
    "Attributes",
    "check_array",
    "check_not_infinite",
    "check_samples",
    "count_neurons",
    "group_dim",
    "inside_width",
    "median_within_layers",
    "same_neuron",
    "square",
    "take_activation",
    "with_layer",
    "within_layer",
    "within_layers",
    "without_diagonal",
]

#: What names a neuron, and a pair of neurons.
UNIT_DIMS = ("layer", "neuron")
PAIR_DIMS = (*UNIT_DIMS, "other_layer", "other_neuron")

#: How many nats a unit of entropy and mutual information has.
UNITS = {"nat": 1.0, "bit": float(np.log(2.0))}

#: What every result tells of itself: units, estimator, its parameters, number of samples.
Attributes = dict[str, int | float | str]


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


def check_array(values: object, what: str) -> None:
    """Raise a TypeError unless values are a labelled array."""
    if not isinstance(values, xr.DataArray):
        raise TypeError(f"give {what}, a DataArray; not {type(values).__name__}.")


def check_not_infinite(values: xr.DataArray, what: str) -> None:
    """Raise a ValueError for values at infinity, of which medians and their draws make no sense."""
    infinite = np.isinf(values) if values.dtype.kind == "f" else None
    if infinite is not None and bool(infinite.any()):
        raise ValueError(
            f"{what} is infinite for {int(infinite.sum()):,} of {values.size:,} values, as "
            "entropy(estimator='knn') is for a neuron without a density: it has no change and no "
            "quartiles. Compare binned entropy, or leave them out: "
            "values.where(numpy.isfinite(values))."
        )


def check_samples(
    values: Any, other: Any, name: str, dim: Hashable = "sample"
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return values (..., sample) and a variable (sample) of the same samples."""
    check_array(values, "values")
    check_array(other, name)
    check_dim(dim, values.dims, "values")
    if other.dims != (dim,):
        raise ValueError(f"{name} must have the dims {(dim,)}; not {other.dims}.")
    n, n_other = values.sizes[dim], other.sizes[dim]
    if n != n_other:
        raise ValueError(f"values and {name} are of different samples: {n:,} and {n_other:,}.")
    labelled = dim in values.coords and dim in other.coords
    if labelled and not np.array_equal(values[dim].values, other[dim].values):
        raise ValueError(
            f"values and {name} are of different samples, or in another order: bring them in "
            f"line, as in {name}.sel({dim}=values.{dim})."
        )
    return values.transpose(..., dim), other


def inside_width(values: xr.DataArray, dim: Hashable = "sample") -> xr.DataArray | None:
    """Return which neurons lie within the width of their layer, without `dim`; None: all."""
    width = values.coords.get("width")
    here = "neuron" in values.dims
    if width is None or dim == "neuron" or not (here or "neuron" in values.coords):
        return None
    width = xr.DataArray(width.variable)
    # of neurons that were chosen, or of layers stacked into them, no place is known: all are inside
    place = xr.DataArray(np.arange(values.sizes["neuron"]), dims="neuron") if here else -1
    inside = (-1 if "neuron" in width.dims else place) < width
    doubtful = xr.zeros_like(inside)
    if here and int(width.max()) < values.sizes["neuron"]:
        doubtful = ~inside  # more places than the widest layer: some were added, or it is not here
    labels = values.coords.get("neuron")
    if here and ("neuron" in width.dims or (labels is not None and labels.dtype.kind not in "iu")):
        # of names that are no numbers, some may be left out: then padding stands inside
        doubtful = doubtful | inside
    elif labels is not None and labels.dtype.kind in "iu":
        # names that happen to be numbers; or the old places of a selection
        doubtful = doubtful | (inside != (xr.DataArray(labels.variable) < width))
    if doubtful.any():
        # then padding is known by its values. Of lazy ones a single sample is looked at
        some = values if values.chunks is None else values.isel({dim: slice(1)}).compute()
        empty = xr.DataArray(np.isnan(some.variable)).all([dim])
        if (doubtful & (inside == empty)).any() and not _lacks_some(~empty, width):
            inside = ~empty
    return inside


def _lacks_some(there: xr.DataArray, width: xr.DataArray) -> bool:
    """Tell whether a layer has fewer neurons than its width, though none was left out."""
    whole = "neuron" in there.dims and there.sizes["neuron"] == int(width.max())
    if not whole or "neuron" in width.dims:
        return False
    number = there.sum("neuron")
    return bool(((number > 0) & (number < width)).any())  # none: all of them are padding


def count_neurons(values: xr.DataArray) -> list[int]:
    """Return how many neurons each layer has, the most of all batch entries."""
    inside = inside_width(values)
    n_layers, most = values.sizes.get("layer", 1), values.sizes.get("neuron", 1)
    if inside is None or "neuron" not in inside.dims:
        return [most] * n_layers
    number = inside.sum("neuron")
    number = number.max([d for d in number.dims if d != "layer"])
    return np.broadcast_to(number.values, (n_layers,)).tolist()


def with_layer(values: xr.DataArray) -> xr.DataArray:
    """Return values with the dimension ``layer``, also of a single layer that was selected."""
    if "layer" in values.dims:
        return values
    width = values.coords.get("width")
    values = values.drop_vars("width", errors="ignore")
    if "layer" in values.coords and values.layer.ndim:  # of layers stacked into one dim of neurons
        (dim,) = values.layer.dims
        values = values.drop_vars([name for name, c in values.coords.items() if dim in c.dims])
        width = None
    values = values.expand_dims("layer" if "layer" in values.coords else {"layer": ["all neurons"]})
    return values if width is None else values.assign_coords(width=width.expand_dims("layer"))


def group_dim(values: xr.DataArray, by: str | None, inner: set[str]) -> str | None:
    """Return the dim whose labels are compared: `by`, or the only one but seed and `inner`."""
    if by is not None:
        check_dim(by, values.dims, str(values.name or "array"))
        return by
    left = [str(dim) for dim in values.dims if dim not in inner | {"seed"}]
    if len(left) > 1:
        raise ValueError(f"choose by= among {left}: the {values.name or 'array'} has all of them.")
    return left[0] if left else None


def without_diagonal(values: xr.DataArray) -> xr.DataArray:
    """Return a measure of pairs with NaN where both neurons of a pair are the same one."""
    known = {*values.dims, *values.coords}
    here = [d for d in UNIT_DIMS if d in known]
    other = [d for d in UNIT_DIMS if f"other_{d}" in known]
    if here == ["layer", "neuron"] and other == ["neuron"]:
        here = other  # within="layer": both are of the same one
    # with only one of two neurons left (a mean over the other), there is no diagonal any more
    if not other or here != other:
        return values
    return values.where(~same_neuron(values, here))


def same_neuron(values: xr.DataArray, dims: Sequence[str] = ("neuron",)) -> xr.DataArray:
    """Return which pairs are of a neuron and itself: by labels; by places if those are no names."""
    same = xr.DataArray(True)
    for d in dims:
        own, its = (values[n].variable.to_base_variable() for n in (d, f"other_{d}"))
        twice = len(set(own.values.ravel().tolist())) < own.size  # a label that several have
        if twice and own.ndim == its.ndim == 1 and np.array_equal(own.values, its.values):
            own, its = (v.copy(data=np.arange(v.size)) for v in (own, its))
        same = same & (xr.DataArray(own) == xr.DataArray(its))
    return same


def square(pairs: xr.DataArray) -> xr.DataArray:
    """
    Return pairs of the neurons that both dims have.

    Beside measures of all neurons, MI of drawn ones is filled along ``neuron`` only.
    """
    if not {"neuron", "other_neuron"} <= set(pairs.coords):
        return pairs
    both = [label for label in pairs.neuron.values if label in set(pairs.other_neuron.values)]
    if not both or len(both) == pairs.sizes["neuron"] == pairs.sizes["other_neuron"]:
        return pairs
    return pairs.sel(neuron=both, other_neuron=both)


def within_layer(values: xr.DataArray, layer: object) -> xr.DataArray:
    """Return the values of one layer; of pairs, those within it: (..., neuron, other_neuron)."""
    one = values.sel(layer=layer)
    return one.sel(other_layer=layer) if "other_layer" in one.dims else one


def within_layers(values: xr.DataArray) -> xr.DataArray:
    """Return pairs within layers, (..., layer, neuron, other_neuron); other values as they are."""
    if "other_layer" not in values.dims:
        return values
    diagonal = xr.DataArray(np.arange(values.sizes["layer"]), dims="layer")
    pairs = values.isel(layer=diagonal, other_layer=diagonal)
    return pairs.drop_vars(["other_layer", "other_width"], errors="ignore")


def median_within_layers(information: xr.DataArray) -> xr.DataArray:
    """Return the median MI of the pairs of different neurons of each layer: (..., layer)."""
    pairs = within_layers(information)
    median = pairs.where(~same_neuron(pairs)).median(["neuron", "other_neuron"])
    return median.transpose(..., "layer").assign_attrs(information.attrs)
