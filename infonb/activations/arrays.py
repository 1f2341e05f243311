"""Activations that another tool has recorded already, as arrays, become a labelled dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.activations.labelled import labelled, sample_coordinates, to_numpy
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
        and whose coordinates on ``sample`` are kept. One dim (sample) is a layer of one neuron.
        Layers may differ in width.
    dims
        Order of the two dims of the arrays without labels: ``("sample", "neuron")`` as most tools
        have it, or ``("neuron", "sample")``.
    coords
        What is known about the samples: name -> one value per sample, such as ``label``.
    dtype
        ``"float32"`` or ``"float64"``, the type of the values in the dataset.
    attrs
        Attributes of the dataset (text and numbers), such as the name of the model.

    Returns
    -------
    xarray.Dataset
        ``activation`` with dims (layer, neuron, sample), NaN beyond the coordinate ``width``.

    Raises
    ------
    ValueError
        If there is no array, an array has more dims, is empty, complex or too large for the type,
        or the arrays or coordinates differ in the number of samples.
    TypeError
        If ``arrays`` is no mapping.

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
    found: dict[str, Any] = {}
    rows: dict[str, np.ndarray] = {}
    for layer, values in arrays.items():
        if not isinstance(layer, str):
            raise TypeError(f"layer names must be text; not {layer!r} ({type(layer).__name__}).")
        if isinstance(values, xr.DataArray):
            found = {**_known(values, layer), **found}
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
    activation = np.empty((len(rows), max(widths), first), dtype=dtype)
    for index, (layer, array) in enumerate(rows.items()):
        _copy(array, activation[index, : len(array)], layer, dtype)
        activation[index, len(array) :] = np.nan
    known = sample_coordinates({**found, **(coords or {})}, first)
    return labelled(activation, list(rows), widths, known, attrs or {})


def _known(values: xr.DataArray, layer: str) -> dict[str, np.ndarray]:
    return {
        str(name): coord.values
        for name, coord in values.coords.items()
        if coord.dims == ("sample",) and name not in ("layer", "neuron", "width")
    }


def _neuron_by_sample(values: Any, layer: str, dims: tuple[str, ...]) -> np.ndarray:
    if isinstance(values, xr.DataArray):
        if "sample" not in values.dims or not set(values.dims) <= {"sample", "neuron"}:
            raise ValueError(
                f"layer {layer!r} is a DataArray of dims {values.dims}; it needs the dims "
                "'sample' and 'neuron' (rename them)."
            )
        values = values.transpose("neuron", "sample", missing_dims="ignore").values
        array = values if values.ndim == 2 else values[None]
    else:
        array = to_numpy(values)
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


def _copy(array: np.ndarray, target: np.ndarray, layer: str, dtype: str) -> None:
    try:
        with np.errstate(over="raise"):
            target[...] = array
    except FloatingPointError:
        raise ValueError(
            f"layer {layer!r} holds values too large for {dtype}; pass dtype='float64'."
        ) from None
