"""From what a module puts out, whatever its shape, to rows (sample, neuron)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from infonb.activations.batch import describe
from infonb.activations.neuron_dim import LAST, SECOND, neuron_dim, samples_first
from infonb.activations.own_reduce import by_function
from infonb.activations.precision import first_lost
from infonb.activations.tokens import Tokens
from infonb.validate import check_choice

__all__ = ["Reduce", "Reduction", "Rows", "RowsError", "Select"]

Select = int | str | Callable[[Any], torch.Tensor]
Reduce = str | Callable[..., Any]


class RowsError(ValueError):
    """A layer gives other rows than one for each sample."""


@dataclass(frozen=True)
class Rows:
    """
    What became of one output: rows (sample, neuron).

    `samples` are the numbers of their samples in the batch, if there is not one row for each;
    `doubt` is what is not known of the mask; `square` tells that another dim is as long as the
    first, so that the shape does not tell which of them holds the samples.
    """

    values: torch.Tensor
    samples: torch.Tensor | None = None
    doubt: str = ""
    square: bool = False


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
        tokens: Tokens | None = None,
    ) -> Rows:
        """Return rows (sample, neuron) on the CPU, a copy; of tokens only the real ones count."""
        tensor = self._as_floats(self._selected(value, layer, module), layer)
        samples, doubt = None, ""
        if callable(self.reduce):
            rows, samples = by_function(self.reduce, tensor, layer, n_samples, tokens)
        else:
            rows, doubt = self._reduced(tensor, layer, module, tokens)
        if len(rows) != n_samples and (samples is None or len(tensor) != n_samples):
            raise RowsError(
                f"layer {layer!r} gives {len(rows)} rows, {describe(tensor)}, for a batch of "
                f"{n_samples} samples; the samples must be its first dim. Pass select= or reduce= "
                "a function that puts them there, such as lambda x: x.transpose(0, 1)."
            )
        if rows.shape[1] == 0:
            raise ValueError(f"layer {layer!r} has no neurons: {describe(tensor)}.")
        # a copy in any case: a ReLU that works in place would change the values later
        rows = rows.detach().to("cpu", copy=True)
        self._check_precision(rows, layer)
        square = n_samples in _other_dims(tensor, module)
        return Rows(rows.to(self.dtype), samples, doubt, square)

    def _as_floats(self, tensor: torch.Tensor, layer: str) -> torch.Tensor:
        if tensor.is_complex():
            raise ValueError(f"layer {layer!r} gives complex numbers; pass select= a function.")
        if tensor.is_nested:
            raise ValueError(
                f"layer {layer!r} gives a nested tensor, of samples that differ in size; pass "
                "select= a function, such as lambda x: x.to_padded_tensor(0)."
            )
        if tensor.is_quantized:
            tensor = tensor.dequantize()
        if tensor.layout != torch.strided:
            tensor = tensor.to_dense()
        if tensor.dtype in (torch.int32, torch.int64):
            if ((tensor > 2**53) | (tensor < -(2**53))).any():
                raise ValueError(f"layer {layer!r} gives whole numbers above 2^53, too large.")
            return tensor.double()
        if tensor.dtype not in (torch.float32, torch.float64):
            tensor = tensor.to(self.dtype)  # a mean of half precision numbers would be rough
        return tensor

    def _check_precision(self, rows: torch.Tensor, layer: str) -> None:
        if self.dtype == torch.float64 or rows.dtype != torch.float64:
            return
        lost = first_lost(rows.numpy().T, "float32")
        if lost is not None:
            raise ValueError(
                f"layer {layer!r} gives values that float32 cannot tell apart (neuron {lost}); "
                "pass dtype='float64'."
            )

    def _selected(self, value: Any, layer: str, module: nn.Module) -> torch.Tensor:
        if isinstance(value, torch.Tensor):
            return samples_first(value, module)
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
        return samples_first(part, module) if select == 0 else part

    def _reduced(
        self, tensor: torch.Tensor, layer: str, module: nn.Module, tokens: Tokens | None
    ) -> tuple[torch.Tensor, str]:
        """Return the rows, and what is not known about the tokens that count in them."""
        if tensor.ndim == 0:
            raise ValueError(f"layer {layer!r} gives a single number, not one for each sample.")
        if tensor.ndim == _dims_of_one(module):
            raise ValueError(
                f"layer {layer!r} gives {describe(tensor)}, which is one sample without a dim of "
                "samples; give batches of dims (sample, ...)."
            )
        if tensor.ndim < 3:
            return tensor.reshape(len(tensor), -1), ""
        dim = self.dim_of_neurons(tensor, layer, module)
        values = tensor.movedim(dim, 1)  # (sample, neuron, *positions)
        real, doubt = None, ""
        if tokens is not None and len(tensor) == tokens.n_samples:
            real, doubt = tokens.of(layer, (len(values), *values.shape[2:]))
        if self.reduce == "flatten":
            if real is not None and not real.all():
                doubt = "reduce='flatten' makes neurons of padding, too"
            return tensor.flatten(1), doubt
        if real is not None and not real.flatten(1).any(1).all():
            number = int(real.flatten(1).any(1).int().argmin())
            raise ValueError(f"layer {layer!r}: sample {number} of a batch has no real token.")
        if self.reduce == "first":
            if real is None:
                return values.flatten(2)[:, :, 0], doubt if _pads_first(tokens) else ""
            first = real.flatten(1).int().argmax(1)
            return values.flatten(2)[torch.arange(len(values), device=first.device), :, first], ""
        if real is None:
            return values.flatten(2).mean(2), doubt
        # what stands at padding may be NaN, or infinite
        total = values.masked_fill(~real[:, None], 0).flatten(2).sum(2)
        return total / real.flatten(1).sum(1)[:, None], ""

    def dim_of_neurons(self, tensor: torch.Tensor, layer: str, module: nn.Module) -> int:
        """Return which dim of an output of three dims or more holds the neurons."""
        if self.neuron_dim is not None:
            if not -tensor.ndim < self.neuron_dim < tensor.ndim:
                raise ValueError(
                    f"neuron_dim={self.neuron_dim}, but layer {layer!r} gives {describe(tensor)}."
                )
            return self.neuron_dim
        return neuron_dim(tensor, module)


def _pads_first(tokens: Tokens | None) -> bool:
    """Tell whether the first token may be padding: on the left, or where a mask is not read."""
    return tokens is not None and any(
        mask.pads and (bool(mask.problem) or not bool(mask.tokens[:, 0].all()))
        for mask in tokens.masks
    )


def _dims_of_one(module: nn.Module) -> int:
    """Return how many dims the output of a module has for a single sample; 0 if any number."""
    if isinstance(module, nn.modules.conv._ConvNd):
        return len(module.kernel_size) + 1
    return 1 if isinstance(module, nn.Linear) else 0


def _other_dims(tensor: torch.Tensor, module: nn.Module) -> tuple[int, ...]:
    """Return the sizes of the dims that could be the samples, were the first one not theirs."""
    if isinstance(module, SECOND):
        return ()
    return tuple(tensor.shape[1:-1] if isinstance(module, LAST) else tensor.shape[1:])
