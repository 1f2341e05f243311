"""Kendall's τ-b: of two orders, of all pairs of several, its error and its chance: kernels."""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import numpy as np

__all__ = ["Taus", "kendall", "kendall_p_value", "kendall_pairs", "tau_interval", "tau_spread"]

#: Values with ties of which all orders are gone through; without ties of which scipy counts them.
_ALL_ORDERS, _EXACT = 8, 171

#: How many signs are held at once.
_AT_ONCE = 10**7


class Taus(NamedTuple):
    """τ-b of pairs of rows, its standard error, and the rows' common places: (row, row) each."""

    tau: np.ndarray
    error: np.ndarray
    n: np.ndarray


def kendall(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Kendall's τ-b along the last axis, broadcasting; 0 where all values are equal."""
    i, j = np.triu_indices(first.shape[-1], k=1)
    one, two = (np.sign(values[..., j] - values[..., i]) for values in (first, second))
    scale = np.sqrt((one**2).sum(axis=-1) * (two**2).sum(axis=-1))
    concordant = (one * two).sum(axis=-1)
    return np.divide(concordant, scale, out=np.zeros_like(concordant), where=scale > 0)


def kendall_pairs(rows: np.ndarray) -> Taus:
    """
    Return τ-b of all pairs of rows (row, value), over the values that both know; NaN: no order.

    The error is that of the delta method. τ-b is a quotient of three means over pairs of values:
    of s s', of s² and of s'², with the signs s and s' of the two differences. The part that each
    value has in it, as in Hájek's projection of a U-statistic, says how it spreads over new values.
    """
    (both, first, second, n), products = _sums(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt(first * second)
        tau = np.where(scale > 0, np.clip(both / scale, -1, 1), np.nan)
        # what a value adds to τ: its share of s s', less half its shares of s² and s'²
        weights = np.stack([1 / scale, -tau / 2 / first, -tau / 2 / second])
        squares = np.einsum("arq,brq,abrq->rq", weights, weights, products)
        error = 2 * np.sqrt(np.maximum(squares, 0) * n / np.maximum(n - 1, 1))
    return Taus(tau, np.where(n > 2, error, np.nan), n.astype(int))


def _sums(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sums over values of (s s', s², s'², known), and of the products of the first three."""
    n_rows, n = rows.shape
    known = ~np.isnan(rows)
    values = np.where(known, rows, 0.0)
    there = known.astype(np.float32)
    sums = np.zeros((4, n_rows, n_rows))
    products = np.zeros((3, 3, n_rows, n_rows))
    step = max(1, _AT_ONCE // max(1, n_rows * n))
    for start in range(0, n, step):
        block = slice(start, start + step)
        # infinite values are ordinary: their differences are told by comparing, not subtracting
        larger = values[:, block, None] > values[:, None, :]
        smaller = values[:, block, None] < values[:, None, :]
        signs = (larger.astype(np.float32) - smaller) * there[:, block, None] * there[:, None, :]
        by_value = signs.transpose(1, 0, 2)  # (value, row, other value)
        both = by_value @ by_value.transpose(0, 2, 1)
        # s² where the other row knows both values
        own = (by_value**2 @ there.T) * there.T[block, None, :]
        three = np.stack([both, own, own.transpose(0, 2, 1)]).astype(float)
        sums[:3] += three.sum(axis=1)
        sums[3] += there[:, block].astype(float) @ there[:, block].T
        products += np.einsum("avrq,bvrq->abrq", three, three)
    return sums, products


def tau_spread(rows: np.ndarray) -> np.ndarray:
    """
    Return the standard deviation of τ-b between rows (row, value) if one is dealt out anew.

    With ties, as in Kendall, Rank Correlation Methods (1970), chapter 4.
    """
    n_rows = len(rows)
    found = np.full((n_rows, n_rows), np.nan)
    for i, j in zip(*np.triu_indices(n_rows, k=1), strict=True):
        known = ~(np.isnan(rows[i]) | np.isnan(rows[j]))
        found[i, j] = found[j, i] = _spread(rows[i, known], rows[j, known])
    return found


def _spread(first: np.ndarray, second: np.ndarray) -> float:
    n = first.size
    ties = [np.unique(values, return_counts=True)[1].astype(float) for values in (first, second)]
    pairs = [n * (n - 1) / 2 - (t * (t - 1) / 2).sum() for t in ties]
    if n < 3 or min(pairs) <= 0:
        return np.nan
    whole = n * (n - 1) * (2 * n + 5)
    each = [(t * (t - 1) * (2 * t + 5)).sum() for t in ties]
    twos = np.prod([(t * (t - 1)).sum() for t in ties]) / (2 * n * (n - 1))
    threes = np.prod([(t * (t - 1) * (t - 2)).sum() for t in ties]) / (9 * n * (n - 1) * (n - 2))
    variance = (whole - each[0] - each[1]) / 18 + twos + threes
    return float(np.sqrt(variance / (pairs[0] * pairs[1])))


def tau_interval(taus: Taus, level: float) -> np.ndarray:
    """
    Return intervals of τ-b, (row, row, bound); NaN below three values.

    ± Student's quantile on Fisher's scale, where an error near ±1 is of one size. The delta method
    leaves out what falls with n², without which ten values with ties have intervals that cover less
    than 90 %. Where all found agree there is no error: then n / 2 pairs of values that share none
    say how often another pair may disagree.
    """
    from scipy.stats import t as student

    tau, error, n = taus
    tail, many = (1 - level) / 2, np.maximum(n, 3)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = 1 - tau**2
        half = student.ppf(1 - tail, many - 2) * np.sqrt(error**2 + 2 * rest / many**2) / rest
        middle = np.arctanh(tau)
        found = np.stack([np.tanh(middle - half), np.tanh(middle + half)], axis=-1)
    least = 2 * tail ** (2 / many) - 1
    all_agree, none_agrees = tau >= 1 - 1e-9, tau <= -1 + 1e-9
    found[all_agree] = np.stack([least, np.ones_like(least)], axis=-1)[all_agree]
    found[none_agrees] = np.stack([-np.ones_like(least), -least], axis=-1)[none_agrees]
    found[(n < 3) | np.isnan(tau)] = np.nan
    return found


def kendall_p_value(first: np.ndarray, second: np.ndarray, *, draws: int = 10_000) -> float:
    """
    Return the chance that a random order agrees, or disagrees, at least as much: τ-b (level,).

    Two-sided. Exact without ties; with ties exact for up to 8 levels, all orders of which are gone
    through, and of `draws` random orders, the given one among them, for more (Phipson and Smyth,
    Stat. Appl. Genet. Mol. Biol. 9, 39 (2010)).
    """
    n = first.size
    tied = any(np.unique(values).size < n for values in (first, second))
    if not tied and n <= _EXACT:
        from scipy.stats import kendalltau

        return float(kendalltau(first, second, method="exact").pvalue)
    found = abs(float(kendall(first, second)))
    if n <= _ALL_ORDERS:
        orders = np.array(list(permutations(range(n))))
        return float(np.mean(np.abs(kendall(first, second[orders])) >= found - 1e-9))
    rng = np.random.default_rng(0)
    at_once = max(1, 10**7 // n**2)
    reached = 1
    for start in range(1, draws, at_once):
        size = (min(at_once, draws - start), n)
        orders = rng.permuted(np.broadcast_to(np.arange(n), size), axis=1)
        reached += int((np.abs(kendall(first, second[orders])) >= found - 1e-9).sum())
    return reached / draws
