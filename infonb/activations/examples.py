"""From whatever holds the inputs to batches that a model can be called with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from infonb.activations.labelled import to_numpy

__all__ = ["Batch", "Examples", "examples"]

FORMS = (
    "an infonb data set, an array or tensor of inputs, a tuple (inputs, labels), a dict of "
    "tensors, a DataLoader, or an iterable of batches"
)


@dataclass
class Batch:
    """What a model is called with, for `size` samples, and what is known about them."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    labels: np.ndarray | None
    size: int

    def to(self, device: torch.device, dtype: torch.dtype) -> Batch:
        """Move the tensors to a device; those that are floating point get the dtype."""
        args = tuple(_place(value, device, dtype) for value in self.args)
        kwargs = {name: _place(value, device, dtype) for name, value in self.kwargs.items()}
        return Batch(args, kwargs, self.labels, self.size)

    def __str__(self) -> str:
        parts = [describe(value) for value in self.args]
        parts += [f"{name} = {describe(value)}" for name, value in self.kwargs.items()]
        return ", ".join(parts)


@dataclass
class Examples:
    """
    Batches that come once; `n_samples` is None if only their end will tell.

    `drawn` tells whether torch's global random state gives the order of the samples.
    """

    name: str
    batches: Iterable[Batch]
    n_samples: int | None = None
    coords: dict[str, Any] = field(default_factory=dict)
    drawn: bool = False


def examples(data: Any, batch_size: int) -> Examples:
    """Return data of any accepted form as batches; see `infonb.record` for the forms."""
    if isinstance(data, xr.DataArray):
        data = data.to_dataset(name="input")
    if isinstance(data, xr.Dataset):
        return _from_dataset(data, batch_size)
    name = type(data).__name__
    if isinstance(data, tuple) or _is_pair(data):
        if len(data) != 2:
            raise ValueError(f"data is a tuple of {len(data)}; a tuple must be (inputs, labels).")
        labels = to_numpy(data[1])
        found = _slices(data[0], batch_size, type(data[0]).__name__)
        if len(labels) != found.n_samples:
            raise ValueError(f"data has {found.n_samples:,} inputs, but {len(labels):,} labels.")
        return Examples(found.name, found.batches, found.n_samples, _label(labels))
    if isinstance(data, np.ndarray | torch.Tensor | Mapping):
        return _slices(data, batch_size, name)
    if isinstance(data, Dataset):  # it would be iterated sample by sample, without a batch dim
        data = DataLoader(data, batch_size=batch_size)
    if isinstance(data, DataLoader):
        name = type(data.dataset).__name__
        return Examples(name, _from_iterable(data), _length(data), drawn=_is_drawn(data))
    if isinstance(data, str | bytes) or not isinstance(data, Iterable):
        raise TypeError(f"data must be {FORMS}; not {name}.")
    return Examples(name, _from_iterable(data))


def describe(value: Any) -> str:
    """Say what a value is: type and shape of a tensor, number and types of a tuple's parts."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of {str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, Mapping):
        return f"a {type(value).__name__} with the keys {', '.join(map(repr, value))}"
    if isinstance(value, tuple | list):
        kinds = ", ".join(type(part).__name__ for part in value)
        return f"a {type(value).__name__} of {len(value)} ({kinds})"
    return f"{type(value).__name__}"


def _from_dataset(data: xr.Dataset, batch_size: int) -> Examples:
    if "input" not in data:
        raise ValueError(f"data has no variable 'input'; it has {sorted(map(str, data))}.")
    inputs = data["input"]
    if "sample" not in inputs.dims:
        raise ValueError(f"the input of data has dims {inputs.dims}; one of them must be 'sample'.")
    inputs = inputs.transpose("sample", ...)
    coords = {
        str(name): coord.values for name, coord in data.coords.items() if coord.dims == ("sample",)
    }
    if "label" in data and data["label"].dims == ("sample",):
        coords["label"] = data["label"].values
    n_samples = data.sizes["sample"]

    def batches() -> Iterator[Batch]:
        for start in range(0, n_samples, batch_size):
            # part by part, so that inputs on disk are never in memory as a whole
            part = inputs.isel(sample=slice(start, start + batch_size)).values
            yield Batch((part,), {}, None, len(part))

    name = str(data.attrs.get("name", "Dataset"))
    return Examples(name, batches(), n_samples, coords)


def _slices(inputs: Any, batch_size: int, name: str) -> Examples:
    whole = _batch((inputs, None))

    def batches() -> Iterator[Batch]:
        for start in range(0, whole.size, batch_size):
            part = slice(start, start + batch_size)
            args = tuple(_cut(value, part, whole.size) for value in whole.args)
            kwargs = {key: _cut(value, part, whole.size) for key, value in whole.kwargs.items()}
            yield Batch(args, kwargs, None, min(batch_size, whole.size - start))

    return Examples(name, batches(), whole.size, _label(whole.labels))


def _cut(value: Any, part: slice, size: int) -> Any:
    return value[part] if isinstance(value, torch.Tensor) and _size(value) == size else value


def _from_iterable(data: Iterable[Any]) -> Iterator[Batch]:
    for batch in data:
        yield _batch(batch)


def _batch(batch: Any) -> Batch:
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
        kwargs = {str(name): _tensor(value) for name, value in inputs.items()}
        for name in ("label", "labels"):
            # labels of tokens stay: sequence to sequence models need them to run
            if labels is None and isinstance(kwargs.get(name), torch.Tensor):
                labels = kwargs.pop(name) if kwargs[name].ndim == 1 else None
    else:
        several = isinstance(inputs, tuple | list)
        args = tuple(_tensor(value) for value in (inputs if several else (inputs,)))
    tensors = [v for v in (*args, *kwargs.values()) if isinstance(v, torch.Tensor) and v.ndim]
    if not tensors:
        raise TypeError(
            f"a batch is {describe(batch)}, without a tensor or array (sample, ...); data must be "
            f"{FORMS}."
        )
    size = len(tensors[0])
    known = None if labels is None else _label(to_numpy(labels)).get("label")
    return Batch(args, kwargs, known if known is not None and len(known) == size else None, size)


def _label(labels: np.ndarray | None) -> dict[str, np.ndarray]:
    """Labels are a coordinate if there is one for each sample, not if they are boxes or masks."""
    if labels is not None and labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    return {"label": labels} if labels is not None and labels.ndim == 1 else {}


def _is_pair(data: Any) -> bool:
    """Tell whether a list is [inputs, labels], meant as a tuple and not as two batches."""
    if not isinstance(data, list) or len(data) != 2:
        return False
    shapes = [getattr(part, "shape", None) for part in data]
    if shapes[0] is None or shapes[1] is None:
        return False
    return len(shapes[0]) > 1 and len(shapes[1]) == 1 and shapes[0][0] == shapes[1][0]


def _length(loader: DataLoader[Any]) -> int | None:
    """Return how many samples a loader will give, if it is an ordinary one."""
    sampler = loader.sampler
    if (
        isinstance(loader.dataset, IterableDataset)
        or type(loader.batch_sampler) is not BatchSampler
    ):
        return None
    if not isinstance(sampler, SequentialSampler | RandomSampler) or loader.batch_size is None:
        return None
    n_samples = len(sampler)
    return n_samples - n_samples % loader.batch_size if loader.drop_last else n_samples


def _is_drawn(loader: DataLoader[Any]) -> bool:
    sampler = getattr(loader.batch_sampler, "sampler", loader.sampler)
    random = RandomSampler | SubsetRandomSampler | WeightedRandomSampler
    return isinstance(sampler, random) and sampler.generator is None


def _size(tensor: torch.Tensor) -> int | None:
    return len(tensor) if tensor.ndim else None


def _tensor(value: Any) -> Any:
    if isinstance(value, xr.DataArray):
        value = value.values
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.kind not in "fiub":
        raise TypeError(f"inputs must be numbers; not an array of type {value.dtype}.")
    array = np.ascontiguousarray(value)
    # torch shares the memory and warns of arrays that must not be written to
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _place(value: Any, device: torch.device, dtype: torch.dtype) -> Any:
    value = _tensor(value)
    if isinstance(value, torch.Tensor):
        return value.to(device, dtype if value.is_floating_point() else None)
    return value
