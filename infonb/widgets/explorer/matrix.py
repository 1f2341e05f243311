"""The MI of all pairs of a layer, neurons that tell about each other side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infonb.plots.heat import order_by_similarity

__all__ = ["Matrix", "order_by_information"]


@dataclass(frozen=True)
class Matrix:
    """The binned MI of the pairs of a layer, neurons that tell about each other side by side."""

    neurons: np.ndarray
    """(neuron,) positions in the layer, in the order of the matrix."""
    information: np.ndarray
    """(neuron, neuron) in nats; the diagonal is the entropy."""

    def place(self, neuron: int) -> int | None:
        """Return the row of a neuron; None if it was not sampled."""
        found = np.flatnonzero(self.neurons == neuron)
        return int(found[0]) if found.size else None

    def highest(self, number: int) -> list[tuple[int, int, float]]:
        """Return the pairs with the highest MI, as two positions in the layer and the value."""
        rows, columns = np.triu_indices(len(self.neurons), 1)
        values = self.information[rows, columns]
        best = np.argsort(-values, kind="stable")[:number]
        firsts, seconds = self.neurons[rows[best]], self.neurons[columns[best]]
        return [
            (int(min(a, b)), int(max(a, b)), float(value))
            for a, b, value in zip(firsts, seconds, values[best], strict=True)
        ]


def order_by_information(information: np.ndarray) -> np.ndarray:
    """Return an order in which neurons of high MI are neighbours: average linkage."""
    pairs = information[np.triu_indices(len(information), 1)]
    return order_by_similarity(len(information), pairs.max(initial=-np.inf) - pairs)
