"""From a data set, arrays or a DataLoader to batches of tensors, checked and on one device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    import torch

    #: Inputs, labels and places in the data set of one batch.
    Batch = tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]

__all__ = ["Batches", "as_tensor", "checksum_of", "loader_words"]


class Batches:
    """
    Examples, to be gone through in batches as often as needed.

    Data in memory are moved to the device once and as a whole, those of a DataLoader batch by
    batch.
    """

    def __init__(
        self, data: Any, *, device: Any, dtype: Any, name: str = "data", labels: bool = True
    ) -> None:
        import torch
        from torch.utils.data import DataLoader

        self._device, self._dtype, self._name, self._needs_labels = device, dtype, name, labels
        self._n_classes: int | None = None
        self._loader = data if isinstance(data, DataLoader) else None
        self.shape: tuple[int, ...] | None = None
        if self._loader is not None:
            return
        inputs, targets = _parts(data, name)
        if targets is None and labels:
            raise ValueError(f"{name} has no labels; give a Dataset with 'label', or a tuple.")
        self._inputs, self._labels = self._place(inputs, targets if labels else None)
        self.shape = tuple(self._inputs.shape)
        if not len(self._inputs):
            raise ValueError(f"{name} is empty: its inputs have shape {self.shape}.")
        if self._inputs.is_floating_point() and not bool(torch.isfinite(self._inputs).all()):
            raise ValueError(f"{name} has inputs that are NaN or infinite.")

    def __call__(
        self, batch_size: int, generator: torch.Generator | None = None
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        """Go through all examples once: in order, or in one that is drawn from the generator."""
        if generator is not None or self._loader is not None:
            for inputs, labels, _ in self.indexed(batch_size, generator):
                yield inputs, labels
            return
        for start in range(0, len(self._inputs), batch_size):
            part = slice(start, start + batch_size)
            yield self._inputs[part], None if self._labels is None else self._labels[part]

    def indexed(self, batch_size: int, generator: torch.Generator | None) -> Iterator[Batch]:
        """
        Go through all examples once, with the place of each in the data set, whatever the order.

        The places are None if a DataLoader yields none as a third part.
        """
        import torch

        if self._loader is not None:
            yield from self._load_batches()
            return
        order = torch.randperm(len(self._inputs), generator=generator).to(self._inputs.device)
        # index_select on whole tensors: a DataLoader's collating costs more than a small network
        for index in order.split(batch_size):
            labels = None if self._labels is None else self._labels.index_select(0, index)
            yield self._inputs.index_select(0, index), labels, index

    def check_labels(self, n_classes: int) -> None:
        """Raise unless the labels are in ``0 .. n_classes - 1``."""
        self._n_classes = n_classes  # for the batches of a DataLoader, as they come
        if self._loader is None and self._labels is not None:
            _check_range(self._labels, n_classes, self._name)

    def fingerprint(self) -> str:
        """Return a checksum of the data in memory; of a DataLoader only its number of batches."""
        if self._loader is not None:
            return loader_words(self._loader)
        return checksum_of([self._inputs] if self._labels is None else [self._inputs, self._labels])

    def _load_batches(self) -> Iterator[Batch]:
        empty = True
        for batch in self._loader:  # type: ignore[union-attr]
            empty = False
            parts = batch if isinstance(batch, list | tuple) else (batch, None)
            if len(parts) not in (2, 3) or (parts[1] is None and self._needs_labels):
                raise ValueError(
                    f"{self._name}: the DataLoader must yield (inputs, labels), or (inputs, "
                    f"labels, index), not {type(batch).__name__} of {len(parts)}."
                )
            inputs, labels = self._place(parts[0], parts[1] if self._needs_labels else None)
            if labels is not None and self._n_classes is not None:
                _check_range(labels, self._n_classes, self._name)
            yield inputs, labels, self._index(parts, len(inputs))
        if empty:
            raise ValueError(f"{self._name} is empty: the DataLoader yields no batch.")

    def _index(self, parts: Any, n: int) -> torch.Tensor | None:
        """Return the third part of what a DataLoader yields: the places of the examples."""
        if len(parts) == 2:
            return None
        import torch

        index = as_tensor(parts[2])
        if index.dtype.is_floating_point or index.shape != (n,):
            raise ValueError(
                f"{self._name}: the third part of a batch is the place of each example in the "
                f"data set, {n} whole numbers; not {index.dtype} of shape {tuple(index.shape)}."
            )
        return index.to(self._device, torch.int64)

    def _place(self, inputs: Any, labels: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
        inputs = as_tensor(inputs)
        if inputs.ndim == 0:
            raise ValueError(f"the inputs of {self._name} must have shape (sample, ...).")
        inputs = inputs.to(self._device, self._dtype if inputs.is_floating_point() else None)
        if labels is None:
            return inputs, None
        import torch

        labels = as_tensor(labels)
        if labels.is_floating_point() or labels.is_complex():
            raise TypeError(
                f"the labels of {self._name} must be whole numbers; not {labels.dtype}."
            )
        if labels.ndim != 1 or len(labels) != len(inputs):
            raise ValueError(
                f"{self._name} has inputs of shape {tuple(inputs.shape)} but labels of shape "
                f"{tuple(labels.shape)}; there must be one label per sample."
            )
        return inputs, labels.to(self._device, torch.int64)


def loader_words(loader: Any) -> str:
    """Return what is known of a DataLoader's data without going through them."""
    try:
        return f"DataLoader of {len(loader)} batches"
    except TypeError:  # a stream has no length
        return "DataLoader"


def checksum_of(tensors: Sequence[torch.Tensor]) -> str:
    """Return a checksum of types, shapes and values."""
    digest = blake2b(digest_size=16)
    for tensor in tensors:
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    return digest.hexdigest()


def _parts(data: Any, name: str) -> tuple[Any, Any]:
    import torch

    if isinstance(data, xr.Dataset):
        if "input" not in data:
            raise ValueError(f"{name} has no variable 'input', only {sorted(map(str, data))}.")
        inputs = data["input"]
        if "sample" not in inputs.dims:
            raise ValueError(f"the input of {name} has dims {inputs.dims}, without 'sample'.")
        return inputs.transpose("sample", ...), data.get("label")
    if isinstance(data, list | tuple):
        if len(data) != 2:
            raise ValueError(f"{name} must be a tuple (inputs, labels); not {len(data)} parts.")
        return data[0], data[1]
    if isinstance(data, np.ndarray | xr.DataArray | torch.Tensor):
        return data, None
    raise TypeError(
        f"{name} must be an xarray.Dataset, a tuple (inputs, labels) or a DataLoader; "
        f"not {type(data).__name__}."
    )


def as_tensor(values: Any) -> torch.Tensor:
    """Return numbers as a tensor, which shares their memory where it can."""
    import torch

    if isinstance(values, torch.Tensor):
        return values.detach()
    array = np.ascontiguousarray(values)
    # torch shares the memory and warns of arrays that must not be written to
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _check_range(labels: torch.Tensor, n_classes: int, name: str) -> None:
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= n_classes:
        raise ValueError(
            f"{name} has the label {low if low < 0 else high}, but the network tells "
            f"{n_classes} classes apart: labels must be between 0 and {n_classes - 1}."
        )
