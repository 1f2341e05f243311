"""Several variables of the same samples, such as images and captions, in batches of tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.data.batches import as_tensor, checksum_of, loader_words
from infonb.validate import did_you_mean

if TYPE_CHECKING:
    import torch

__all__ = ["TensorBatches", "batch_sizes"]


class TensorBatches:
    """
    Samples without labels, to be gone through in batches as often as needed.

    A batch has one tensor (sample, ...) for each variable. Data in memory are moved to the device
    once and as a whole, those of a DataLoader batch by batch. In a dict the variables are found by
    their names; what stands behind them in a tuple, such as labels, is left out.
    """

    def __init__(
        self, data: Any, *, variables: Sequence[str], device: Any, dtype: Any, name: str = "data"
    ) -> None:
        from torch.utils.data import DataLoader

        self._variables, self._device, self._dtype = tuple(variables), device, dtype
        self._name = name
        self._loader = data if isinstance(data, DataLoader) else None
        if self._loader is None:
            self._tensors = self._placed(_parts(data, self._variables, name))
            self._check()

    def __call__(
        self, batch_size: int, generator: torch.Generator | None = None
    ) -> Iterator[tuple[torch.Tensor, ...]]:
        """Go through all samples once: in order, or in one that is drawn from the generator."""
        import torch

        if self._loader is not None:
            yield from self._load_batches()
            return
        n = len(self._tensors[0])
        order = torch.arange(n) if generator is None else torch.randperm(n, generator=generator)
        for index in order.to(self._device).split(batch_sizes(n, batch_size)):
            yield tuple(tensor.index_select(0, index) for tensor in self._tensors)

    def fingerprint(self) -> str:
        """Return a checksum of the data in memory; of a DataLoader only its number of batches."""
        return checksum_of(self._tensors) if self._loader is None else loader_words(self._loader)

    def _load_batches(self) -> Iterator[tuple[torch.Tensor, ...]]:
        empty = True
        for batch in self._loader:  # type: ignore[union-attr]
            empty = False
            yield self._placed(_parts(batch, self._variables, f"a batch of {self._name}"))
        if empty:
            raise ValueError(f"{self._name} is empty: the DataLoader yields no batch.")

    def _placed(self, parts: Sequence[Any]) -> tuple[torch.Tensor, ...]:
        tensors = []
        for variable, part in zip(self._variables, parts, strict=True):
            tensor = as_tensor(part)
            if tensor.ndim == 0:
                raise ValueError(f"{variable!r} of {self._name} must have shape (sample, ...).")
            dtype = self._dtype if tensor.is_floating_point() else None
            tensors.append(tensor.to(self._device, dtype))
        if len({len(tensor) for tensor in tensors}) > 1:
            shapes = ", ".join(
                f"{name!r} {tuple(one.shape)}"
                for name, one in zip(self._variables, tensors, strict=True)
            )
            raise ValueError(f"{self._name} has variables of unlike numbers of samples: {shapes}.")
        return tuple(tensors)

    def _check(self) -> None:
        import torch

        for variable, tensor in zip(self._variables, self._tensors, strict=True):
            if not len(tensor):
                raise ValueError(
                    f"{self._name} is empty: {variable!r} has shape {tuple(tensor.shape)}."
                )
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise ValueError(f"{variable!r} of {self._name} has values NaN or infinite.")


def batch_sizes(n: int, batch_size: int) -> list[int]:
    """Return the sizes of the batches; one sample that is left over joins the batch before it."""
    # alone it has nothing to be contrasted with, and BatchNorm no spread
    sizes = [batch_size] * (n // batch_size) + ([n % batch_size] if n % batch_size else [])
    if len(sizes) > 1 and sizes[-1] == 1 and batch_size > 1:
        sizes[-2:] = [sizes[-2] + 1]
    return sizes


def _parts(data: Any, variables: tuple[str, ...], name: str) -> Sequence[Any]:
    import torch

    if isinstance(data, xr.Dataset):
        return [_variable(data, variable, name) for variable in variables]
    if isinstance(data, Mapping):
        return [data[_there(variable, data, name)] for variable in variables]
    if isinstance(data, list | tuple):
        return _first(data, variables, name)
    if isinstance(data, np.ndarray | xr.DataArray | torch.Tensor):
        return _first([data], variables, name)
    raise TypeError(
        f"{name} must be an xarray.Dataset, a dict or tuple of arrays, or a DataLoader; not "
        f"{type(data).__name__}."
    )


def _variable(data: xr.Dataset, variable: str, name: str) -> xr.DataArray:
    values = data[_there(variable, data.variables, name)]
    if "sample" not in values.dims:
        raise ValueError(f"{variable!r} of {name} has dims {values.dims}, without 'sample'.")
    return values.transpose("sample", ...)


def _there(variable: str, known: Mapping[Any, Any], name: str) -> str:
    if variable not in known:
        there = sorted(map(str, known))
        raise ValueError(
            f"{name} has no variable {variable!r}, which the objective wants; it has {there}."
            f"{did_you_mean(variable, there)}"
        )
    return variable


def _first(parts: Sequence[Any], variables: tuple[str, ...], name: str) -> Sequence[Any]:
    if len(parts) < len(variables):
        raise ValueError(
            f"{name} has {len(parts)} part(s), but the objective wants {len(variables)}: "
            f"({', '.join(variables)})."
        )
    return parts[: len(variables)]
