"""How likely rankings agree by chance: the exact distribution of Kendall's τ over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from infonb.validate import check_integer

__all__ = ["rank_p_value"]


def rank_p_value(taus: Sequence[float], n_levels: int) -> float:
    """
    Return the chance that random rankings agree, or disagree, at least as much as these on average.

    Intervals say too little of a few rankings of a few levels: τ has few values, and three seeds
    that all have 1/3 leave no spread at all.

    Parameters
    ----------
    taus
        Kendall's τ, one value per seed.
    n_levels
        How many levels were ranked, without ties.

    Returns
    -------
    float
        Two-sided, exact: over all orders of the levels, the same for each seed, independently.

    References
    ----------
    Kendall (1938), A new measure of rank correlation, Biometrika 30, 81.

    Examples
    --------
    >>> rank_p_value([1.0], 3)
    0.3333333333333333
    >>> round(rank_p_value([1.0, 1.0, 1.0], 5), 7)
    1.2e-06
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
