"""The forward pass of a model over batches: for each of them, the rows of every layer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from infonb.activations.examples import Batch
from infonb.activations.hooks import Hooks
from infonb.activations.layers import Layer, order_layers
from infonb.activations.reduction import Reduction
from infonb.networks.state import device_and_dtype, eval_mode

__all__ = ["ForwardPass", "Step"]


@dataclass
class Step:
    """One batch: a tensor (sample, neuron) of each layer, and what the model put out."""

    batch: Batch
    rows: list[torch.Tensor] = field(default_factory=list)
    output: Any = None


class ForwardPass:
    """The model, what is taken out of it, and which layers that turned out to be."""

    def __init__(
        self,
        model: nn.Module,
        asked: Sequence[Layer],
        hook: str,
        reduction: Reduction,
        *,
        default: bool,
    ) -> None:
        self.model, self.asked, self.hook, self.default = model, list(asked), hook, default
        self.reduction = reduction
        # in the order of the forward pass, and their numbers of neurons: known after the first
        # batch, or set before, from an earlier part of the recording
        self.layers: list[Layer] = []
        self.widths: list[int] = []

    def __call__(
        self, batches: Iterable[Batch], is_recorded: Callable[[Batch], bool]
    ) -> Generator[Step]:
        """Yield a step for every batch, without rows if it is recorded; then restore the model."""
        batch = Batch((), {}, None, 0)

        def take(value: Any, name: str, module: nn.Module) -> torch.Tensor:
            mask = batch.kwargs.get("attention_mask")
            return self.reduction(value, name, module, batch.size, mask)

        place = device_and_dtype(self.model)
        modules = {layer.module_name: layer.module for layer in self.layers or self.asked}
        with eval_mode(self.model), Hooks(modules, self.hook, take) as hooks:
            number = 0
            for batch in batches:
                if batch.size == 0:
                    continue
                if is_recorded(batch):
                    yield Step(batch)
                else:
                    batch = batch.to(*place)
                    output = hooks.run(self.model, batch)
                    yield Step(batch, self._rows(hooks, number, batch), output)
                number += 1

    def _rows(self, hooks: Hooks, number: int, batch: Batch) -> list[torch.Tensor]:
        fired = [name for name, _ in hooks.fired]
        if not self.layers:
            self.layers = order_layers(self.asked, fired, default=self.default)
            hooks.only({layer.module_name for layer in self.layers})
        calls: dict[tuple[str, int], torch.Tensor] = {}
        for i, (name, rows) in enumerate(hooks.fired):
            calls[name, fired[:i].count(name)] = rows
        blocks = []
        for layer in self.layers:
            block = calls.get((layer.module_name, layer.call or 0))
            if block is None:
                raise ValueError(
                    f"layer {layer.name!r} was called in the first batch, but not in batch "
                    f"{number} (counted from 0); record layers that every batch passes."
                )
            blocks.append(block)
        found = [block.shape[1] for block in blocks]
        self.widths = self.widths or found
        for layer, first, now in zip(self.layers, self.widths, found, strict=True):
            if first != now:
                raise ValueError(
                    f"layer {layer.name!r} has {first} neurons in the first batch, but {now} "
                    f"in batch {number} (counted from 0), called with {batch}. With "
                    "reduce='flatten' all samples need the same number of tokens or pixels: "
                    "use reduce='mean' or 'first', or pad all batches alike."
                )
        return blocks
