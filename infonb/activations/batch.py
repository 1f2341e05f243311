"""One batch: what a model is called with, in parts that may lie in dicts and tuples."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from infonb.activations.labelled import check_unmasked, to_numpy
from infonb.activations.precision import first_lost

__all__ = ["Batch", "Place", "as_batch", "cut", "describe", "is_array", "label_coord", "leaves"]

_LOOKED_AT = 1 << 20  # values of a batch, to see whether the type of the model merges some

FORMS = (
    "an infonb data set, an array or tensor of inputs, a tuple (inputs, labels), a dict of "
    "tensors, a DataLoader, or an iterable of batches"
)

_NESTED = (
    "inputs are a nested tensor, of samples that differ in size; pass them padded, with a mask: "
    "{'input_ids': x.to_padded_tensor(0), 'attention_mask': mask}."
)


class Place:
    """Where a model takes its inputs: its device and floating type; of several types, as given."""

    def __init__(self, model: nn.Module) -> None:
        floats = [p for p in model.parameters() if p.is_floating_point()]
        self.device = floats[0].device if floats else torch.device("cpu")
        self.dtypes = {p.dtype for p in floats} or {torch.get_default_dtype()}

    def loses(self, batch: Batch) -> bool:
        """Tell whether values of the inputs become equal in the type of the model."""
        for value in filter(is_array, leaves((batch.args, batch.kwargs))):
            double = str(value.dtype).endswith("float64") and len(value.shape) > 0
            if (
                double
                and self.dtypes == {torch.float32}
                and getattr(value, "layout", torch.strided) == torch.strided
            ):
                n = max(2, _LOOKED_AT // max(math.prod(value.shape[1:]), 1))
                some = _tensor(cut(value, 0, n, len(value))).cpu().reshape(len(value[:n]), -1)
                if first_lost(some.numpy().T, "float32") is not None:
                    return True
        return False

    def __call__(self, value: Any) -> Any:
        """Return a tensor there, a copy: the model may work in place."""
        value = _tensor(value)
        if not isinstance(value, torch.Tensor):
            return value
        dtype = value.dtype
        if value.is_floating_point() and dtype not in self.dtypes:
            dtype = max(self.dtypes, key=lambda kind: torch.finfo(kind).bits)
        return value.to(self.device, dtype, copy=True)


@dataclass
class Batch:
    """What a model is called with, for `size` samples, and what is known about them."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    labels: np.ndarray | None
    size: int

    def changed(self, each: Callable[[Any], Any], size: int | None = None) -> Batch:
        """Return the batch with a function applied to each of its parts, wherever they lie."""
        args, kwargs = _nested(self.args, each), _nested(self.kwargs, each)
        return Batch(args, kwargs, self.labels, self.size if size is None else size)

    def part(self, start: int, stop: int) -> Batch:
        """Return some samples of the batch."""
        return self.changed(lambda value: cut(value, start, stop, self.size), stop - start)

    def call(self, model: Callable[..., Any]) -> Any:
        """Call a model with the batch, and return its output."""
        try:
            return model(*self.args, **self.kwargs)
        except Exception as error:
            error.add_note(f"infonb: the model was called with {self}.")
            if isinstance(error, TypeError) and self.kwargs and "argument" in str(error):
                error.add_note(
                    "infonb: keys of a dict are names of arguments; a model whose one argument is "
                    "a dict takes {'name of the argument': {...}}."
                )
            raise

    def __str__(self) -> str:
        parts = [describe(value) for value in self.args]
        parts += [f"{name} = {describe(value)}" for name, value in self.kwargs.items()]
        return ", ".join(parts)


def as_batch(batch: Any) -> Batch:
    """Return one batch of an iterable in any of its forms: inputs, (inputs, labels), a dict."""
    inputs, labels = batch, None
    if isinstance(batch, tuple | list):
        if len(batch) not in (1, 2):
            raise ValueError(
                f"a batch is {describe(batch)}; it must be inputs, (inputs, labels) or a dict of "
                "keyword arguments. Several inputs: ((input, input, ...), labels) or a dict."
            )
        inputs, labels = batch if len(batch) == 2 else (batch[0], None)
    kwargs: dict[str, Any] = {}
    args: tuple[Any, ...] = ()
    if isinstance(inputs, Mapping):
        kwargs = {str(name): value for name, value in inputs.items()}
        for name in ("label", "labels"):
            # labels of tokens stay: sequence to sequence models need them to run
            if labels is None and is_array(kwargs.get(name)):
                labels = kwargs.pop(name) if len(kwargs[name].shape) == 1 else None
    else:
        args = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    for value in leaves((args, kwargs)):
        if isinstance(value, torch.Tensor) and value.is_nested and value.layout == torch.strided:
            raise TypeError(_NESTED)
    arrays = [value for value in leaves((args, kwargs)) if is_array(value) and value.shape]
    if not arrays:
        raise TypeError(
            f"a batch is {describe(batch)}, without a tensor or array (sample, ...); data must be "
            f"{FORMS}."
        )
    for value in arrays:
        _check_numbers(value)
    size = int(arrays[0].shape[0])
    known = None if labels is None else label_coord(to_numpy(labels)).get("label")
    if known is not None and len(known) != size:
        warnings.warn(
            f"a batch of {size:,} samples comes with {len(known):,} labels, which are left out. "
            "If it is one sample, pass them through a DataLoader.",
            stacklevel=2,
        )
        known = None
    return Batch(args, kwargs, known, size)


def cut(value: Any, start: int, stop: int, size: int) -> Any:
    """Return some samples of a part of a batch, if it has as many; else all of it."""
    if not is_array(value) or not value.shape or value.shape[0] != size:
        return value
    if isinstance(value, torch.Tensor) and value.layout != torch.strided:
        if value.is_nested:
            raise TypeError(_NESTED)
        if value.layout != torch.sparse_coo:
            raise TypeError(
                f"inputs are a sparse tensor ({value.layout}) that cannot be cut into batches; "
                "pass x.to_sparse_coo() or x.to_dense()."
            )
        return value.narrow_copy(0, start, min(stop, size) - start)
    part = value[start:stop]
    # of arrays that lie elsewhere (memory-mapped, dask, HDF5, zarr), only these samples are read
    return part if isinstance(part, torch.Tensor) else np.asarray(part)


def is_array(value: Any) -> bool:
    """Tell whether a value is a tensor, or whatever is sliced and read like an array."""
    if isinstance(value, torch.Tensor | np.ndarray):
        return True
    has = all(hasattr(value, name) for name in ("shape", "dtype", "__getitem__", "__array__"))
    return has and not isinstance(value, np.generic)


def leaves(value: Any) -> Iterator[Any]:
    """Yield the parts of dicts, tuples and lists, however deep."""
    if isinstance(value, Mapping | tuple | list) and not isinstance(value, PackedSequence):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(part)
    else:
        yield value


def describe(value: Any) -> str:
    """Say what a value is: type and shape of a tensor, number and types of a tuple's parts."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of {str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, Mapping):
        return f"a {type(value).__name__} with the keys {', '.join(map(repr, value))}"
    if isinstance(value, tuple | list):
        kinds = ", ".join(type(part).__name__ for part in value[:6])
        more = ", ..." if len(value) > 6 else ""
        return f"a {type(value).__name__} of {len(value)} ({kinds}{more})"
    return f"{type(value).__name__}"


def label_coord(labels: np.ndarray | None) -> dict[str, np.ndarray]:
    """Labels are a coordinate if there is one for each sample, not if they are boxes or masks."""
    if labels is not None and labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    return {"label": labels} if labels is not None and labels.ndim == 1 else {}


def _nested(value: Any, each: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        named = {name: _nested(part, each) for name, part in value.items()}
        try:
            return named if type(value) is dict else type(value)(named)  # type: ignore[call-arg]
        except TypeError:
            return named
    if isinstance(value, tuple | list) and not isinstance(value, PackedSequence):
        parts = [_nested(part, each) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return each(value)


def _check_numbers(value: Any) -> None:
    check_unmasked(value)
    kind = getattr(value.dtype, "kind", "f")  # of torch all are numbers
    if kind not in "fiub":
        raise TypeError(f"inputs must be numbers; not an array of type {value.dtype}.")


def _tensor(value: Any) -> Any:
    if isinstance(value, torch.Tensor) or not is_array(value):
        return value
    array = np.asarray(value.values if isinstance(value, xr.DataArray) else value)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:  # torch has no longer float
        array = array.astype(np.float64)
    array = np.require(array, array.dtype.newbyteorder("="), "C")
    # torch warns of arrays that must not be written to, though a copy is made of them at once
    return torch.from_numpy(array if array.flags.writeable else array.copy())
