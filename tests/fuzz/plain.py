"""The measures of one or two rows as plain numpy, a value for each sample.

What the fuzz compares with: free of the package, from the formulas, on float64 numbers.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.special import digamma


def codes(values, low, high, bins):
    """The bins of numpy.linspace; of bins no wider than 2^16 spacings those of exact fractions."""
    values = np.asarray(values, np.float64)
    if low == high:
        return np.full(len(values), bins - 1)
    step = (high - low) / bins
    rounding = np.spacing(max(abs(low), abs(high)))
    if step < np.finfo(float).tiny:
        rounding += bins * 5e-324
    if step < 2**16 * rounding:
        low, width = Fraction(low), Fraction(high) - Fraction(low)
        return np.array(
            [min(int((Fraction(float(v)) - low) * bins / width), bins - 1) for v in values]
        )
    return given_codes(values, np.linspace(low, high, bins + 1))


def given_codes(values, edges):
    """The last bin whose left edge is not above a value; the greatest value is in the last bin."""
    left = np.asarray(edges)[:-1]
    return (left[:, None] <= np.asarray(values, np.float64)).sum(axis=0) - 1


def surprise(of):
    """-log of the share of the samples that are in the same bin, or pair of bins."""
    of = np.atleast_2d(of)
    alike = (of[:, :, None] == of[:, None, :]).all(axis=0)
    return -np.log(alike.mean(axis=0))


def binned(x_codes, y_codes):
    joint = np.stack([x_codes, y_codes])
    return surprise(x_codes) + surprise(y_codes) - surprise(joint)


def distances(values):
    values = np.asarray(values, np.float64)
    return np.abs(values[:, None] - values)


def of_classes(classes):
    """Classes are equally far apart, further than any two numbers."""
    classes = np.asarray(classes)
    return np.where(classes[:, None] == classes, 0.0, np.inf)


def others(matrix):
    """Each row without the sample itself, sorted."""
    n = len(matrix)
    return np.sort(matrix[~np.eye(n, dtype=bool)].reshape(n, n - 1), axis=1)


def knn(x, k):
    radius = others(distances(x))[:, k - 1]
    with np.errstate(divide="ignore"):
        return digamma(len(x)) - digamma(k) + np.log(2) + np.log(radius)


def nearer(matrix, radius):
    """How many samples are strictly nearer, itself included; at radius 0 those of its value."""
    near = np.where(radius[:, None] > 0, matrix < radius[:, None], matrix == 0)
    return near.sum(axis=1)


def neighbours(x, y, k, *, mixed):
    """KSG, or of mixtures, from distances (sample, sample) in x and in y."""
    n = len(x)
    if not x.any() or not y.any():
        return np.zeros(n)
    both = np.maximum(x, y)
    radius = others(both)[:, k - 1]
    near = np.where((radius == 0) & mixed, (both == 0).sum(axis=1), k)
    whole = np.log(n) if mixed else digamma(n)
    return whole + digamma(near) - digamma(nearer(x, radius)) - digamma(nearer(y, radius))


def ross(x, classes, k, *, mixed):
    """Of a neuron and classes; samples alone in their class are left out of all but the mean."""
    x, classes = np.asarray(x, np.float64), np.asarray(classes)
    n, found = len(x), np.zeros(len(x))
    sizes = np.array([(classes == c).sum() for c in classes])
    kept = sizes > 1
    x, classes, sizes = x[kept], classes[kept], sizes[kept]
    if len(set(classes.tolist())) < 2 or len(set(x.tolist())) < 2:
        return found
    gaps, alike = distances(x), of_classes(classes)
    values = np.empty(len(x))
    for s in range(len(x)):
        near = min(k, sizes[s] - 1)
        radius = np.sort(np.delete(np.maximum(gaps, alike)[s], s))[near - 1]
        m = (gaps[s] < radius).sum() if radius > 0 else (gaps[s] == 0).sum()
        if mixed and radius == 0:
            near = ((gaps[s] == 0) & (alike[s] == 0)).sum()
        values[s] = digamma(near) - digamma(sizes[s]) - digamma(m)
    values += np.log(len(x)) if mixed else digamma(len(x))
    found[kept] = values * n / len(x)
    return found
