"""Seeds, and neurons of a network, that are drawn anew with replacement: array kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from infonb.validate import check_integer

__all__ = [
    "RESAMPLES",
    "draw_counts",
    "draw_medians",
    "draw_seeds",
    "pair_medians",
    "pair_sums",
    "rank_p_value",
    "row_medians",
]

#: How often the neurons of one network are drawn anew; the draws of seeds choose among these.
RESAMPLES = 200

#: Of fewer values it is quicker to compare all draws at once than to search in each.
_FEW = 400


def draw_counts(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each of `n` is in each draw of `n` with replacement: (draw, neuron)."""
    chosen = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(chosen.ravel(), minlength=draws * n).reshape(draws, n)


def row_medians(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the median of the drawn neurons: (neuron,), counts (draw, neuron) → (draw,)."""
    order = np.argsort(values)
    return _weighted_medians(values[order], counts[:, order])


def pair_medians(matrix: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """
    Return the median over pairs of different neurons: (neuron, neuron), counts (draw, neuron).

    A neuron that is drawn twice makes two rows; the pair of the two is left out, since it is no
    pair of different neurons, and so the pair (i, j) counts count(i) x count(j) times (Snijders and
    Borgatti, Connections 22, 161 (1999)). The pairs are sorted once, NaN left out; a draw then
    costs one pass over them. NaN for a draw that holds one neuron only, again and again.
    """
    first, second = np.triu_indices(len(matrix), k=1)
    values = matrix[first, second]
    order = np.argsort(values)[: np.isfinite(values).sum()]  # NaN is sorted to the end
    values, first, second = values[order], first[order], second[order]
    if values.size < _FEW:
        return _weighted_medians(values, counts[:, first] * counts[:, second])
    return np.array([_weighted_median(values, count[first] * count[second]) for count in counts])


def _weighted_medians(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the medians of sorted values repeated as each draw says: counts (draw, value)."""
    if not 0 < values.size < _FEW:
        return np.array([_weighted_median(values, count) for count in counts])
    # all draws at once: the same steps as of a single one
    reached = np.cumsum(counts, axis=1)
    total = reached[:, -1:]
    middle = np.stack([(total - 1) // 2, total // 2], axis=1)
    # of a draw without any value both places lie beyond the last
    places = (reached[:, None] <= middle).sum(axis=2)
    medians = _mean_of_two(values[np.minimum(places, values.size - 1)])
    return np.where(total[:, 0] > 0, medians, np.nan)


def _weighted_median(values: np.ndarray, counts: np.ndarray) -> float:
    """Return what `numpy.median` gives for sorted values that are repeated `counts` times."""
    reached = np.cumsum(counts)
    total = int(reached[-1]) if reached.size else 0
    if total == 0:
        return np.nan
    middle = np.searchsorted(reached, [(total - 1) // 2, total // 2], side="right")
    return float(_mean_of_two(values[middle]))


def _mean_of_two(values: np.ndarray) -> np.ndarray:
    # what `mean` gives, in a tenth of its time: there are tens of thousands of these
    return (values[..., 0] + values[..., 1]) / 2


def pair_sums(matrix: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sum and number of pairs of different neurons for each draw; as `pair_medians`."""
    known = np.isfinite(matrix) & ~np.eye(len(matrix), dtype=bool)
    weight = counts.astype(float)
    sums = ((weight @ np.where(known, matrix, 0.0)) * weight).sum(axis=1)
    pairs = ((weight @ known.astype(float)) * weight).sum(axis=1)
    return sums, pairs


def draw_seeds(networks: Sequence[np.ndarray], draws: int, rng: np.random.Generator) -> np.ndarray:
    """
    Draw seeds with replacement, and for each drawn network one of its draws of neurons.

    For each level (seed, resample) → (level, draw, seed): the levels share the drawn seeds and have
    neurons of their own.
    """
    n_seeds = len(networks[0])
    seeds = rng.integers(n_seeds, size=(draws, n_seeds))
    return np.stack(
        [values[seeds, rng.integers(values.shape[1], size=(draws, n_seeds))] for values in networks]
    )


def draw_medians(
    values: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES
) -> np.ndarray:
    """
    Return medians over neurons, or over pairs of different neurons, that are drawn anew.

    (neuron,), or (neuron, neuron) and symmetric, NaN where nothing was measured → (resample,).
    """
    finite = np.isfinite(values)
    if values.ndim == 2:
        np.fill_diagonal(finite, False)
    there = finite if values.ndim == 1 else finite.any(axis=1)
    if not there.any():
        raise ValueError("a network has no finite value to draw from; was its layer measured?")
    values = values[there] if values.ndim == 1 else values[np.ix_(there, there)]
    counts = draw_counts(len(values), resamples, rng)
    medians = (row_medians if values.ndim == 1 else pair_medians)(values, counts)
    known = np.isfinite(medians)
    # of few neurons some draws hold one of them only, and no pair: take others in their place
    return medians if known.all() else rng.choice(medians[known], resamples)


def rank_p_value(taus: Sequence[float], n_levels: int) -> float:
    """
    Return the chance that random rankings agree, or disagree, at least as much as these τ (seed,).

    Two-sided and exact: over all orders of the levels, without ties, the same for each seed,
    independently (Kendall, Biometrika 30, 81 (1938)). Intervals say too little of a few rankings of
    a few levels: τ has few values, and three seeds that all have 1/3 leave no spread at all.
    """
    check_integer("n_levels", n_levels, 2)
    one = np.ones(1)  # the number of orders with 0, 1, ... inversions
    for level in range(2, n_levels + 1):
        one = np.convolve(one, np.ones(level))
    one /= one.sum()
    total = np.ones(1)
    for _ in taus:
        total = np.convolve(total, one)
    most = n_levels * (n_levels - 1) // 2
    mean = 1 - 2 * np.arange(total.size) / (most * len(taus))
    reached = np.abs(mean) >= abs(float(np.mean(taus))) - 1e-9
    return float(total[reached].sum())
