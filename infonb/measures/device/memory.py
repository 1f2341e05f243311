"""What the kernels on a device share: arrays to it, and how much of its memory a block may take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

__all__ = ["block_bytes", "blocks", "on_device"]

# Bytes a block of work takes at most: on a CPU little, on a GPU what hides the start of a kernel.
_CPU_BYTES = 2**28
_GPU_BYTES = 2**33


def on_device(array: np.ndarray, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Return a copy of an array on a device; converted there, so that float32 travels as such."""
    import torch

    return torch.tensor(np.ascontiguousarray(array), device=device).to(dtype)


def block_bytes(device: torch.device, budget: int | None) -> int:
    """Return how many bytes a block of work may take: at most half of what is free on a GPU."""
    import torch

    if budget is not None:
        return budget
    if device.type != "cuda":
        return _CPU_BYTES
    # what torch keeps for later is free as well
    free = torch.cuda.mem_get_info(device)[0]
    free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return min(free // 2, _GPU_BYTES)


def blocks(n_items: int, size: int) -> Iterator[slice]:
    """Yield slices of consecutive items, each of `size` items or less, but at least one."""
    size = max(1, size)
    for start in range(0, n_items, size):
        yield slice(start, min(start + size, n_items))
