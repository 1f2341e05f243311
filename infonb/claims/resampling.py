"""Seeds, and neurons of a network, that are drawn anew with replacement: array kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = [
    "RESAMPLES",
    "draw_counts",
    "draw_medians",
    "draw_seeds",
    "kendall",
    "pair_means",
    "pair_medians",
    "row_medians",
]

#: How often the neurons of one network are drawn anew; the draws of seeds choose among these.
RESAMPLES = 200


def draw_counts(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """
    Return how often each of `n` neurons is in each draw of `n` with replacement, (draw, neuron).

    Examples
    --------
    >>> draw_counts(5, 3, np.random.default_rng(0)).sum(axis=1)
    array([5, 5, 5])
    """
    chosen = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(chosen.ravel(), minlength=draws * n).reshape(draws, n)


def row_medians(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """
    Return the median of the drawn neurons' values for each draw.

    Parameters
    ----------
    values
        One value for each neuron, shape (neuron,).
    counts
        How often each neuron is in each draw, shape (draw, neuron).

    Examples
    --------
    >>> row_medians(np.array([3.0, 1.0, 2.0]), np.array([[1, 1, 1], [2, 0, 1]]))
    array([2., 3.])
    """
    order = np.argsort(values)
    return np.array([_weighted_median(values[order], count[order]) for count in counts])


def pair_medians(matrix: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """
    Return the median over the pairs of different neurons for each draw of neurons.

    A neuron that is drawn twice makes two rows; the pair of the two is left out, since it is no
    pair of different neurons, and so the pair (i, j) counts count(i) x count(j) times.

    Parameters
    ----------
    matrix
        One value for each pair, symmetric, shape (neuron, other neuron); the diagonal is not used.
        NaN marks a pair that was not measured.
    counts
        How often each neuron is in each draw, shape (draw, neuron).

    Returns
    -------
    numpy.ndarray
        Shape (draw,); NaN for a draw that holds one neuron only, again and again.

    Notes
    -----
    The pairs are sorted once; a draw then costs one pass over them, O(N^2).

    References
    ----------
    Snijders and Borgatti, Connections 22, 161 (1999): the bootstrap of the vertices of a network.

    Examples
    --------
    >>> matrix = np.array([[9.0, 1.0, 2.0], [1.0, 9.0, 3.0], [2.0, 3.0, 9.0]])
    >>> pair_medians(matrix, np.array([[1, 1, 1], [2, 1, 0]]))
    array([2., 1.])
    """
    first, second = np.triu_indices(len(matrix), k=1)
    values = matrix[first, second]
    order = np.argsort(values)[: np.isfinite(values).sum()]  # NaN is sorted to the end
    values, first, second = values[order], first[order], second[order]
    return np.array([_weighted_median(values, count[first] * count[second]) for count in counts])


def _weighted_median(values: np.ndarray, counts: np.ndarray) -> float:
    """Return what `numpy.median` gives for sorted values that are repeated `counts` times."""
    reached = np.cumsum(counts)
    total = int(reached[-1]) if reached.size else 0
    if total == 0:
        return np.nan
    middle = np.searchsorted(reached, [(total - 1) // 2, total // 2], side="right")
    return float(values[middle].mean())


def pair_means(matrix: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """
    Return the mean over the pairs of different neurons for each draw of neurons.

    Parameters
    ----------
    matrix, counts
        As for `pair_medians`.

    Examples
    --------
    >>> matrix = np.array([[9.0, 1.0, 2.0], [1.0, 9.0, 3.0], [2.0, 3.0, 9.0]])
    >>> pair_means(matrix, np.array([[1, 1, 1], [2, 1, 0]]))
    array([2., 1.])
    """
    known = np.isfinite(matrix) & ~np.eye(len(matrix), dtype=bool)
    weight = counts.astype(float)
    sums = ((weight @ np.where(known, matrix, 0.0)) * weight).sum(axis=1)
    pairs = ((weight @ known.astype(float)) * weight).sum(axis=1)
    return np.divide(sums, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)


def kendall(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    r"""
    Return Kendall's τ-b of two rankings along the last axis; 0 where all values are equal.

    Parameters
    ----------
    first, second
        Shapes (\*batch, level) that broadcast against each other.

    Examples
    --------
    >>> kendall(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), np.array([0.1, 0.5, 0.7]))
    array([ 1., -1.])
    """
    i, j = np.triu_indices(first.shape[-1], k=1)
    one, two = (np.sign(values[..., j] - values[..., i]) for values in (first, second))
    scale = np.sqrt((one**2).sum(axis=-1) * (two**2).sum(axis=-1))
    concordant = (one * two).sum(axis=-1)
    return np.divide(concordant, scale, out=np.zeros_like(concordant), where=scale > 0)


def draw_seeds(networks: Sequence[np.ndarray], draws: int, rng: np.random.Generator) -> np.ndarray:
    """
    Draw seeds with replacement, and for each drawn network one of its draws of neurons.

    Parameters
    ----------
    networks
        For each level, the draws of a statistic of its networks, shape (seed, resample).
    draws
        How many times all seeds are drawn.

    Returns
    -------
    numpy.ndarray
        Shape (level, draw, seed). The levels share the drawn seeds and have neurons of their own.

    Examples
    --------
    >>> start, end = np.zeros((2, 5)), np.array([[1.0] * 5, [3.0] * 5])
    >>> both = draw_seeds([start, end], 4, np.random.default_rng(0))
    >>> both.shape, sorted(set(both[1].ravel().tolist()))
    ((2, 4, 2), [1.0, 3.0])
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

    Parameters
    ----------
    values
        Of one network's layer: shape (neuron,), or (neuron, other neuron) and symmetric. NaN is
        padding, or a pair that was not measured.
    rng
        Draws the neurons.
    resamples
        How many times.

    Raises
    ------
    ValueError
        If no value is finite.

    Examples
    --------
    >>> values = np.random.default_rng(0).normal(size=400)
    >>> spread = draw_medians(values, np.random.default_rng(1)).std()
    >>> bool(0.7 < spread / (1.2533 / 20) < 1.3)  # of a median of 400 normal values
    True
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
