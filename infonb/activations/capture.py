"""A model that runs on one batch after the other, and what is taken of its layers on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import torch
from torch import nn

from infonb.activations.alone import every_module_called
from infonb.activations.batch import Batch, Place
from infonb.activations.blocks import first_tensor
from infonb.activations.first_look import Seen, look
from infonb.activations.hooks import Hooks
from infonb.activations.inner_masks import InnerMasks
from infonb.activations.layers import Layer
from infonb.activations.masks import Mask
from infonb.activations.modules import named_modules
from infonb.activations.operations import Operation, Operations
from infonb.activations.reduction import Reduction, Rows
from infonb.activations.tokens import Tokens
from infonb.activations.torch_lens import torch_lens
from infonb.networks.state import eval_mode, random_state
from infonb.validate import did_you_mean

__all__ = ["Capture"]

Fired = list[tuple[str, Rows]]


class Capture:
    """
    Rows of layers: of modules by hooks, of operations through TorchLens.

    With `first_tensors`, of a module that puts out several tensors the first one counts.
    """

    def __init__(
        self, model: nn.Module, hook: str, reduction: Reduction, *, first_tensors: bool
    ) -> None:
        self.model, self.reduction, self.place = model, reduction, Place(model)
        self.device = self.place.device
        self.fired: Fired = []  # (name, rows) of every call in the latest forward pass, in order
        self._first_tensors = first_tensors and reduction.select is None
        self._hooks = Hooks({}, hook, self._take)
        self._inner = InnerMasks(model)
        self._modules: dict[str, nn.Module] = {}
        self._operations: Operations | None = None
        self._wanted: dict[str, Operation] = {}
        self._batch = Batch((), {}, None, 0)
        self._tokens: Tokens | None = None
        self.extra = ""  # where the model adds tokens of its own: "front" or "back", if known

    @contextmanager
    def opened(self, layers: Iterable[Layer]) -> Iterator[None]:
        """Put hooks on the model and all in its state for a recording; then restore it."""
        layers = list(layers)
        with every_module_called(), eval_mode(self.model), closing(self._inner), self._hooks:
            self.add(layers)
            if not any(layer.operation for layer in layers):
                yield
                return
            with torch_lens() as lens:
                self._operations = Operations(lens, self.model, self.device)
                yield

    def add(self, layers: Iterable[Layer]) -> None:
        """Take the rows of more modules."""
        new = {layer.module_name: layer.module for layer in layers if not layer.operation}
        self._modules |= new
        self._inner.watch(new)  # before the hooks of the layers, which ask for masks
        self._hooks.add(new)

    def only(self, names: set[str]) -> None:
        """Take the rows of no other layers any more."""
        self._modules = {name: x for name, x in self._modules.items() if name in names}
        self._hooks.only(names)

    def find(self, batch: Batch, names: set[str]) -> None:
        """See which operations have these names; the batch is the first one."""
        if self._operations is None:
            return
        self._tokens = None
        found = self._operations.find(batch.changed(self.place))
        there = {operation.name for operation in found}
        for name in sorted(names - there):
            raise ValueError(
                f"layer {name!r} is neither a module of {type(self.model).__name__} nor an "
                f"operation in its forward pass.{did_you_mean(name, there)} "
                "infonb.list_layers(model, data, operations=True) lists the names."
            )
        self._wanted = {x.key: x for x in found if x.name in names}

    @property
    def graph(self) -> list[str]:
        """The operations of the latest forward pass, if they are traced."""
        return [] if self._operations is None else self._operations.graph

    @property
    def digest(self) -> str:
        """What tells the operations of the latest forward pass from others."""
        return "" if self._operations is None else self._operations.digest

    @property
    def short_mask(self) -> Mask | None:
        """The mask of the latest batch that is shorter than a layer, if there is one."""
        return None if self._tokens is None else self._tokens.short.mask

    def look(self, batch: Batch) -> list[Seen]:
        """Return what every module puts out; nothing is taken."""
        with random_state(self.device):
            return look(named_modules(self.model), lambda: self.call(batch), batch.size)

    def run(self, batch: Batch) -> Any:
        """Return what the model puts out, and fill `fired`."""
        self._batch = batch
        if self._operations is None or not self._wanted:
            return self._run_hooks(batch)
        traced: list[tuple[int, str, Rows]] = []
        operations = self._operations

        def take(value: torch.Tensor, operation: Operation) -> None:
            rows = self._take_operation(value, operation)
            traced.append((len(operations.graph), operation.name, rows))

        if not self._modules:
            output = operations.run(self._placed(batch), self._wanted, take)
            self.fired = [(name, rows) for _, name, rows in traced]
            return output
        # once more for the modules: what their hooks compute would be traced, too
        with random_state(self.device):
            operations.run(self._placed(batch), self._wanted, take)
        output = self._run_hooks(batch)
        self.fired = self._in_order(traced, operations.inside)
        return output

    def call(self, batch: Batch) -> Any:
        """Return what the model puts out; nothing is taken."""
        return self._placed(batch).call(self.model)

    def _run_hooks(self, batch: Batch) -> Any:
        output = self._hooks.during(lambda: self.call(batch))
        self.fired = self._hooks.fired
        return output

    def _placed(self, batch: Batch) -> Batch:
        placed = batch.changed(self.place)  # a copy, which the model may change
        self._inner.begin(batch.size)
        self._tokens = Tokens(self.model, placed, self._inner, self.extra)
        return placed

    def _take(self, value: Any, name: str, module: nn.Module) -> Rows:
        if self._first_tensors:
            value = first_tensor(value)
        return self.reduction(value, name, module, self._batch.size, self._tokens)

    def _take_operation(self, value: torch.Tensor, operation: Operation) -> Rows:
        tokens = None if self._tokens is None else self._tokens.within(operation.module)
        size = self._batch.size
        return self.reduction(value, operation.label, operation.like, size, tokens)

    def _in_order(
        self, traced: list[tuple[int, str, Rows]], inside: list[list[tuple[int, int]]]
    ) -> Fired:
        """Return operations and modules in one order: a module stands behind all within it."""
        last = {call: place for place, calls in enumerate(inside, start=1) for call in calls}
        calls: Counter[str] = Counter()
        placed = [(place, 0, name, rows) for place, name, rows in traced]
        place = 0
        for name, rows in self._hooks.fired:
            calls[name] += 1
            place = last.get((id(self._modules[name]), calls[name]), place)
            placed.append((place, 1, name, rows))
        placed.sort(key=lambda one: one[:2])  # stable: modules stay in their order
        return [(name, rows) for _, _, name, rows in placed]
