"""Information of a whole layer about classes: from many directions, or of what predicts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from infonb.measures.estimators.cross_predicted import cross_predicted, halves
from infonb.measures.layers import generator
from infonb.measures.projections import directions

__all__ = ["Latent", "Measured", "Sliced", "WholeLayer", "label_entropy"]


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
        rng = generator(self.seed, "null")
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

        rng = generator(self.seed, "halves")
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


def label_entropy(classes: np.ndarray) -> float:
    """Return the entropy of classes by their counts, in nats."""
    share = np.bincount(classes) / len(classes)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())
