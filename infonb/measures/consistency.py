"""What an estimate of a whole layer must satisfy whatever the layer: one function a check."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from infonb.measures.cases import Case
from infonb.measures.estimators.whole_layer import label_entropy

__all__ = ["CHECKS", "bit_information", "parity"]

#: How often a check that draws is repeated; its value is the mean.
_REPEATS = 2
#: How far apart the planted neuron is for the two values of its bit, in deviations, halved.
_APART = 2.0


def independence(case: Case) -> float:
    """Return the value for permuted labels, less that of knowing nothing."""
    rng = case.rng("independence")
    found = [
        case.measure(case.points, rng.permutation(case.classes)) - case.nothing
        for _ in range(_REPEATS)
    ]
    return abs(float(np.mean(found)))


def data_processing(case: Case) -> float:
    """Return how much more is known from the layer with noise than from the layer."""
    rng = case.rng("data processing")
    deviation = case.points.std(axis=0).mean()
    found = [
        case.measure(case.points + deviation * rng.normal(size=case.points.shape), case.classes)
        for _ in range(_REPEATS)
    ]
    return _more(case, float(np.mean(found)))


def fewer_neurons(case: Case) -> float:
    """Return how much more is known from half of the neurons than from all of them."""
    width = case.points.shape[1]
    if width < 2:
        return 0.0
    rng = case.rng("fewer neurons")
    found = []
    for _ in range(_REPEATS):
        some = rng.choice(width, width // 2, replace=False)
        found.append(case.measure(case.points[:, some], case.classes))
    return _more(case, float(np.mean(found)))


def _more(case: Case, other: float) -> float:
    """Return how much more another value knows."""
    return (other - case.value) * (1.0 if case.nothing == 0.0 else -1.0)


def additivity(case: Case) -> float:
    """Return what is missing when a neuron is added that tells a bit beside the label."""
    rng, strength = case.rng("additivity"), _typical(case.points) / np.sqrt(1 + _APART**2)
    found = []
    for _ in range(_REPEATS):
        bit = rng.permutation(np.arange(len(case.classes)) % 2)
        signal = strength * (_APART * (2 * bit - 1) + rng.normal(size=len(bit)))
        both = case.measure(np.column_stack([case.points, signal]), 2 * case.classes + bit)
        found.append(both - case.value - bit_information(_APART))
    return abs(float(np.mean(found)))


def parity(case: Case) -> float:
    """Return which share is seen of a bit: the sign of the product of two added neurons."""
    rng, strength = case.rng("parity"), _typical(case.points)
    found = []
    for _ in range(_REPEATS):
        pair = rng.normal(size=(len(case.classes), 2))
        bit = (pair[:, 0] * pair[:, 1] > 0).astype(int)
        found.append(case.measure(np.column_stack([case.points, strength * pair]), bit))
    return float(np.clip(np.mean(found) / np.log(2), 0.0, 1.0))


def _typical(points: np.ndarray) -> float:
    """Return the deviation along a direction of the layer, of which strong ones count more."""
    variance = np.linalg.eigvalsh(np.atleast_2d(np.cov(points.T)))
    total = float(variance.sum())
    return float(np.sqrt((variance**2).sum() / total)) if total > 0 else 1.0


def bit_information(apart: float) -> float:
    """Return what a normal variable of deviation 1 tells of a bit, at -apart and apart, in nats."""
    from scipy.integrate import quad
    from scipy.stats import norm

    def each(x: float) -> float:
        return float(norm.pdf(x - apart) * (np.log(2) - np.logaddexp(0, -2 * apart * x)))

    return float(quad(each, apart - 12, apart + 12)[0])


def at_most_entropy(case: Case) -> float:
    """Return by how much the value is above the entropy of the label."""
    return max(case.value - label_entropy(case.classes), 0.0)


def more_samples(case: Case) -> float:
    """Return how much the value has changed since half of the samples: as much may be to come."""
    rng, n = case.rng("more samples"), len(case.classes)
    found = []
    for _ in range(_REPEATS):
        some = np.sort(rng.choice(n, n // 2, replace=False))
        found.append(case.measure(case.points[some], case.classes[some]))
    return abs(case.value - float(np.mean(found)))


def narrow(case: Case) -> float:
    """Return the half width of the interval."""
    return float(case.interval[1] - case.interval[0]) / 2


#: Of each estimator, the checks in the order in which they are told: name and function.
CHECKS: dict[str, dict[str, Callable[[Case], float]]] = {
    "latent": {
        "independence": independence,
        "data_processing": data_processing,
        "fewer_neurons": fewer_neurons,
        "additivity": additivity,
        "at_most_entropy": at_most_entropy,
        "more_samples": more_samples,
        "narrow": narrow,
    },
    "sliced": {
        "independence": independence,
        "data_processing": data_processing,
        "at_most_entropy": at_most_entropy,
        "more_samples": more_samples,
        "narrow": narrow,
    },
    "imbalance": {
        "independence": independence,
        "data_processing": data_processing,
        "more_samples": more_samples,
        "narrow": narrow,
    },
    "matrix_entropy": {
        "more_samples": more_samples,
        "narrow": narrow,
    },
}
