"""Bias and spread of the neighbour estimators over 200 repetitions, against exact values."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import digamma
from scipy.stats import norm

from infonb.measures.kernels.ksg import ksg_information
from infonb.measures.kernels.ross import ross_information

R, S, K = 200, 300, 3


def ksg(x, y, **options):
    rows = np.arange(len(x))
    return ksg_information(
        x.astype(np.float64), rows, rows, K, other=y.astype(np.float64), **options
    )[0]


def ross(x, classes):
    pairs = zip(x, classes, strict=True)
    return np.array([ross_information(a[None], c, K)[0][0] for a, c in pairs])


def is_near(values, exact, known=0.0, spread=0.08):
    """Check the mean to 4 standard errors around exact + known bias, and the spread."""
    deviation = values.std(ddof=1)
    error = 4 * deviation / np.sqrt(len(values))
    assert abs(values.mean() - exact - known) < error
    assert deviation < spread


def gaussian(rho, n_samples=S, seed=0):
    x, noise = np.random.default_rng(seed).normal(size=(2, R, n_samples))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


@pytest.mark.parametrize(
    ("rho", "known"), [(0.0, 0.0), (0.3, 0.0), (-0.6, 0.0), (0.9, 0.02), (0.99, 0.015)]
)
def test_gaussian(rho, known):
    x, y = gaussian(rho)
    is_near(ksg(x, y), -0.5 * np.log(1 - rho**2), known)


def test_spread_falls_with_the_root_of_the_samples():
    few, many = (ksg(*gaussian(0.5, n)).std() for n in (100, 900))
    assert few / many == pytest.approx(3, rel=0.25)


def test_bias_falls_with_the_samples():
    # uniform plus uniform noise: sharp borders of the joint density cost some samples each
    errors = []
    for n_samples in (100, 400, 1600):
        x, noise = np.random.default_rng(0).uniform(size=(2, R, n_samples))
        errors.append(ksg(x, x + noise).mean() - 0.5)
    assert errors[0] < errors[1] < errors[2] < 0
    assert errors[2] > -0.025


@pytest.mark.parametrize("width", [1.0, 0.5])
def test_uniform_with_uniform_noise(width):
    # H(x + w u) - log w, of a trapezoid
    x, noise = np.random.default_rng(0).uniform(size=(2, R, 1000))
    is_near(ksg(x, x + width * noise), width / 2 - np.log(width), -0.03)


def test_independent_uniform_and_heavy_tails():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(2, R, S))
    is_near(ksg(x, y), 0)
    is_near(ksg(rng.standard_cauchy((R, S)), y), 0)


def test_monotone_maps_change_the_estimate_little():
    x, y = gaussian(0.6)
    exact = -0.5 * np.log(1 - 0.36)
    assert ksg(np.exp(x), y**3).mean() == pytest.approx(exact, abs=0.06)


def test_scaling_both():
    x, y = gaussian(0.5)
    for factor in (2.0**-500, 2.0**500):
        np.testing.assert_array_equal(ksg(x * factor, y * factor), ksg(x, y))
    np.testing.assert_allclose(ksg(-x, y), ksg(x, y), atol=1e-12)


def test_other_k():
    x, y = gaussian(0.6)
    rows = np.arange(R)
    spreads = []
    for k in (1, 3, 10):
        values = ksg_information(x, rows, rows, k, other=y)[0]
        assert values.mean() == pytest.approx(-0.5 * np.log(1 - 0.36), abs=0.02)
        spreads.append(values.std())
    assert spreads[0] > spreads[1] > spreads[2]


def two_classes(distance):
    """Exact MI of a label and a Gaussian around -distance or distance."""

    def minus(z):
        density = 0.5 * norm.pdf(z - distance) + 0.5 * norm.pdf(z + distance)
        return -density * np.log(density)

    return quad(minus, -12, 12)[0] - 0.5 * np.log(2 * np.pi * np.e)


@pytest.mark.parametrize("distance", [0.0, 0.5, 1.0, 3.0])
def test_gaussians_of_two_classes(distance):
    rng = np.random.default_rng(0)
    classes = rng.integers(2, size=(R, S))
    x = rng.normal(size=(R, S)) + distance * (2 * classes - 1)
    is_near(ross(x, classes), two_classes(distance))


def test_uniform_of_several_classes():
    # Y uniform in [X, X + 2], X one of 0 .. 4 (Gao et al. 2017, section 5)
    rng = np.random.default_rng(0)
    classes = rng.integers(5, size=(R, S))
    x = classes + 2 * rng.uniform(size=(R, S))
    is_near(ross(x, classes), np.log(5) - 4 * np.log(2) / 5, -0.017)


def test_unequal_classes_are_independent_too():
    rng = np.random.default_rng(0)
    classes = (rng.uniform(size=(R, S)) < 0.05).astype(int)
    is_near(ross(rng.normal(size=(R, S)), classes), 0)


def test_a_continuous_variable_with_itself():
    x = np.random.default_rng(0).normal(size=(3, S))
    np.testing.assert_allclose(ksg(x, x), digamma(S) - digamma(K), atol=1e-12)
