"""Which inputs a gate or a tree reads: drawn once, and kept."""

from __future__ import annotations

import torch

__all__ = ["balanced", "dense_connections", "tree_connections"]


def balanced(n: int, n_choices: int, generator: torch.Generator) -> torch.Tensor:
    """Return n of n_choices numbers in random order, each as often as any other, or once more."""
    rounds = -(-n // n_choices)
    drawn = [torch.randperm(n_choices, generator=generator) for _ in range(rounds)]
    return torch.cat(drawn)[:n]


def dense_connections(
    n_in: int, n_out: int, connections: str, generator: torch.Generator
) -> torch.Tensor:
    """Return the two inputs of each gate, (2, gate): never the same one twice."""
    if connections == "independent":
        first = torch.randint(n_in, (n_out,), generator=generator)
        other = torch.randint(n_in - 1, (n_out,), generator=generator)
        return torch.stack([first, other + (other >= first)])
    first, other = balanced(2 * n_out, n_in, generator).view(2, n_out)
    for gate in (first == other).nonzero()[:, 0].tolist():
        # somewhere there is a gate to exchange with: no input has more than n_out of 2 n_out places
        free = ((first != other[gate]) & (other != first[gate])).nonzero()[:, 0]
        if first[gate] == other[gate]:
            with_gate = free[torch.randint(len(free), (1,), generator=generator)]
            other[[gate, int(with_gate)]] = other[[int(with_gate), gate]]
    return torch.stack([first, other])


def tree_connections(
    channels: list[list[int]], n_leaves: int, kernel_size: int, generator: torch.Generator
) -> torch.Tensor:
    """Return channel, row and column of each leaf, (kernel, leaf, 3), no place twice in a tree."""
    area = kernel_size**2
    made = torch.empty(len(channels), n_leaves, 3, dtype=torch.long)
    for kernel, own in enumerate(channels):
        # as many leaves in each channel as the window has room for
        of_channel = balanced(n_leaves, len(own), generator)
        for i, channel in enumerate(own):
            mine = (of_channel == i).nonzero()[:, 0]
            place = torch.randperm(area, generator=generator)[: len(mine)]
            made[kernel, mine, 0] = channel
            made[kernel, mine, 1] = place // kernel_size
            made[kernel, mine, 2] = place % kernel_size
    return made
