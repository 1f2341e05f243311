"""Mutual information of a whole layer with classes: seen from directions, or by what predicts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from infonb.measures.projections import directions

__all__ = ["ESTIMATORS", "Latent", "Measured", "Sliced", "WholeLayer", "label_entropy"]


class Measured(NamedTuple):
    """What an estimator finds in one layer."""

    pointwise: np.ndarray  # (sample,) in nats; the mean is the information
    more: float  # variance of the mean beside that of samples
    null: np.ndarray  # (draw,) with permuted labels


class WholeLayer(Protocol):
    """What estimates the information of points (sample, neuron) and classes (sample,)."""

    def __call__(self, points: np.ndarray, classes: np.ndarray, draws: int) -> Measured:
        """Return the values of one layer."""


@dataclass(frozen=True)
class Sliced:
    """The mean over random directions of the information of the layer's projection."""

    k: int
    slices: int
    seed: int

    def __call__(self, points: np.ndarray, classes: np.ndarray, draws: int) -> Measured:
        """Return the values of one layer."""
        from infonb.measures.kernels.ross import ross_information

        seen = np.ascontiguousarray(
            (points @ directions(points.shape[1], self.slices, self.seed)).T
        )
        found, _ = ross_information(seen, classes, self.k, mixed=True, pointwise=True)
        rng = np.random.default_rng(self.seed)
        null = [
            ross_information(seen, rng.permutation(classes), self.k, mixed=True)[0].mean()
            for _ in range(draws)
        ]
        spread = found.mean(axis=1).var(ddof=1) / self.slices if self.slices > 1 else 0.0
        return Measured(found.mean(axis=0), float(spread), np.array(null))


@dataclass(frozen=True)
class Latent:
    """The information of what predicts the label, learnt on the other half of the samples."""

    k: int
    seed: int

    def __call__(self, points: np.ndarray, classes: np.ndarray, draws: int) -> Measured:
        """Return the values of one layer."""
        from infonb.measures.kernels.ross_points import distances, ross_of_points

        rng = np.random.default_rng(self.seed)
        half = halves(classes, rng)
        found, null = np.zeros(len(classes)), np.zeros(draws)
        for side in (False, True):
            fit, held_out = half != side, half == side
            scores = cross_predicted(points[fit], classes[fit], points[held_out])
            apart, own = distances(scores), classes[held_out]
            found[held_out] = ross_of_points(apart, own, self.k)
            share = held_out.mean()
            for draw in range(draws):
                null[draw] += share * ross_of_points(apart, rng.permutation(own), self.k).mean()
        return Measured(found, 0.0, null)


def halves(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which half a sample is in, (sample,) bool: half of each class, one more or less."""
    order = np.lexsort((rng.random(len(classes)), classes))
    half = np.empty(len(classes), bool)
    half[order] = np.arange(len(classes)) % 2 == 1
    return half


#: Penalties that are tried, of kernels whose mean of the diagonal is 1.
_PENALTIES = np.logspace(-5, 2, 15)


def cross_predicted(fit: np.ndarray, classes: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """
    Return what is predicted of the classes of held-out points: (m, neuron) → (m, class).

    Ridge regression of the classes on the points, linear or with a Gaussian kernel, whichever has
    the lower leave-one-out error on the points that are fitted, with the penalty that has.
    """
    targets = np.eye(int(classes.max()) + 1)[classes]
    targets = targets[:, targets.any(axis=0)]
    targets = targets - targets.mean(axis=0)
    middle = fit.mean(axis=0)
    fit, held_out = fit - middle, held_out - middle
    scale = np.sqrt((fit**2).sum(axis=1).mean()) or 1.0
    fit, held_out = fit / scale, held_out / scale
    best, scores = np.inf, np.zeros((len(held_out), targets.shape[1]))
    for kernel in (_linear, _gaussian):
        own, other = kernel(fit, fit), kernel(held_out, fit)
        mean = own.mean(axis=0)
        other = other - mean - other.mean(axis=1, keepdims=True) + mean.mean()
        own = own - mean - mean[:, None] + mean.mean()
        error, weights = _ridge(own, targets)
        if error < best:
            best, scores = error, other @ weights
    return scores


def _linear(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    return points @ others.T


def _gaussian(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return exp(-d²/2): points have a mean square length of 1, and so distances one of 2."""
    squared = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    return np.exp(-0.5 * squared)


def _ridge(gram: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the least leave-one-out error of all penalties, and the weights (point, class)."""
    values, vectors = np.linalg.eigh(gram)
    values = np.clip(values, 0.0, None)
    inner, squares = vectors.T @ targets, vectors**2
    best, weights = np.inf, np.zeros_like(targets)
    for penalty in _PENALTIES * max(float(values.sum()) / len(values), 1e-300):
        shrunk = values / (values + penalty)
        left = targets - vectors @ (shrunk[:, None] * inner)
        # the constant is fitted, too, which takes 1 / n of each point
        loose = np.maximum(1.0 - squares @ shrunk - 1.0 / len(targets), 1e-6)
        error = float(((left / loose[:, None]) ** 2).mean())
        if error < best:
            best, weights = error, vectors @ (inner / (values + penalty)[:, None])
    return best, weights


def label_entropy(classes: np.ndarray) -> float:
    """Return the entropy of classes by their counts, in nats."""
    share = np.bincount(classes) / len(classes)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())
