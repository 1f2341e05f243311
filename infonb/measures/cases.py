"""One layer with what measures it: the same for every estimator of whole layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from infonb.measures.estimators.whole_layer import label_entropy
from infonb.measures.layer_information import chosen, summarized
from infonb.measures.layers import generator
from infonb.measures.matrix_entropy import spectral_entropy

__all__ = ["Case", "case_of", "imbalance_to_label"]

#: Halves of the samples, from which the interval is of an estimator that has none of its own.
_HALVES = 12

Measure = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Case:
    """One layer, its classes, and what measures it."""

    points: np.ndarray
    """(sample, neuron)"""
    classes: np.ndarray
    """(sample,)"""
    measure: Measure
    """Of points and classes."""
    scale: float
    """What a tolerance is a share of."""
    most: float
    """No value is above."""
    nothing: float
    """The value where nothing is known."""
    interval: tuple[float, float]
    seed: int

    @cached_property
    def value(self) -> float:
        """That of all samples; it may be above the most by what the estimator is wrong."""
        return self.measure(self.points, self.classes)

    def rng(self, check: str) -> np.random.Generator:
        """Return the random numbers of a check."""
        return generator(self.seed, check)


def case_of(
    points: np.ndarray, classes: np.ndarray, estimator: str, n_slices: int, k: int, level: float,
    seed: int,
) -> Case:  # fmt: skip
    """Return a layer with what measures it, and the interval of the estimator itself."""
    if estimator in ("latent", "sliced"):
        of_layer = chosen(estimator, n_slices, k, seed)
        low, high = summarized(of_layer, points, classes, 2, level)["interval"]
        entropy = label_entropy(classes)

        def information(points: np.ndarray, classes: np.ndarray) -> float:
            return float(of_layer(points, classes, 0).pointwise.mean())

        interval = float(low), float(high)
        return Case(points, classes, information, entropy, entropy, 0.0, interval, seed)
    if estimator == "imbalance":

        def imbalance(points: np.ndarray, classes: np.ndarray) -> float:
            return imbalance_to_label(points, classes, k)

        interval = _by_halves(points, classes, imbalance, level, seed)
        return Case(points, classes, imbalance, 1.0, np.inf, 1.0, interval, seed)

    def entropy_of(points: np.ndarray, classes: np.ndarray) -> float:
        return spectral_entropy(points)

    # of an entropy a share of 1 nat: 0.1 of it is a tenth of the number of directions
    interval = _by_halves(points, classes, entropy_of, level, seed)
    return Case(points, classes, entropy_of, 1.0, np.inf, 0.0, interval, seed)


def imbalance_to_label(points: np.ndarray, classes: np.ndarray, k: int) -> float:
    """Return the share of other labels among the k nearest, over that expected by chance."""
    from infonb.measures.kernels.neighbour_ranks import nearest, neighbours, ranks_among

    n, size = len(classes), np.bincount(classes)
    around = neighbours(points)
    ranks = ranks_among(around.order, around.tie, np.arange(n, dtype=np.int32))
    start, index, weight = nearest(ranks, k)
    own = np.repeat(np.arange(n), np.diff(start))
    other = (weight * (classes[index] != classes[own])).sum() / (n * k)
    return float(other / ((n - size[classes]) / (n - 1)).mean())


def _by_halves(
    points: np.ndarray, classes: np.ndarray, measure: Measure, level: float, seed: int
) -> tuple[float, float]:
    """Return the interval from the deviation of halves of the samples around the value of all."""
    from scipy.stats import t

    rng, n = generator(seed, "intervals"), len(classes)
    halves = [rng.choice(n, n // 2, replace=False) for _ in range(_HALVES)]
    values = [measure(points[half], classes[half]) for half in halves]
    wide = t.ppf((1 + level) / 2, _HALVES - 1) * np.std(values, ddof=1)
    wide *= np.sqrt((n // 2) / (n - n // 2))  # as many were left out as taken, or one more
    middle = measure(points, classes)
    return middle - wide, middle + wide
