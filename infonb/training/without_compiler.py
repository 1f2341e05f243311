"""torch's optimisers without its compiler, which they import on their first use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["without_compiler"]

#: Where torch looks for what the compiler has made of a function that it must leave alone.
_LEFT_ALONE = "__dynamo_disable"


@contextmanager
def without_compiler() -> Iterator[None]:
    """
    Let optimisers work within a block without torch's compiler.

    To import it takes as long as all the rest of torch, and all they ask of it here is to leave
    their own methods alone, which it does where it is not. (A step of theirs imports it in any
    case.) Nothing is done if it is imported already, or in a torch that has no such methods.
    """
    from torch.optim import Optimizer

    marked: list[Any] = []
    if "torch._dynamo" not in sys.modules:
        for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
            method = getattr(getattr(Optimizer, name, None), "__wrapped__", None)
            if method is not None and not hasattr(method, _LEFT_ALONE):
                setattr(method, _LEFT_ALONE, method)
                marked.append(method)
    try:
        yield
    finally:
        for method in marked:
            delattr(method, _LEFT_ALONE)
