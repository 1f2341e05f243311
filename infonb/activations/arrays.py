"""Activations that another tool has recorded already, as arrays, become a labelled dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from infonb.activations.alignment import (
    align_coords,
    aligned,
    first_labels,
    known_of,
    merge_known,
    sample_labels,
)
from infonb.activations.labelled import labelled, sample_coordinates, to_numpy
from infonb.activations.precision import first_lost
from infonb.activations.size import check_size, size_line
from infonb.dims import inside_width
from infonb.validate import check_choice

__all__ = ["from_arrays"]


def from_arrays(
    arrays: Mapping[str, Any],
    *,
    dims: Sequence[str] = ("sample", "neuron"),
    coords: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """
    Return arrays of activations, one for each layer, as one labelled dataset.

    Parameters
    ----------
    arrays
        Layer name -> array of its activations, in depth order, dims (sample, neuron): numpy array,
        torch tensor, nested list, or a DataArray, whose own dims ``sample`` and ``neuron`` count
        and whose coordinates on ``sample`` are kept; a DataFrame is one whose index labels the
        samples (names of samples are kept as ``sample_name``, or as the index is called). Those
        that label their samples are put into the order of the first; labels of the neurons are kept
        if all layers have the same, else neurons are numbered. One dim (sample) is a layer of one
        neuron. Layers may differ in width.
    dims
        Order of the two dims of the arrays without labels: ``("sample", "neuron")`` as most tools
        have it, or ``("neuron", "sample")``.
    coords
        What is known about the samples: name -> one value per sample, such as ``label``. A
        DataArray or Series with labels of the samples is put into the order of theirs.
    dtype
        ``"float32"`` or ``"float64"``, the type of the values in the dataset. Arrays whose values
        it cannot tell apart (a large offset, whole numbers above 2^24) are refused.
    attrs
        Attributes of the dataset (text and numbers), such as the name of the model.

    Returns
    -------
    xarray.Dataset
        ``activation`` with dims (layer, neuron, sample), NaN beyond the coordinate ``width``.

    Raises
    ------
    ValueError
        If there is no array, an array has more dims, is empty, complex, masked, too large or too
        fine for the type, or the arrays or coordinates differ in the number or the labels of their
        samples; if the dataset would not fit into memory.
    TypeError
        If ``arrays`` is no mapping, or an array is sparse.

    Examples
    --------
    >>> import numpy as np
    >>> arrays = {"fc1": np.ones((4, 3)), "fc2": np.zeros((4, 2))}
    >>> activations = from_arrays(arrays, coords={"label": [0, 1, 1, 0]})
    >>> dict(activations.sizes)
    {'layer': 2, 'neuron': 3, 'sample': 4}
    >>> activations.width.values
    array([3, 2])
    >>> activations.activation.sel(layer="fc2", sample=0).values
    array([ 0.,  0., nan], dtype=float32)
    """
    check_choice("dtype", dtype, ["float32", "float64"])
    if not isinstance(arrays, Mapping):
        raise TypeError(
            "arrays must be a dict of layer name -> array of dims (sample, neuron); not "
            f"{type(arrays).__name__}. For one layer: {{'layer': array}}."
        )
    if not arrays:
        raise ValueError("arrays is empty; give at least one layer: {'fc1': array}.")
    dims = tuple(dims)
    if sorted(dims) != ["neuron", "sample"]:
        raise ValueError(
            f"dims must be ('sample', 'neuron') or ('neuron', 'sample'); not {dims!r}."
        )
    known: dict[str, Any] = {}
    neurons: list[Any] = []
    labels = first_labels(arrays.values(), (coords or {}).values())
    rows: dict[str, np.ndarray] = {}
    for layer, values in arrays.items():
        if not isinstance(layer, str):
            raise TypeError(f"layer names must be text; not {layer!r} ({type(layer).__name__}).")
        values = _labelled(aligned(values, labels, f"layer {layer!r}"))
        if isinstance(values, xr.DataArray):
            merge_known(known, known_of(values), f"layer {layer!r}")
        neurons.append(values.indexes.get("neuron") if isinstance(values, xr.DataArray) else None)
        rows[layer] = _neuron_by_sample(values, layer, dims)
    n_samples = {layer: array.shape[1] for layer, array in rows.items()}
    if len(set(n_samples.values())) > 1:
        listed = ", ".join(f"{layer!r} {n:,}" for layer, n in n_samples.items())
        raise ValueError(
            f"all layers need the same samples; numbers of samples: {listed}. Arrays are read as "
            f"{dims}; for the other order pass dims={dims[::-1]}."
        )
    first = next(iter(n_samples.values()))
    widths = [array.shape[0] for array in rows.values()]
    checked = sample_coordinates({**known, **align_coords(coords, labels)}, first)
    size = len(rows) * max(widths) * first * np.dtype(dtype).itemsize
    line = size_line(widths, first, np.dtype(dtype).itemsize)
    check_size(size, None, line, "Take fewer layers, neurons or samples.")
    activation = np.empty((len(rows), max(widths), first), dtype=dtype)
    for index, (layer, array) in enumerate(rows.items()):
        _copy(array, activation[index, : len(array)], layer, dtype)
        activation[index, len(array) :] = np.nan
    dataset = labelled(activation, list(rows), widths, checked, attrs or {})
    names = _common(neurons)
    return dataset if names is None else dataset.assign_coords(neuron=("neuron", names))


def _labelled(values: Any) -> Any:
    """Return a table as an array that knows its dims and samples; anything else as it is."""
    if not isinstance(values, pd.DataFrame | pd.Series):
        return values
    dims = ("sample", "neuron")[: values.ndim]
    return xr.DataArray(values.to_numpy(), _coords_of(sample_labels(values)), dims)


def _coords_of(labels: pd.Index | None) -> dict[str, Any]:
    """Return the labels of a table's samples as coordinates; names beside their numbers."""
    if labels is None:
        return {}
    if labels.dtype.kind in "iu":
        return {"sample": labels.to_numpy()}
    several = labels.nlevels > 1
    names = (f"sample_name_{i}" if several else "sample_name" for i in range(labels.nlevels))
    return {
        str(level or name): ("sample", labels.get_level_values(i).to_numpy())
        for i, (level, name) in enumerate(zip(labels.names, names, strict=True))
    }


def _common(neurons: list[pd.Index | None]) -> Any:
    """Return the labels of the neurons that all layers have, as far as they have so many."""
    known = [labels for labels in neurons if labels is not None]
    if len(known) < len(neurons):
        return None
    longest = max(known, key=len)
    same = all(longest[: len(labels)].equals(labels) for labels in known)
    return to_numpy(longest.to_numpy()) if same else None


def _neuron_by_sample(values: Any, layer: str, dims: tuple[str, ...]) -> np.ndarray:
    if isinstance(values, xr.DataArray):
        if "sample" not in values.dims or not set(values.dims) <= {"sample", "neuron"}:
            raise ValueError(
                f"layer {layer!r} is a DataArray of dims {values.dims}; it needs the dims "
                "'sample' and 'neuron' (rename them)."
            )
        inside = inside_width(values)  # of a layer out of a dataset, without its padding
        if inside is not None and inside.dims == ("neuron",):
            values = values.isel(neuron=np.flatnonzero(inside))
        values = values.transpose("neuron", "sample", missing_dims="ignore").values
        array = values if values.ndim == 2 else values[None]
    else:
        array = _numbers(values, layer)
        if array.ndim == 1:
            array = array[None]
        elif array.ndim == 2:
            array = array.T if dims[0] == "sample" else array
        else:
            raise ValueError(
                f"layer {layer!r} has {array.ndim} dims, shape {array.shape}; reduce it to "
                f"{dims}, such as array.mean(axis=1) over tokens or array.reshape(len(array), -1)."
            )
    if array.dtype.kind not in "fiub":
        raise ValueError(f"layer {layer!r} has type {array.dtype}; activations are real numbers.")
    if array.size == 0:
        raise ValueError(f"layer {layer!r} is empty: {array.shape[::-1]} (sample, neuron).")
    return array


def _numbers(values: Any, layer: str) -> np.ndarray:
    try:
        return to_numpy(values)
    except TypeError as error:
        raise TypeError(f"layer {layer!r}: {error}") from None
    except (RuntimeError, ValueError) as error:  # the former by tensors of other kinds
        raise ValueError(f"layer {layer!r} is no array of numbers: {error}") from None


def _copy(array: np.ndarray, target: np.ndarray, layer: str, dtype: str) -> None:
    lost = first_lost(array, dtype)
    try:
        with np.errstate(over="raise"):
            target[...] = array
    except FloatingPointError:
        raise ValueError(
            f"layer {layer!r} holds values too large for {dtype}; pass dtype='float64'."
        ) from None
    if lost is not None:
        remedy = (
            "pass dtype='float64'" if dtype == "float32" else "subtract an offset, or scale them"
        )
        raise ValueError(
            f"layer {layer!r} holds values of {array.dtype} that {dtype} cannot tell apart (neuron "
            f"{lost}); {remedy}."
        )
