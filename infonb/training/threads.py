"""How many threads torch uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["torch_threads"]


@contextmanager
def torch_threads(number: int | None = None) -> Iterator[None]:
    """
    Let torch use so many threads within a block, and as many as before after it.

    In small networks several threads only wait for each other: one is quicker.
    """
    import torch

    from infonb.validate import check_integer

    before = torch.get_num_threads()
    torch.set_num_threads(before if number is None else check_integer("number", number, 1))
    try:
        yield
    finally:
        torch.set_num_threads(before)
