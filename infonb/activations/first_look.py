"""One forward pass that only looks: which modules are called, what each of them puts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.jit import ScriptModule

from infonb.activations.batch import describe
from infonb.activations.hooks import Hooks
from infonb.activations.reduction import Reduction

__all__ = ["Seen", "look", "n_neurons", "shape_text"]


@dataclass(frozen=True)
class Seen:
    """
    What came out of one call of a module: in words, as a shape, and its number of neurons.

    `shape` and `n_neurons` are None where it is no tensor (with rows that are samples); `source`
    is the same for calls that got the same tensor.
    """

    name: str
    text: str
    shape: tuple[int, ...] | None
    n_neurons: int | None
    source: object = None


def look(modules: Mapping[str, nn.Module], call: Callable[[], Any], size: int) -> list[Seen]:
    """Return what every module puts out when the model is called with `size` samples, in order."""
    opened = {name: x for name, x in modules.items() if not isinstance(x, ScriptModule)}

    def see(value: Any, name: str, module: nn.Module) -> Seen:
        shape = tuple(value.shape) if isinstance(value, torch.Tensor) else None
        return Seen(name, shape_text(value, size), shape, n_neurons(value, module, size))

    with (
        Hooks(opened, "input", lambda value, *_: _identity(value)) as inputs,
        Hooks(opened, "output", see) as outputs,
    ):
        inputs.during(lambda: outputs.during(call))
    sources: dict[tuple[str, int], object] = {}
    calls: Counter[str] = Counter()
    for name, source in inputs.fired:
        sources[name, calls[name]] = source
        calls[name] += 1
    calls.clear()
    found = []
    for name, seen in outputs.fired:
        source = sources.get((name, calls[name]))
        found.append(Seen(name, seen.text, seen.shape, seen.n_neurons, source))
        calls[name] += 1
    return found


def shape_text(value: Any, size: int) -> str:
    """Return the shape of a tensor with the word sample in it; of anything else what it is."""
    if not isinstance(value, torch.Tensor):
        return describe(value)
    shape = ["sample" if i == 0 and n == size else str(n) for i, n in enumerate(value.shape)]
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"


def n_neurons(value: Any, module: nn.Module, size: int) -> int | None:
    """Return how many neurons a module's output has after ``reduce="mean"``, if it is a tensor."""
    try:
        return Reduction()(value, "", module, size).values.shape[1]
    except ValueError:  # no tensor, or rows that are not samples: to be seen in the text
        return None


def _identity(value: Any) -> object:
    """Tell one tensor from another, and from itself after it was changed in place."""
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided or value.is_nested:
        return None
    return value.data_ptr(), tuple(value.shape), value._version
