"""What predicts the classes of points: ridge regression on the other half, linear or Gaussian."""

from __future__ import annotations

import numpy as np

__all__ = ["cross_predicted", "halves"]

#: Penalties that are tried, of kernels whose mean of the diagonal is 1.
_PENALTIES = np.logspace(-5, 2, 15)


def halves(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which half a sample is in, (sample,) bool: half of each class, one more or less."""
    order = np.lexsort((rng.random(len(classes)), classes))
    half = np.empty(len(classes), bool)
    half[order] = np.arange(len(classes)) % 2 == 1
    return half


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
    scale = float(np.sqrt((fit**2).sum(axis=1).mean())) or 1.0
    fit, held_out = fit / scale, held_out / scale
    # linear: the singular values are known of the narrower side
    vectors, singular, _ = np.linalg.svd(fit, full_matrices=False)
    error, weights = _ridge(singular**2, vectors, targets)
    gram, other = _gaussian(fit, fit), _gaussian(held_out, fit)
    mean = gram.mean(axis=0)
    gram = gram - mean - mean[:, None] + mean.mean()
    curved, its_weights = _ridge(*np.linalg.eigh(gram), targets)
    if error <= curved:
        return held_out @ (fit.T @ weights)
    return (other - mean - other.mean(axis=1, keepdims=True) + mean.mean()) @ its_weights


def _gaussian(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return exp(-d²/2) of points whose mean square length is 1, and of distances so 2."""
    squared = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    return np.exp(-0.5 * squared)


def _ridge(
    values: np.ndarray, vectors: np.ndarray, targets: np.ndarray
) -> tuple[float, np.ndarray]:
    """
    Return the least leave-one-out error of all penalties, and the weights (point, class).

    Of a kernel's eigenvalues and eigenvectors; those of value 0 may be left out.
    """
    values = np.clip(values, 0.0, None)
    inner, squares = vectors.T @ targets, vectors**2
    best, weights = np.inf, np.zeros_like(targets)
    for penalty in _PENALTIES * max(float(values.sum()) / len(targets), 1e-300):
        shrunk = values / (values + penalty)
        left = targets - vectors @ (shrunk[:, None] * inner)
        # the constant is fitted, too, which takes 1 / n of each point
        loose = np.maximum(1.0 - squares @ shrunk - 1.0 / len(targets), 1e-6)
        error = float(((left / loose[:, None]) ** 2).mean())
        if error < best:
            best, weights = error, vectors @ (inner / (values + penalty)[:, None])
    return best, weights
