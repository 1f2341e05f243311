"""Places in an order, and how two orders agree: of models (model, seed), and of their draws."""

from __future__ import annotations

import math

import numpy as np

from infonb.claims.bootstrap import bootstrap_interval
from infonb.memorization.kendall import kendall, kendall_p_value

__all__ = ["Agreement", "intervals", "ranks"]


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return places along the first axis, 1 for the highest, means for equal ones; NaN for NaN."""
    from scipy.stats import rankdata

    return rankdata(-scores, axis=0, nan_policy="omit")


def intervals(draws: np.ndarray, n_seeds: int) -> np.ndarray:
    """Return 95 % intervals of draws (..., draw) → (..., bound); NaN of NaN."""
    found = np.full((*draws.shape[:-1], 2), np.nan)
    for at in np.ndindex(draws.shape[:-1]):
        if np.isfinite(draws[at]).all():
            found[at] = bootstrap_interval(draws[at], n_seeds)
    return found


class Agreement:
    """
    Kendall's τ of scores and metric (model, seed), both higher for better models.

    NaN where all scores, or all metrics, are equal: that is no order with which one could agree.
    """

    def __init__(self, scores: np.ndarray, metric: np.ndarray) -> None:
        self.there = np.isfinite(scores).all(axis=1) & np.isfinite(metric).all(axis=1)
        if self.there.sum() < 2:
            raise ValueError(
                f"the metric is finite for {int(self.there.sum())} of the ranked models; two "
                "orders can be compared for at least two."
            )
        self._both = scores[self.there], metric[self.there]

    @property
    def of_means(self) -> tuple[float, float]:
        """τ of the means over seeds, and its p-value."""
        first, second = (values.mean(axis=1) for values in self._both)
        if _all_equal(first) or _all_equal(second):
            return math.nan, math.nan
        return float(kendall(first, second)), kendall_p_value(first, second)

    @property
    def of_seeds(self) -> np.ndarray:
        """τ of each seed, (seed,)."""
        no_order = _all_equal(self._both[0]) | _all_equal(self._both[1])
        return np.where(no_order, np.nan, kendall(*(values.T for values in self._both)))

    def of_draws(self, scores: np.ndarray, metric: np.ndarray) -> np.ndarray:
        """Return τ of each draw of both, (model, draw) → (draw,); 0 where a draw has no order."""
        taus = kendall(*(values[self.there].T for values in (scores, metric)))
        return taus if math.isfinite(self.of_means[0]) else taus * np.nan


def _all_equal(values: np.ndarray) -> np.ndarray:
    """Return whether all models (model, ...) have the same value."""
    return np.ptp(values, axis=0) == 0
