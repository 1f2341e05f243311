"""Which of torch's operations made the output of a model: a sigmoid, or a layer."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["LAYERS", "SIGMOIDS", "LastOperation"]

#: What makes probabilities, and what makes logits; of other operations it is not known.
SIGMOIDS = frozenset({"sigmoid", "hardsigmoid", "special_expit"})
LAYERS = frozenset({"addmm", "mm", "linear", "bmm", "baddbmm", "addmv", "mv", "convolution"})

# what they put out was made by the operation before
_PASSING = frozenset({"_to_copy", "clone", "cat", "stack", "index", "index_select", "slice_copy"})


class LastOperation(TorchDispatchMode):  # type: ignore[misc, unused-ignore]
    """Watches the operations in a ``with`` block."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[int, str] = {}  # memory → the operation that wrote to it

    def of(self, output: Any) -> str:
        """Return the name of the operation that made an output, or its logits; empty: unknown."""
        logits = getattr(output, "logits", output)
        return self._made.get(_memory(logits), "") if isinstance(logits, torch.Tensor) else ""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, and note what it made."""
        name = func.overloadpacket.__name__.rstrip("_")
        came = [_memory(x) for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        output = func(*args, **(kwargs or {}))
        for made in tree_leaves(output):
            if not isinstance(made, torch.Tensor):
                continue
            memory = _memory(made)
            if name in _PASSING:
                self._made[memory] = self._made.get(came[0], "") if came else ""
            elif memory not in came or func._schema.is_mutable:  # no mere view
                self._made[memory] = name
        return output


def _memory(tensor: torch.Tensor) -> int:
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):  # sparse ones have none
        return id(tensor)
