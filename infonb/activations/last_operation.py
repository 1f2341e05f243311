"""Which of torch's operations made the output of a model: a sigmoid, or a layer."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from infonb.activations.batch import leaves

__all__ = ["LAYERS", "SIGMOIDS", "LastOperation"]

#: What makes probabilities, and what makes logits; of other operations it is not known.
SIGMOIDS = frozenset({"sigmoid", "hardsigmoid", "special_expit"})
LAYERS = frozenset(
    [
        "linear",
        "bilinear",
        "conv1d",
        "conv2d",
        "conv3d",
        "addmm",
        "mm",
        "bmm",
        "baddbmm",
        "mv",
        "matmul",
        "__matmul__",
    ]
)

# what they put out was made by the operation before
_PASSING = frozenset(
    [
        "to",
        "float",
        "double",
        "half",
        "bfloat16",
        "type",
        "cpu",
        "cuda",
        "clone",
        "contiguous",
        "cat",
        "stack",
        "__getitem__",
    ]
)


class LastOperation(TorchFunctionMode):
    """Watches the operations in a ``with`` block; not those inside compiled functions."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[int, str] = {}  # memory → the operation that wrote to it

    def of(self, output: Any) -> str:
        """Return the name of the operation that made an output, or its logits; empty: unknown."""
        logits = getattr(output, "logits", output)
        return self._made.get(_memory(logits), "") if isinstance(logits, torch.Tensor) else ""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, and note what it made."""
        kwargs = kwargs or {}
        name = str(getattr(func, "__name__", ""))
        came = [_memory(x) for x in leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        output = func(*args, **kwargs)
        for made in leaves(output):
            if not isinstance(made, torch.Tensor):
                continue
            memory = _memory(made)
            in_place = name.endswith("_") and not name.endswith("__")
            if memory in came and not in_place:
                continue  # a view
            known = self._made.get(came[0], "") if came else ""
            made_by = name.removesuffix("_") if in_place else name
            self._made[memory] = known if name in _PASSING else made_by
        return output


def _memory(tensor: torch.Tensor) -> int:
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):  # sparse ones have none
        return id(tensor)
