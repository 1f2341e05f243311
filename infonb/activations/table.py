"""The table of a model's modules, whose names are layers of a recording."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import torch
from torch import nn

from infonb.activations.alone import alone, every_module_called
from infonb.activations.batch import Batch, Place
from infonb.activations.blocks import choose_blocks
from infonb.activations.examples import examples
from infonb.activations.first_look import Seen, look, n_neurons, shape_text
from infonb.activations.modules import (
    count_parameters,
    default_modules,
    named_modules,
    unwrapped,
)
from infonb.activations.operations import Operation, Operations
from infonb.activations.torch_lens import ONE_AT_A_TIME, check_installed, torch_lens
from infonb.networks.state import eval_mode, random_state

__all__ = ["Table", "list_layers"]


class Table(pd.DataFrame):
    """A DataFrame that is printed whole: every row, every column, every word."""

    @property
    def _constructor(self) -> type[Table]:
        return Table

    def __repr__(self) -> str:
        with _whole():
            return str(super().__repr__())

    def _repr_html_(self) -> str | None:
        with _whole():
            return super()._repr_html_()


def list_layers(model: nn.Module, data: Any = None, *, operations: bool = False) -> pd.DataFrame:
    """
    Return a table of the modules of a model, whose names `infonb.record` takes as layers.

    Or of its operations: what modules and functions compute, each under the name that TorchLens
    gives it.

    Parameters
    ----------
    model
        Any torch model.
    data
        Some inputs in any form that `infonb.record` takes; the first two samples (of a loader:
        the first batch) go through the model, in eval mode, to see what comes out where.
    operations
        True: list the operations in the forward pass, such as a functional ``relu_1_2`` or the
        residual sum ``add_1_5``. Needs data, and TorchLens (``pip install 'infonb[operations]'``).

    Returns
    -------
    pandas.DataFrame
        One row for each module, in the order in which the model holds them: ``type``,
        ``parameters`` (number, those of submodules included), ``default`` (whether ``record``
        takes it unless it is told otherwise) and ``block`` (whether ``layers="blocks"`` takes it;
        ``table.attrs["blocks"]`` says what these are): guesses without `data`. With `data` also
        ``calls`` in one forward pass, ``output`` (shape, or what it is if it is no tensor) and
        ``neurons`` (width of the layer after ``reduce="mean"``; missing without calls or a
        tensor). With `operations` one row for each operation, in the order of the forward pass:
        ``type`` (the function), ``module`` (the innermost one in which it runs; empty: the model
        itself), ``output_of`` (modules of which it is the output: these are recorded faster),
        ``output`` and ``neurons``. The table is printed whole, however long it is.

    Raises
    ------
    TypeError
        If the model is no torch module.
    ValueError
        If operations are asked for without data.
    ImportError
        If operations are asked for and TorchLens is not installed.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
    >>> list_layers(model, torch.zeros(1, 1, 8, 8))[["type", "output", "neurons", "default"]]
              type             output  neurons  default
    layer
    0       Conv2d  (sample, 8, 6, 6)        8     True
    1         ReLU  (sample, 8, 6, 6)        8    False
    2      Flatten      (sample, 288)      288    False
    3       Linear       (sample, 10)       10    False
    """
    model = unwrapped(model)
    if operations:
        return _list_operations(model, data)
    modules = named_modules(model)
    columns: dict[str, Any] = {
        "type": [type(module).__name__ for module in modules.values()],
        "parameters": [count_parameters(module) for module in modules.values()],
    }
    seen = None if data is None else _seen(model, data)
    default = default_modules(model)
    order = list(default)
    if seen is not None:
        first: dict[str, Seen] = {}
        for one in seen:
            first.setdefault(one.name, one)
        calls = Counter(one.name for one in seen)
        columns["calls"] = [calls[name] for name in modules]
        columns["output"] = [first[name].text if name in first else "" for name in modules]
        neurons = [first[name].n_neurons if name in first else None for name in modules]
        columns["neurons"] = pd.array(neurons, dtype="Int64")
        order = [one.name for one in seen if one.name in default]
    kept = set(order[:-1] or order)
    columns["default"] = [name in kept for name in modules]
    chosen = choose_blocks(model, seen)
    blocks = {layer.module_name for layer in chosen.layers}
    columns["block"] = [name in blocks for name in modules]
    table = Table(columns, index=pd.Index(list(modules), name="layer", dtype=object))
    table.attrs["blocks"] = chosen.why
    return table


def _list_operations(model: nn.Module, data: Any) -> pd.DataFrame:
    if data is None:
        raise ValueError(
            "operations are seen in a forward pass only: list_layers(model, data, operations=True)."
        )
    check_installed("operations=True")
    batch, device = _first_batch(model, data), Place(model).device
    seen: dict[str, tuple[str, int | None]] = {}

    def see(value: torch.Tensor, operation: Operation) -> None:
        width = n_neurons(value, operation.like, batch.size)
        seen[operation.label] = shape_text(value, batch.size), width

    with (
        alone(model, ONE_AT_A_TIME), every_module_called(), eval_mode(model), torch_lens() as lens,
        random_state(device),
    ):  # fmt: skip
        traced = Operations(lens, model, device)
        found = traced.find(batch)
        traced.run(batch, {operation.key: operation for operation in found}, see)
    columns = {
        "type": [operation.function for operation in found],
        "module": [operation.module for operation in found],
        "output_of": [", ".join(operation.output_of) for operation in found],
        "output": [seen[operation.label][0] for operation in found],
        "neurons": pd.array([seen[operation.label][1] for operation in found], dtype="Int64"),
    }
    labels = [operation.label for operation in found]
    return Table(columns, index=pd.Index(labels, name="layer", dtype=object))


def _seen(model: nn.Module, data: Any) -> list[Seen]:
    batch = _first_batch(model, data)
    with alone(model), every_module_called(), eval_mode(model):
        return look(named_modules(model), lambda: batch.call(model), batch.size)


def _first_batch(model: nn.Module, data: Any) -> Batch:
    return next(iter(examples(data, batch_size=2).batches)).changed(Place(model))


def _whole() -> Any:
    return pd.option_context(
        "display.max_rows", None,
        "display.max_columns", None,
        "display.max_colwidth", None,
        "display.expand_frame_repr", False,
        "display.show_dimensions", False,
    )  # fmt: skip
