"""From what a module puts out, whatever its shape, to rows (sample, neuron)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from infonb.activations.examples import describe
from infonb.validate import check_choice

__all__ = ["Reduction"]

Select = int | str | Callable[[Any], torch.Tensor]
Reduce = str | Callable[[torch.Tensor], torch.Tensor]

# whatever the number of dims of their outputs, these have their neurons last ...
_LAST = (nn.Linear, nn.LayerNorm, nn.Embedding, nn.MultiheadAttention, nn.RNNBase, nn.RMSNorm)
# ... and these right after the samples
_SECOND = (
    nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.GroupNorm,
    nn.modules.instancenorm._InstanceNorm, nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd, nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
)  # fmt: skip


@dataclass(frozen=True)
class Reduction:
    """How outputs of modules become rows; the fields are arguments of `infonb.record`."""

    reduce: Reduce = "mean"
    select: Select | None = None
    neuron_dim: int | None = None
    dtype: torch.dtype = torch.float32

    def __post_init__(self) -> None:
        if not callable(self.reduce):
            check_choice("reduce", self.reduce, ["mean", "first", "flatten"])
        if isinstance(self.select, bool) or not (
            self.select is None or isinstance(self.select, int | str) or callable(self.select)
        ):
            raise TypeError(f"select must be a position, a key or a function; not {self.select!r}.")
        if self.neuron_dim == 0:
            raise ValueError("neuron_dim must not be 0, which is the dim of the samples.")

    def __call__(
        self,
        value: Any,
        layer: str,
        module: nn.Module,
        n_samples: int,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return rows (sample, neuron) on the CPU, a copy; in means only masked tokens count."""
        tensor = self._selected(value, layer, module)
        if tensor.is_complex():
            raise ValueError(f"layer {layer!r} gives complex numbers; pass select= a function.")
        if tensor.dtype not in (torch.float32, torch.float64):
            tensor = tensor.to(self.dtype)  # a mean of half precision numbers would be rough
        if callable(self.reduce):
            rows = self.reduce(tensor)
            if not isinstance(rows, torch.Tensor) or rows.ndim != 2:
                raise ValueError(
                    f"layer {layer!r}: reduce must return a tensor of dims (sample, neuron); it "
                    f"made {describe(rows)} of {describe(tensor)}."
                )
        else:
            rows = self._reduced(tensor, layer, module, mask)
        if len(rows) != n_samples:
            raise ValueError(
                f"layer {layer!r} gives {len(rows)} rows, {describe(tensor)}, for a batch of "
                f"{n_samples} samples; the samples must be its first dim. Pass select= or reduce= "
                "a function that puts them there, such as lambda x: x.transpose(0, 1)."
            )
        if rows.shape[1] == 0:
            raise ValueError(f"layer {layer!r} has no neurons: {describe(tensor)}.")
        # a copy in any case: a ReLU that works in place would change the values later
        return rows.detach().to("cpu", self.dtype, copy=True)

    def _selected(self, value: Any, layer: str, module: nn.Module) -> torch.Tensor:
        if isinstance(value, torch.Tensor):
            return _samples_first(value, module)
        select = self.select
        if isinstance(module, nn.RNNBase) and isinstance(value, tuple) and select in (None, 0):
            select = 0  # the hidden states of all steps; after them comes the last state
            if not isinstance(value[0], torch.Tensor):
                raise ValueError(
                    f"layer {layer!r} gives a {type(value[0]).__name__}; pass select= a function "
                    "that returns a tensor, such as lambda output: output[1][0][-1] for the last "
                    "hidden states of an LSTM."
                )
        if select is None:
            if isinstance(value, tuple | list):
                hint = "pass select=0 (or another position)"
            elif hasattr(value, "keys"):
                hint = f"pass select={next(iter(value.keys()), '')!r} (or another key)"
            else:
                hint = "pass select= a function that takes a tensor out of it"
            raise ValueError(f"layer {layer!r} gives {describe(value)}, not a tensor; {hint}.")
        try:
            part = select(value) if callable(select) else value[select]
        except (IndexError, KeyError, TypeError) as error:
            raise ValueError(
                f"layer {layer!r} gives {describe(value)}, where select={self.select!r} finds "
                f"nothing ({type(error).__name__}: {error})."
            ) from error
        if not isinstance(part, torch.Tensor):
            raise ValueError(
                f"layer {layer!r}: select={self.select!r} leads to {describe(part)}, not to a "
                "tensor; pass select= a function, such as lambda output: output[1][0]."
            )
        return _samples_first(part, module) if select == 0 else part

    def _reduced(
        self, tensor: torch.Tensor, layer: str, module: nn.Module, mask: torch.Tensor | None
    ) -> torch.Tensor:
        if tensor.ndim == 0:
            raise ValueError(f"layer {layer!r} gives a single number, not one for each sample.")
        if tensor.ndim == 1:
            return tensor[:, None]
        if tensor.ndim == 2 or self.reduce == "flatten":
            return tensor.flatten(1)
        dim = self._neuron_dim(tensor, layer, module)
        values = tensor.movedim(dim, 1)  # (sample, neuron, *positions)
        if self.reduce == "first":
            return values.flatten(2)[:, :, 0]
        if mask is not None and mask.shape == (len(values), *values.shape[2:]):
            weight = (mask != 0).to(values.dtype)[:, None]
            return (values * weight).sum(2) / weight.sum(2)
        return values.flatten(2).mean(2)

    def _neuron_dim(self, tensor: torch.Tensor, layer: str, module: nn.Module) -> int:
        if self.neuron_dim is not None:
            if not -tensor.ndim < self.neuron_dim < tensor.ndim:
                raise ValueError(
                    f"neuron_dim={self.neuron_dim}, but layer {layer!r} gives {describe(tensor)}."
                )
            return self.neuron_dim
        if isinstance(module, _LAST):
            return -1
        if isinstance(module, _SECOND) or tensor.ndim > 3:
            return 1
        return -1


def _samples_first(tensor: torch.Tensor, module: nn.Module) -> torch.Tensor:
    """Recurrent and attention modules have (time, sample, feature) unless told otherwise."""
    time_first = isinstance(module, nn.RNNBase | nn.MultiheadAttention) and not module.batch_first
    return tensor.transpose(0, 1) if time_first and tensor.ndim == 3 else tensor
