"""What chance alone would do: models, or samples, that are exchanged; corrected for all rows."""

from __future__ import annotations

from itertools import combinations, product
from math import comb

import numpy as np

__all__ = ["exchange_networks", "flip_signs", "holm"]

#: Flips drawn at a time: a table of them times the samples stays small.
_BLOCK = 1000


def flip_signs(differences: np.ndarray, permutations: int, seed: int) -> np.ndarray:
    """
    Return two-sided p of mean differences (row, pair), each of whose signs might be the other.

    All flips where there are no more than `permutations`, else so many, drawn, and the one that was
    found (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9, 39 (2010)). NaN: no such pair.
    """
    p = np.full(len(differences), np.nan)
    known = np.isfinite(differences)
    for pattern in np.unique(known, axis=0):
        if pattern.any():
            rows = (known == pattern).all(axis=1)
            p[rows] = _flipped(differences[np.ix_(rows, pattern)], permutations, seed)
    return p


def _flipped(differences: np.ndarray, permutations: int, seed: int) -> np.ndarray:
    n = differences.shape[1]
    found = abs(differences.sum(axis=1))
    reached = found - 1e-9 * abs(differences).sum(axis=1)  # equal ones, rounded, count
    if n <= np.log2(permutations):
        signs = np.array(list(product((1.0, -1.0), repeat=n)))
        return (abs(signs @ differences.T) >= reached).mean(axis=0)
    rng = np.random.default_rng(seed)
    times = np.zeros(len(differences))
    for start in range(0, permutations, _BLOCK):
        size = min(_BLOCK, permutations - start)
        signs = rng.integers(0, 2, (size, n), dtype=np.int8) * 2.0 - 1.0
        times += (abs(signs @ differences.T) >= reached).sum(axis=0)
    return (times + 1) / (permutations + 1)


def exchange_networks(
    first: np.ndarray, second: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """
    Return two-sided p of the difference of means of two kinds of networks, (row, network) each.

    Under all divisions into two groups of these sizes, if there are no more than `permutations`;
    else so many, drawn, and the one that was found. NaN: no such network.
    """
    p = np.full(len(first), np.nan)
    both = np.concatenate([first, second], axis=1)
    known = np.isfinite(both)
    for pattern in np.unique(known, axis=0):
        n_first = int(pattern[: first.shape[1]].sum())
        n = int(pattern.sum())
        if 0 < n_first < n:
            rows = (known == pattern).all(axis=1)
            p[rows] = _exchanged(both[np.ix_(rows, pattern)], n_first, permutations, seed)
    return p


def _exchanged(both: np.ndarray, n_first: int, permutations: int, seed: int) -> np.ndarray:
    n = both.shape[1]
    exact = comb(n, n_first) <= permutations
    if exact:
        chosen = np.array(list(combinations(range(n), n_first)))
    else:
        rng = np.random.default_rng(seed)
        chosen = rng.permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)[:, :n_first]
    member = np.zeros((len(chosen), n))
    np.put_along_axis(member, chosen, 1.0, axis=1)
    weights = member / n_first - (1 - member) / (n - n_first)
    found = abs(both[:, :n_first].mean(axis=1) - both[:, n_first:].mean(axis=1))
    reached = abs(weights @ both.T) >= found - 1e-9 * abs(both).mean(axis=1)
    return reached.mean(axis=0) if exact else (reached.sum(axis=0) + 1) / (permutations + 1)


def holm(p: np.ndarray) -> np.ndarray:
    """
    Return p corrected for how many there are, NaN left out (Holm, Scand. J. Stat. 6, 65 (1979)).

    Below 0.05 for any of them: with a chance of at most 0.05 if all of these have no effect.
    """
    corrected = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p.ravel()[known], kind="stable")]
    scaled = p.ravel()[order] * np.arange(len(order), 0, -1)
    corrected.ravel()[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return corrected
