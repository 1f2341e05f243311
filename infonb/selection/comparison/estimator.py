"""Which estimator of mutual information suits activations: found from some pairs of neurons."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from infonb.measures.kernels.ksg import ksg_information
from infonb.measures.ties import TOLERATED, TOLERATED_BIAS, grid_bias, repeats

__all__ = ["choose_estimator"]

#: Pairs of each layer that are looked at: for ties, and, in some of their samples, for a grid.
PAIRS, GRID_PAIRS = 32, 8


def choose_estimator(layers: Iterable[np.ndarray], k: int) -> tuple[str, str]:
    """
    Return the estimator, and why: of layers (neuron, sample) of all networks that are compared.

    One for all, since estimators differ in their bias: what the least suited layer needs.
    """
    bias, tied, number = 0.0, 0.0, 0
    for values in layers:
        varied = values[np.ptp(values, axis=1) > 0]
        pairs = min(PAIRS, len(varied) // 2)
        if not pairs:
            continue
        first = np.arange(pairs)
        second = first + pairs
        some = [
            grid_bias(varied[a], varied[b], k) if repeats(varied[a]) or repeats(varied[b]) else 0.0
            for a, b in zip(first[:GRID_PAIRS], second[:GRID_PAIRS], strict=True)
        ]
        bias = max(bias, float(np.mean(some)))
        _, of_pairs = ksg_information(varied, first, second, k)
        tied, number = max(tied, float(of_pairs.max()) / values.shape[1]), number + pairs
    looked = f"{number} pairs looked at"
    if bias > TOLERATED_BIAS:
        return "binned", (
            f"values lie on a grid, which would raise estimates from neighbours by {bias:.2g} nat "
            f"in a layer ({looked})"
        )
    if tied > TOLERATED:
        return "mixture", (
            f"values repeat, as zeros after a ReLU do: {tied:.0%} of the samples of a pair share "
            f"both values with others ({looked})"
        )
    return "ksg", f"values are continuous: no ties and no grid ({looked})"
