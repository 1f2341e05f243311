"""Layers whose information about a label is known."""

import numpy as np
import xarray as xr


def layer(points):
    """Points (neuron, sample) as a layer."""
    return xr.DataArray(np.asarray(points), dims=("neuron", "sample"))


def two_classes(apart, width, n, seed=0):
    """Normal values in all neurons; the first is `apart` from 0 for one class, -apart for other."""
    rng = np.random.default_rng(seed)
    label = rng.integers(2, size=n)
    points = rng.normal(size=(width, n))
    points[0] += apart * (2 * label - 1)
    return layer(points), label


def parity(width, n, seed=0):
    """Normal values in all neurons; the label is the sign of the product of the first two."""
    points = np.random.default_rng(seed).normal(size=(width, n))
    return layer(points), (points[0] * points[1] > 0).astype(int)


def told_in_sample(acts, label, apart):
    """The mean over the samples of what the first neuron of two such classes tells of each."""
    score = 2 * apart * acts.values[0] * (2 * label - 1)
    return float((np.log(2) - np.logaddexp(0, -score)).mean())


def normal_information(apart):
    """What a normal variable tells of one of two equally likely classes, by a sum over a grid."""
    x = np.linspace(-apart - 10, apart + 10, 20_001)
    low, high = (np.exp(-((x - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (-apart, apart))
    both = (low + high) / 2
    kept = both > 1e-300

    def entropy(density):
        there = density > 1e-300
        return -(density[there] * np.log(density[there])).sum() * (x[1] - x[0])

    return entropy(both[kept]) - 0.5 * (1 + np.log(2 * np.pi))


def sliced_information(apart, width, number=2_000):
    """The mean of that over directions that are uniform on the sphere."""
    rng = np.random.default_rng(0)
    turned = rng.normal(size=(number, width))
    along = abs(turned[:, 0]) / np.sqrt((turned**2).sum(axis=1))
    grid = np.linspace(0, 1, 30)
    values = [normal_information(apart * share) for share in grid]
    return np.interp(along, grid, values).mean()
