"""The forward pass of a model over batches: for each of them, the rows of every layer."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.activations.batch import Batch
from infonb.activations.blocks import choose_blocks
from infonb.activations.capture import Capture
from infonb.activations.extra_tokens import find_extra
from infonb.activations.last_operation import LastOperation
from infonb.activations.layers import Asked, Layer, choose, order_layers
from infonb.activations.reduction import Reduction, Rows, RowsError
from infonb.networks.state import random_state

__all__ = ["ForwardPass", "Step"]


@dataclass
class Step:
    """
    One batch: a tensor (sample, neuron) of each layer, and what the model put out.

    `samples` are the numbers of the samples of the rows, if there is not one row for each.
    """

    batch: Batch
    rows: list[torch.Tensor] = field(default_factory=list)
    output: Any = None
    samples: np.ndarray | None = None


class ForwardPass:
    """The model, what is taken out of it, and which layers that turned out to be."""

    def __init__(self, model: nn.Module, asked: Asked, hook: str, reduction: Reduction) -> None:
        self.model, self.asked, self.how = model, asked.layers, asked.how
        self._capture = Capture(model, hook, reduction, first_tensors=asked.how == "blocks")
        self.device = self._capture.device
        # in the order of the forward pass, and their numbers of neurons: known after the first
        # batch, or set before, from an earlier part of the recording
        self.layers: list[Layer] = []
        self.widths: list[int] = []
        self._batch = Batch((), {}, None, 0)
        # names of modules: those whose first dim is known to be that of the samples; of whose
        # masks it was said what is not known; how often each was called in the first batch
        self._straight: set[str] = set()
        self._doubted: set[str] = set()
        self._calls: Counter[str] = Counter()
        self._graph: list[str] = []
        # whether it was tried where the model adds tokens that its masks do not know
        self._tried, self._reduce = False, reduction.reduce

    def __call__(
        self, batches: Iterable[Batch], is_recorded: Callable[[Batch], bool]
    ) -> Generator[Step]:
        """Yield a step for every batch, without rows if it is recorded; then restore the model."""
        with self._capture.opened(self.layers or self.asked):
            number = 0
            for batch in batches:
                if batch.size == 0:
                    continue
                if is_recorded(batch):
                    yield Step(batch)
                else:
                    if not self._calls:
                        self._begin(batch)
                    self._batch = batch
                    output = self._run(batch)
                    fired = self._capture.fired
                    rows = self._rows(fired, number, batch)
                    self._look_at_shapes(fired, batch)
                    self._warn(fired)
                    yield Step(batch, [r.values for r in rows], output, _samples(rows))
                number += 1

    def last_operation(self) -> str:
        """Return the name of the operation that makes the output of the latest batch."""
        with random_state(self.device), LastOperation() as last:
            try:
                return last.of(self._capture.call(self._batch))
            except Exception:  # some models cannot be watched, or not run again
                return ""

    def _begin(self, batch: Batch) -> None:
        """Look at the first batch, and with it at what depends on a forward pass."""
        if self._capture.place.loses(batch):
            warnings.warn(
                "float32, the type of the model, cannot tell the float64 inputs apart; "
                "subtract an offset or scale them, or record model.double().",
                stacklevel=2,
            )
        if not self.layers and self.how == "blocks":
            chosen = choose_blocks(self.model, self._capture.look(batch))
            if not chosen.layers:
                choose(self.model, None)  # which says why there are none
            self.layers, self.asked = chosen.layers, chosen.asked
            self._capture.add(self.layers)
        asked = self.layers or self.asked
        self._capture.find(batch, {layer.module_name for layer in asked if layer.operation})

    def _run(self, batch: Batch) -> Any:
        """Return what the model puts out; the first time a mask is too short, see why."""
        output = self._capture.run(batch)
        short = self._capture.short_mask
        if short is None or self._tried or self._reduce not in ("mean", "first"):
            return output
        if self._reduce == "first" and bool(short.tokens[:, 0].all()):
            return output  # wherever they are, the first token is the first
        self._tried = True
        self._capture.extra = find_extra(self._capture, batch)
        with random_state(self.device):  # the batch has drawn its random numbers already
            return self._capture.run(batch)

    def _rows(self, fired: list[tuple[str, Rows]], number: int, batch: Batch) -> list[Rows]:
        names = [name for name, _ in fired]
        calls = Counter(names)
        if not self.layers:
            layers = order_layers(self.asked, names, default=self.how == "default")
            self.layers = [replace(x, graph=self._capture.digest) for x in layers]
            self._capture.only({layer.module_name for layer in self.layers})
        self._check_graph(number)
        self._check_calls(calls, number)
        found: dict[tuple[str, int], Rows] = {}
        for i, (name, rows) in enumerate(fired):
            found[name, names[:i].count(name)] = rows
        kept = [found[layer.module_name, layer.call or 0] for layer in self.layers]
        now = [rows.values.shape[1] for rows in kept]
        self.widths = self.widths or now
        for layer, first, width in zip(self.layers, self.widths, now, strict=True):
            if first != width:
                raise ValueError(
                    f"layer {layer.name!r} has {first} neurons in the first batch, but {width} "
                    f"in batch {number} (counted from 0), called with {batch}. With "
                    "reduce='flatten' all samples need the same number of tokens or pixels: "
                    "use reduce='mean' or 'first', or pad all batches alike."
                )
        return kept

    def _check_calls(self, calls: Counter[str], number: int) -> None:
        """Raise unless a module all of whose calls are layers is called as in the first batch."""
        for layer in self.layers:
            if (layer.call or 0) >= calls[layer.module_name]:
                raise ValueError(
                    f"layer {layer.name!r} was called in the first batch, but not in batch "
                    f"{number} (counted from 0); record layers that every batch passes."
                )
        self._calls = self._calls or calls
        for name in {layer.module_name for layer in self.asked if layer.call is None}:
            if calls[name] > self._calls[name] and name in {x.module_name for x in self.layers}:
                raise ValueError(
                    f"layer {name!r} was called {self._calls[name]} times in the first batch, but "
                    f"{calls[name]} times in batch {number} (counted from 0); name the calls that "
                    f"every batch has: layers=['{name}:0', ...]."
                )

    def _check_graph(self, number: int) -> None:
        """Raise unless a batch passes the operations that the first one did."""
        operation = next((layer for layer in self.layers if layer.operation), None)
        now = self._capture.graph
        self._graph = self._graph or now
        if operation is None or operation.graph == self._capture.digest:
            return
        place = next(
            (i for i, (a, b) in enumerate(zip(self._graph, now, strict=False)) if a != b), len(now)
        )
        where = "" if self._graph == now else f", from the {place + 1}. on"
        raise ValueError(
            f"the operations of batch {number} (counted from 0) are not those of the first batch"
            f"{where}, so that {operation.name!r} would not be the same in both; record modules, "
            "or batches for which the model computes the same."
        )

    def _look_at_shapes(self, fired: list[tuple[str, Rows]], batch: Batch) -> None:
        """Run one sample less, where the shape does not tell which dim holds the samples."""
        self._straight |= {name for name, rows in fired if not rows.square}
        square = {name for name, _ in fired} - self._straight
        square &= {layer.module_name for layer in self.layers}
        if not square or batch.size == 1:
            return
        self._straight |= square
        n = batch.size
        try:
            with random_state(self.device):
                self._capture.run(batch.part(0, n - 1))
        except RowsError:
            raise
        except Exception:
            warnings.warn(
                f"the layers {_few(square)} have two dims of {n}, as many as samples in a batch, "
                "and the model does not run with one sample less; if the first dim is not that of "
                "the samples, the rows are wrong. Another batch_size would tell.",
                stacklevel=2,
            )

    def _warn(self, fired: list[tuple[str, Rows]]) -> None:
        names = {layer.module_name for layer in self.layers} - self._doubted
        doubts: dict[str, set[str]] = {}
        for name, rows in fired:
            if rows.doubt and name in names:
                doubts.setdefault(rows.doubt, set()).add(name)
                self._doubted.add(name)
        for doubt, where in doubts.items():
            warnings.warn(
                f"padding counts in the layers {_few(where)}: {doubt}. Pass reduce= a function "
                "of the tensor that leaves padding out, or other layers.",
                stacklevel=2,
            )


def _samples(rows: Sequence[Rows]) -> np.ndarray | None:
    """Return whose rows they are, the same in all layers."""
    first = rows[0].samples
    for other in rows[1:]:
        same = first is other.samples is None or (
            first is not None and other.samples is not None and torch.equal(first, other.samples)
        )
        if not same:
            raise ValueError(
                "reduce makes rows of other samples in some layers than in others; record layers "
                "with as many tokens each, one after the other."
            )
    return None if first is None else first.numpy()


def _few(names: set[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return ", ".join(map(repr, shown[:3])) + more
