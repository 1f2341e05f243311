"""The estimator for mixtures: plain loop, exact values, and the examples of its paper."""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad
from scipy.special import digamma, gammaln
from scipy.stats import norm

import infonb as inb
from infonb.measures.kernels.ksg import ksg_information

R, S, K = 200, 300, 3


def loop(x, y, k):
    """The released code of Gao, Kannan, Oh and Viswanath."""
    total = 0.0
    for i in range(len(x)):
        dx, dy = np.abs(x - x[i]), np.abs(y - y[i])
        d = np.sort(np.maximum(dx, dy))[k]
        tilde = k if d > 0 else (np.maximum(dx, dy) == 0).sum()
        nx, ny = ((side < d).sum() if d > 0 else (side == 0).sum() for side in (dx, dy))
        total += digamma(tilde) - digamma(nx) - digamma(ny)
    return np.log(len(x)) + total / len(x)


def mixture(x, y):
    rows = np.arange(len(x))
    x, y = x.astype(np.float64), y.astype(np.float64)
    return ksg_information(x, rows, rows, K, other=y, mixed=True)[0]


def is_near(values, exact, least=0.0, most=0.0):
    """Check that the mean is the exact value plus a bias in a range, to 4 standard errors."""
    error = 4 * values.std(ddof=1) / np.sqrt(len(values))
    assert least - error < values.mean() - exact < most + error
    assert values.std() < 0.08


@pytest.mark.parametrize("kind", ["normal", "relu", "whole", "mixed"])
@pytest.mark.parametrize("k", [1, 3, 8])
@pytest.mark.filterwarnings("ignore:Neighbours on a grid")
def test_equals_plain_loop(kind, k):
    x, y = np.random.default_rng(0).normal(size=(2, 90))
    y += x
    if kind == "relu":
        x, y = np.maximum(x, 0), np.maximum(y, 0)
    if kind == "whole":
        x, y = np.round(x), np.round(2 * y)
    if kind == "mixed":
        x = np.where(x > 0, np.round(x), x)
    acts = xr.DataArray([x, y], dims=("neuron", "sample"))
    mi = inb.mutual_information(acts, estimator="mixture", k=k)
    assert float(mi[0, 1]) == pytest.approx(loop(x, y, k), abs=1e-12)
    assert mi.attrs["estimator"] == "mixture"


def test_without_ties_it_is_ksg():
    acts = xr.DataArray(np.random.default_rng(0).normal(size=(4, S)), dims=("neuron", "sample"))
    difference = inb.mutual_information(acts, estimator="mixture") - inb.mutual_information(acts)
    np.testing.assert_allclose(difference, np.log(S) - digamma(S), atol=1e-12)
    assert np.log(S) - digamma(S) == pytest.approx(1 / (2 * S), rel=0.01)


def relu_pair(rho):
    """Exact MI of the positive parts of two Gaussians: an atom, two lines and a density."""
    s = np.sqrt(1 - rho**2)
    t, w = np.polynomial.legendre.leggauss(200)
    y, w = 4 * (t + 1), 4 * w
    off = norm.cdf(-rho * y / s)
    line = np.sum(w * norm.pdf(y) * off * np.log(2 * off))
    x = y[:, None]
    joint = np.exp(-(x**2 - 2 * rho * x * y + y**2) / (2 * s**2)) / (2 * np.pi * s)
    ratio = -np.log(s) - (rho**2 * (x**2 + y**2) - 2 * rho * x * y) / (2 * s**2)
    both_off = 0.25 + np.arcsin(rho) / (2 * np.pi)
    return both_off * np.log(4 * both_off) + 2 * line + np.sum(w[:, None] * w * joint * ratio)


@pytest.mark.parametrize(("rho", "most"), [(0.0, 0.06), (0.3, 0.05), (0.6, 0.035), (0.9, 0.025)])
def test_relu_of_gaussians(rho, most):
    x, noise = np.random.default_rng(0).normal(size=(2, R, S))
    y = rho * x + np.sqrt(1 - rho**2) * noise
    # a bias that the docstring tells of; KSG is 1 to 2 nats too low
    is_near(mixture(np.maximum(x, 0), np.maximum(y, 0)), relu_pair(rho), 0, most)


@pytest.mark.parametrize("m", [2, 5, 10])
def test_uniform_of_a_whole_number(m):
    # section 5, experiment I of the paper: H(Y) - log 2 of a density with two half steps
    rng = np.random.default_rng(0)
    x = rng.integers(m, size=(R, S))
    y = x + 2 * rng.uniform(size=(R, S))
    exact = np.log(m) - (m - 1) * np.log(2) / m
    is_near(mixture(x, y), exact, -0.004 * m, 0.004)


def poisson(off):
    """
    Exact MI of X ~ Exp(1) and Y: 0 with probability `off`, else Poisson(X).

    The paper gives (1 - off) (2 log 2 - gamma - sum_k log(k) / 2^k), which holds where Y tells
    whether it was switched off; a Poisson number may be 0 too, so that the MI is less.
    """
    k = np.arange(120)
    p = (1 - off) * 0.5 ** (k + 1.0)
    p[0] += off

    def conditional(x):
        q = (1 - off) * np.exp(k * np.log(x) - x - gammaln(k + 1))
        q[0] += off
        q = q[q > 0]
        return -np.sum(q * np.log(q)) * np.exp(-x)

    return -np.sum(p * np.log(p)) - quad(conditional, 0, 60, limit=200)[0]


@pytest.mark.parametrize("off", [0.0, 0.3, 0.6])
def test_zero_inflated_poisson(off):
    k = np.arange(1, 60)
    bound = (1 - off) * (2 * np.log(2) - np.euler_gamma - np.sum(np.log(k) / 2.0**k))
    if off == 0:
        assert poisson(0) == pytest.approx(bound, abs=1e-9)
    else:
        assert poisson(off) < bound
    rng = np.random.default_rng(0)
    x = rng.exponential(size=(R, S))
    y = np.where(rng.uniform(size=(R, S)) < off, 0, rng.poisson(x))
    is_near(mixture(x, y), poisson(off), -0.005, 0.015)


def test_discrete_pairs():
    joint = np.array([[0.30, 0.10, 0.05], [0.05, 0.20, 0.05], [0.05, 0.05, 0.15]])
    exact = np.sum(joint * np.log(joint / np.outer(joint.sum(1), joint.sum(0))))
    cell = np.random.default_rng(0).choice(9, p=joint.ravel(), size=(R, S))
    is_near(mixture(cell // 3, cell % 3), exact, 0, 0.007)
    # far from one another or not, and in whatever order
    np.testing.assert_allclose(
        mixture(np.array([7, -900, 8])[cell // 3], cell % 3),
        mixture(cell // 3, cell % 3),
        atol=0.02,
    )


def test_constant_and_equal():
    x = np.repeat([0.0, 1.0, 5.0, 6.0], 25)
    acts = xr.DataArray([x, x, np.ones(100)], dims=("neuron", "sample"))
    mi = inb.mutual_information(acts, estimator="mixture")
    # of a discrete variable with itself: about its entropy
    assert float(mi[0, 1]) == pytest.approx(np.log(100) - digamma(25), abs=1e-12)
    assert float(mi[0, 1]) == pytest.approx(np.log(4), abs=0.03)
    assert (mi[2] == 0).all()
