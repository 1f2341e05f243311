"""Layers that several networks share, with weights drawn from a generator of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.validate import check_integer

__all__ = ["Sum", "features_of", "generator_of", "linear"]


class Sum(nn.Module):
    """The sum of a shortcut and what went around it: a module, so that it can be recorded."""

    def forward(self, shortcut: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Return the sum of two tensors of one shape."""
        return shortcut + values


def generator_of(seed: int, part: int) -> torch.Generator:
    """Return a generator for one part of a network: parts of one seed draw unlike numbers."""
    words = np.random.SeedSequence((check_integer("seed", seed, 0), part)).generate_state(1)
    return torch.Generator().manual_seed(int(words[0]))


def linear(n_in: int, n_out: int, generator: torch.Generator, *, bias: bool = True) -> nn.Linear:
    """Return a layer whose weights and biases are uniform on ±1/√inputs, torch's own choice."""
    # skip_init: the ordinary constructor draws from the global random state
    made: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out, bias=bias)
    bound = n_in**-0.5
    nn.init.uniform_(made.weight, -bound, bound, generator=generator)
    if bias:
        nn.init.uniform_(made.bias, -bound, bound, generator=generator)
    return made


def features_of(encoder: Any, sizes: Sequence[int] = ()) -> list[int]:
    """Return the widths of a head, checked: the first is how many features the encoder gives."""
    widths = [check_integer("sizes", size, 1) for size in sizes]
    known = getattr(encoder, "n_features", None)
    if not widths:
        if known is None:
            raise ValueError(
                f"{type(encoder).__name__} does not say by n_features how many it gives."
            )
        return [int(known)]
    if known is not None and known != widths[0]:
        raise ValueError(
            f"the encoder gives {known} features, but the head begins with {widths[0]}: sizes must "
            f"be ({known}, ...)."
        )
    return widths
