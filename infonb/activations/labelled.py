"""The data model of activations: dims (layer, neuron, sample), padded beyond ``width``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from infonb.validate import did_you_mean

__all__ = [
    "check_activations",
    "check_unmasked",
    "labelled",
    "sample_coordinates",
    "to_numpy",
]

DIMS = ("layer", "neuron", "sample")


def to_numpy(values: Any) -> np.ndarray:
    """Return an array, list or torch tensor as a numpy array; text as objects, as zarr has it."""
    if hasattr(values, "detach"):  # a torch tensor; torch itself is not imported for this
        values = _of_torch(values)
    elif hasattr(values, "toarray"):  # of scipy
        raise TypeError(f"a sparse {type(values).__name__} is no array; pass .toarray().")
    check_unmasked(values)
    array = np.asarray(values)
    if array.dtype.kind in "UT" or (array.dtype.kind == "O" and _all_strings(array)):
        return array.astype(object)
    return array


def check_unmasked(values: Any) -> None:
    """Raise a ValueError of an array in which values are masked: they would be read as valid."""
    parts = values if isinstance(values, list | tuple) else [values]
    for part in parts:
        if isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part):
            raise ValueError(
                f"{int(np.ma.count_masked(part)):,} values of a masked array are masked; drop "
                "these samples or neurons, or say what stands for them: array.filled(0)."
            )


def _of_torch(values: Any) -> np.ndarray:
    if "strided" not in str(values.layout):
        raise TypeError(f"a sparse tensor ({values.layout}) is no array; pass .to_dense().")
    if values.is_quantized:
        raise TypeError("a quantised tensor is no array; pass .dequantize() or .int_repr().")
    values = values.detach().cpu().resolve_conj().resolve_neg()
    # numpy has no bfloat16, and no float of 8 bits
    half = values.is_floating_point() and str(values.dtype)[-2:] not in ("16", "32", "64")
    return (values.float() if half or "bfloat16" in str(values.dtype) else values).numpy()


def _all_strings(array: np.ndarray) -> bool:
    return all(isinstance(value, str) for value in array.ravel())


def sample_coordinates(coords: Mapping[str, Any] | None, n_samples: int) -> dict[str, np.ndarray]:
    """Return what is known about samples as checked arrays (sample), their number first."""
    checked = {"sample": np.arange(n_samples, dtype=np.int64)}
    for name, values in (coords or {}).items():
        if name in ("layer", "neuron", "width", "activation"):
            raise ValueError(
                f"coords: {name!r} is a part of the activations themselves; give the knowledge "
                "about the samples another name."
            )
        array = to_numpy(values)
        if array.shape == (n_samples, 1):
            array = array[:, 0]
        if array.shape != (n_samples,):
            raise ValueError(
                f"coords: {name!r} has shape {array.shape}; it needs one value for each of the "
                f"{n_samples:,} samples."
            )
        if name == "sample":
            if array.dtype.kind not in "iu":
                raise ValueError(
                    f"coords: 'sample' holds whole numbers; not {array.dtype}. Give names of "
                    "samples as a coordinate of another name, such as 'sample_name'."
                )
            array = array.astype(np.int64)
        checked[name] = array.copy()  # not the user's own, which may change
    return checked


def labelled(
    activation: np.ndarray,
    layers: Sequence[str],
    widths: Sequence[int],
    coords: Mapping[str, npt.ArrayLike],
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    """
    Put names on an array (layer, neuron, sample) that is padded with NaN beyond the widths.

    It may have views of the samples before all other dims, and so may what is known of them.
    """
    views = DIMS[:0] if activation.ndim == 3 else ("augmentation",)
    return xr.Dataset(
        {"activation": ((*views, *DIMS), activation)},
        coords={
            "layer": np.array(list(layers), dtype=object),
            "neuron": np.arange(activation.shape[-2], dtype=np.int64),
            "sample": coords["sample"],
            "width": ("layer", np.asarray(widths, dtype=np.int64)),
            **{dim: np.arange(len(activation), dtype=np.int64) for dim in views},
            **{
                name: ((*views, "sample")[-np.ndim(values) :], values)
                for name, values in coords.items()
                if name != "sample"
            },
        },
        attrs=dict(attrs),
    )


def check_activations(activations: xr.Dataset, *, values: bool = False) -> None:
    """
    Raise a clear error unless a dataset is one of activations.

    Parameters
    ----------
    activations
        The dataset: variable ``activation`` with the dims layer, neuron and sample in any order,
        more dims (alpha, seed, epoch, ...) allowed; coordinates ``layer`` and ``width``.
    values
        Also look at the values: NaN inside the width is an error that names its place. This reads
        all of them.

    Raises
    ------
    TypeError
        If it is no Dataset.
    ValueError
        If a variable, dim or coordinate is missing or wrong; the message says how to mend it.

    Examples
    --------
    >>> import numpy as np
    >>> from infonb.activations import from_arrays
    >>> activations = from_arrays({"fc1": np.zeros((5, 2))})
    >>> check_activations(activations)
    >>> check_activations(activations.rename(activation="activations"))
    Traceback (most recent call last):
        ...
    ValueError: the dataset holds no variable 'activation'; it holds 'activations'. Did you mean
    'activations'? Rename it, or build the dataset with infonb.record or infonb.from_arrays.
    """
    if not isinstance(activations, xr.Dataset):
        raise TypeError(
            f"activations must be an xarray.Dataset with the variable 'activation'; not "
            f"{type(activations).__name__}."
        )
    build = "build the dataset with infonb.record or infonb.from_arrays."
    if "activation" not in activations.data_vars:
        names = ", ".join(repr(name) for name in activations.data_vars) or "nothing"
        near = did_you_mean("activation", activations.data_vars)
        raise ValueError(
            f"the dataset holds no variable 'activation'; it holds {names}.{near} Rename it, or "
            + build
        )
    activation = activations["activation"]
    for dim in DIMS:
        if dim not in activation.dims:
            near = did_you_mean(dim, activation.dims)
            raise ValueError(
                f"activation has no dim {dim!r}; it has dims {activation.dims}.{near} Rename its "
                "dims to 'layer', 'neuron' and 'sample', or " + build
            )
        if activation.sizes[dim] == 0:
            raise ValueError(f"activation is empty: dim {dim!r} has length 0.")
    if activation.dtype.kind != "f":
        raise ValueError(f"activation must be floating point; not {activation.dtype}.")
    for name in ("layer", "width"):
        if name not in activations.coords:
            raise ValueError(f"activations need the coordinate {name!r} on 'layer'; " + build)
    if not activations.indexes["layer"].is_unique:
        raise ValueError(f"layer names must differ; not {list(activations['layer'].values)}.")
    _check_width(activations)
    if values:
        _check_values(activations)


def _check_width(activations: xr.Dataset) -> None:
    width = activations["width"]
    extra = set(activations["activation"].dims) - {"neuron", "sample"}
    if "layer" not in width.dims or not set(width.dims) <= extra or width.dtype.kind not in "iu":
        raise ValueError(
            "width must hold one whole number for each layer (dims 'layer'); it has dims "
            f"{width.dims} and type {width.dtype}."
        )
    n_neurons = activations.sizes["neuron"]
    low, high = int(width.min()), int(width.max())
    if low < 1 or high > n_neurons:
        raise ValueError(
            f"width must lie between 1 and the {n_neurons} neurons of the dataset; it lies between "
            f"{low} and {high}. Select neurons with infonb.from_arrays, or set width anew."
        )


def _check_values(activations: xr.Dataset) -> None:
    activation = activations["activation"]
    inside = np.arange(activation.sizes["neuron"])
    neuron = xr.DataArray(inside, dims="neuron")
    bad = (activation.isnull() & (neuron < activations["width"])).transpose(*activation.dims)
    places = np.argwhere(bad.values)
    if len(places):
        where = ", ".join(
            f"{dim} {activation[dim].values.tolist()[i] if dim in activation.coords else i!r}"
            for dim, i in zip(activation.dims, places[0].tolist(), strict=True)
        )
        raise ValueError(
            f"activation is NaN at {where} ({len(places):,} such values inside the width); drop "
            "these samples or neurons, or look for the cause in the model."
        )
