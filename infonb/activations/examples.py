"""From whatever holds the inputs to batches that a model can be called with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd
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
    default_collate,
)

from infonb.activations.alignment import aligned, known_of, merge_known, sample_labels
from infonb.activations.batch import (
    FORMS,
    Batch,
    as_batch,
    is_array,
    label_coord,
    leaves,
)
from infonb.activations.labelled import to_numpy

__all__ = ["Examples", "examples"]


@dataclass
class Examples:
    """
    Batches that come once; `n_samples` is None if only their end will tell.

    `drawn` tells whether torch's global random state gives the order of the samples; `labels` are
    those that the samples bring along. `views` says how often each of them is run.
    """

    name: str
    batches: Iterable[Batch]
    n_samples: int | None = None
    coords: dict[str, Any] = field(default_factory=dict)
    drawn: bool = False
    labels: pd.Index | None = None
    views: int = 1

    @property
    def n_passes(self) -> int | None:
        """How many samples the model is run on, with all views of each."""
        return None if self.n_samples is None else self.views * self.n_samples


def examples(data: Any, batch_size: int) -> Examples:
    """Return data of any accepted form as batches; see `infonb.record` for the forms."""
    if isinstance(data, xr.DataArray):
        data = data.to_dataset(name="input")
    if isinstance(data, xr.Dataset):
        return _from_dataset(data, batch_size)
    name = type(data).__name__
    if isinstance(data, tuple) or _is_pair(data):
        return _from_pair(data, batch_size)
    if isinstance(data, Dataset):  # it would be iterated sample by sample, without a batch dim
        data = DataLoader(data, batch_size=batch_size)
    if isinstance(data, DataLoader):
        name, batches = type(data.dataset).__name__, _from_iterable(data, batch_size)
        return Examples(name, batches, _length(data), drawn=_is_drawn(data))
    if is_array(data) or isinstance(data, Mapping):
        return _slices(data, batch_size, name)
    if isinstance(data, str | bytes) or hasattr(data, "iloc") or not isinstance(data, Iterable):
        raise TypeError(f"data must be {FORMS}; not {name}.")
    return Examples(name, _from_iterable(data, batch_size))


def _from_dataset(data: xr.Dataset, batch_size: int) -> Examples:
    if "input" not in data:
        raise ValueError(f"data has no variable 'input'; it has {sorted(map(str, data))}.")
    inputs = data["input"]
    if "sample" not in inputs.dims:
        raise ValueError(f"the input of data has dims {inputs.dims}; one of them must be 'sample'.")
    coords = {
        str(name): coord.values for name, coord in data.coords.items() if coord.dims == ("sample",)
    }
    if "label" in data and data["label"].dims == ("sample",):
        coords["label"] = data["label"].values
    n_samples, labels = data.sizes["sample"], sample_labels(inputs)
    name = str(data.attrs.get("name", "Dataset"))
    batches = _batches((inputs.transpose("sample", ...),), {}, n_samples, batch_size)
    return Examples(name, batches, n_samples, coords, labels=labels)


def _from_pair(data: Any, batch_size: int) -> Examples:
    """Return (inputs, labels), and nothing else that comes as a tuple."""
    if len(data) != 2 or not _may_be_labels(data[1]):
        raise ValueError(
            f"data is a {type(data).__name__} of {len(data)}; a tuple must be (inputs, labels), "
            "one label for each sample. Several batches, or pairs (input, label): as a list, "
            "list(data). Inputs with other targets: the inputs alone, or a DataLoader."
        )
    found = _slices(data[0], batch_size, type(data[0]).__name__)
    labels = to_numpy(aligned(data[1], found.labels, "the label"))
    if len(labels) != found.n_samples:
        raise ValueError(f"data has {found.n_samples:,} inputs, but {len(labels):,} labels.")
    found.coords.update(label_coord(labels))
    return found


def _slices(inputs: Any, batch_size: int, name: str) -> Examples:
    """Return inputs whose parts all hold all samples, with what labelled ones know of these."""
    known: dict[str, Any] = {}
    labels: list[pd.Index] = []

    def in_order(part: Any) -> Any:
        if not isinstance(part, xr.DataArray) or "sample" not in part.dims:
            return part
        part = aligned(part, labels[0] if labels else None, "a part of the inputs")
        if not labels and (own := sample_labels(part)) is not None:
            labels.append(own)
        merge_known(known, known_of(part), "a part of the inputs")
        return part.transpose("sample", ...)

    whole = as_batch((inputs, None))
    whole = whole.changed(in_order)
    parts = filter(is_array, leaves((whole.args, whole.kwargs)))
    size = int(next(part.shape[0] for part in parts if part.shape))
    coords = {**known, **label_coord(whole.labels)}
    batches = _batches(whole.args, whole.kwargs, size, batch_size)
    return Examples(name, batches, size, coords, labels=labels[0] if labels else None)


def _batches(
    args: tuple[Any, ...], kwargs: dict[str, Any], size: int, batch_size: int
) -> Iterator[Batch]:
    whole = Batch(args, kwargs, None, size)
    for start in range(0, size, batch_size):
        stop = min(start + batch_size, size)
        # part by part, so that inputs on disk are never in memory as a whole
        yield whole.part(start, stop)


def _from_iterable(data: Iterable[Any], batch_size: int) -> Iterator[Batch]:
    items = iter(data)
    first = list(islice(items, 1))
    items = chain(first, items)
    if first and _is_one_sample(first[0]):
        while group := list(islice(items, batch_size)):
            yield as_batch(default_collate(group))
    else:
        yield from map(as_batch, items)


def _is_one_sample(item: Any) -> bool:
    """Tell whether an item is a pair (input, label), or a dict, of one sample: a single label."""
    if isinstance(item, Mapping):
        inputs, label = item, item.get("label", item.get("labels"))
    elif isinstance(item, tuple | list) and len(item) == 2:
        inputs, label = item
        if isinstance(label, str | int | float):
            return any(map(is_array, leaves(inputs)))
    else:
        return False
    arrays = [value for value in leaves(inputs) if is_array(value)]
    if not is_array(label) or not arrays:
        return isinstance(label, np.generic) and bool(arrays)
    first = arrays[0].shape
    if len(label.shape) == 1 and first and label.shape[0] != first[0]:
        # no labels of a batch: the one of a sample, or those of many classes, as 0 and 1
        return label.shape[0] == 1 or len(first) == 1
    return not label.shape


def _may_be_labels(values: Any) -> bool:
    if is_array(values) or hasattr(values, "iloc"):
        shape = tuple(values.shape)
    elif isinstance(values, tuple | list):
        if any(isinstance(part, Mapping) or getattr(part, "shape", ()) for part in values):
            return False
        try:
            shape = np.shape(values)
        except ValueError:  # parts that differ
            return False
    else:
        return False
    return len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)


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
