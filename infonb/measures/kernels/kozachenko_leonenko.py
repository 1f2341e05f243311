"""Array kernel: distances to the k-th nearest neighbour in one dimension."""

from __future__ import annotations

import numpy as np

from infonb.measures.kernels.compile import compiled, over_blocks

__all__ = ["differential_entropy"]


def differential_entropy(values: np.ndarray, k: int, *, pointwise: bool = False) -> np.ndarray:
    """
    Return psi(S) - psi(k) + log 2 + <log eps> of rows, (row,), in nats; -inf with eps = 0.

    `pointwise`: the terms of the samples, (row, sample), each at the place of its sample.
    """
    from scipy.special import digamma

    n_rows, n_samples = values.shape
    radius = np.empty((n_rows, n_samples))

    def work(start: int, stop: int) -> None:
        own, found = values[start:stop].astype(np.float64), radius[start:stop]
        if not pointwise:  # the mean is taken in ascending order, whatever that of the samples
            _kth_distances(np.sort(own, axis=1), k, found)
            return
        order = np.argsort(own, axis=1)
        ordered = np.empty_like(own)
        _kth_distances(np.take_along_axis(own, order, axis=1), k, ordered)
        np.put_along_axis(found, order, ordered, axis=1)

    over_blocks(work, n_rows, max(1, 2**20 // n_samples), unit="neuron")
    with np.errstate(divide="ignore"):
        log = np.log(radius)
    constant = digamma(n_samples) - digamma(k) + np.log(2.0)
    return constant + (log if pointwise else log.mean(axis=1))


@compiled
def _kth_distances(ordered, k, radius):  # type: ignore[no-untyped-def]
    # The k nearest others of the sample at position p fill a window [a, a + k] that holds p; as p
    # moves right the best window never moves left, so that a row costs O(S) whatever k is.
    n_rows, n_samples = ordered.shape
    for row in range(n_rows):
        x = ordered[row]
        a = 0
        for p in range(n_samples):
            while a + k + 1 < n_samples and x[p] - x[a] > x[a + k + 1] - x[p]:
                a += 1
            radius[row, p] = max(x[p] - x[a], x[a + k] - x[p])
