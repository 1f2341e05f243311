"""The examples of a group's networks: each kept once, given out in batches of one shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from infonb.training.group.member import chunked

if TYPE_CHECKING:
    from infonb.training.group.member import Member

__all__ = ["Batch", "Feed"]


class Batch(NamedTuple):
    """Examples of all networks: dims (network, place, ...); a place may be empty."""

    inputs: torch.Tensor
    labels: torch.Tensor
    shares: torch.Tensor  # of an example in the mean over the batch; 0 where a place is empty


class Feed:
    """One part of the data (train or validation) of the networks of a stack."""

    def __init__(self, members: Sequence[Member], part: str, size: int, rows: int) -> None:
        self._members, self._rows = members, rows
        self.numbers, self._starts, inputs, labels = [], [], [], []
        known: dict[str, int] = {}
        at = 0
        for member in members:
            batches = member.parts[part]
            print_of = batches.fingerprint()
            if print_of not in known:  # else it has the examples of another network
                known[print_of] = at
                n = batches.shape[0]  # type: ignore[index]
                all_inputs, all_labels = next(iter(batches(n)))
                assert all_labels is not None
                inputs.append(all_inputs.flatten(1).to(member.parameters[0].dtype))
                labels.append(all_labels)
                at += n
            self._starts.append(known[print_of])
            self.numbers.append(batches.shape[0])  # type: ignore[index]
        self._inputs, self._labels = torch.cat(inputs), torch.cat(labels)
        self._size = size
        self._n_batches, self._places = chunked(self.numbers[0], size)
        self._shares = self._all_shares()

    def in_order(self) -> Iterator[Batch]:
        """Give all examples in batches, in the order in which they are kept."""
        yield from self._batches([torch.arange(n) for n in self.numbers])

    def shuffled(self) -> Iterator[Batch]:
        """Give all examples in batches, in an order that each network draws for itself."""
        orders = [
            torch.randperm(n, generator=member.run.generator)
            for n, member in zip(self.numbers, self._members, strict=True)
        ]
        yield from self._batches(orders)

    def by_network(self, batches: Sequence[torch.Tensor]) -> list[np.ndarray]:
        """Return what was found for the places of all batches, of each network's examples."""
        used = min(self._size, self._places)
        found = torch.stack([batch[:, :used] for batch in batches], 1).cpu().numpy()
        return [found[row].reshape(-1)[:n] for row, n in enumerate(self.numbers)]

    def _batches(self, orders: Sequence[torch.Tensor]) -> Iterator[Batch]:
        index = self._laid_out([order + at for order, at in zip(orders, self._starts, strict=True)])
        index = index.to(self._inputs.device)
        for places, shares in zip(index, self._shares, strict=True):
            flat = places.reshape(-1)
            inputs = self._inputs.index_select(0, flat).view(*places.shape, -1)
            yield Batch(inputs, self._labels.index_select(0, flat).view(places.shape), shares)

    def _laid_out(self, values: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return values of each network's examples by batch: dims (batch, network, place)."""
        used = min(self._size, self._places)
        found = torch.zeros(self._n_batches, self._rows, self._places, dtype=values[0].dtype)
        for row, of_one in enumerate(values):
            filled = torch.zeros(self._n_batches * used, dtype=of_one.dtype)
            filled[: len(of_one)] = of_one
            found[:, row, :used] = filled.view(self._n_batches, used)
        return found

    def _all_shares(self) -> torch.Tensor:
        there = self._laid_out([torch.ones(n, dtype=torch.float64) for n in self.numbers])
        shares = there / there.sum(2, keepdim=True).clamp(min=1)
        return shares.to(self._inputs.device, self._inputs.dtype)
