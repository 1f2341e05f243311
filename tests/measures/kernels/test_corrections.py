import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import digamma

from infonb.measures.kernels import corrections as _corrections
from infonb.measures.kernels.corrections import entropy_of_counts

CORRECTIONS = ["miller-madow", "grassberger", "chao-shen"]


def plain_plug_in(counts):
    total = sum(counts)
    return -sum(n / total * math.log(n / total) for n in counts if n)


def plain_miller_madow(counts):
    filled = sum(n > 0 for n in counts)
    return plain_plug_in(counts) + (filled - 1) / (2 * sum(counts))


@cache
def grassberger_g(n):
    """G by its recursion: G(1) = -gamma - log 2, G(2) = G(1) + 2, G(n + 2) = G(n) + 2 / n, ..."""
    if n == 1:
        return -np.euler_gamma - math.log(2)
    if n % 2:
        return grassberger_g(n - 1)
    return 2 - np.euler_gamma - math.log(2) + sum(2 / (2 * k + 1) for k in range(1, n // 2))


def plain_grassberger(counts):
    total = sum(counts)
    return math.log(total) - sum(n * grassberger_g(n) for n in counts if n) / total


def plain_chao_shen(counts):
    total, alone = sum(counts), sum(n == 1 for n in counts)
    if alone == total:
        alone -= 1
    entropy = 0.0
    for n in counts:
        share = (1 - alone / total) * n / total
        if n:
            entropy -= share * math.log(share) / (1 - (1 - share) ** total)
    return entropy


PLAIN = {
    None: plain_plug_in,
    "miller-madow": plain_miller_madow,
    "grassberger": plain_grassberger,
    "chao-shen": plain_chao_shen,
}


@pytest.mark.parametrize("corrected", PLAIN)
@settings(max_examples=50, deadline=None)
@given(
    arrays(np.int64, (3, 6), elements=st.integers(0, 3) | st.integers(0, 2000)).map(
        lambda counts: counts + (counts.sum(1, keepdims=True) == 0)
    )
)
def test_equals_plain_loops(corrected, counts):
    expected = [PLAIN[corrected](row) for row in counts.tolist()]
    np.testing.assert_allclose(entropy_of_counts(counts, corrected), expected, atol=1e-12)


def test_grassberger_is_the_published_formula():
    # equation 28: digamma(n) + (-1)^n times the integral of x^(n-1) / (1 + x) from 0 to 1
    x = (np.arange(200_000) + 0.5) / 200_000
    for n in (1, 2, 3, 10, 11):
        integral = (x ** (n - 1) / (1 + x)).mean()
        assert grassberger_g(n) == pytest.approx(digamma(n) + (-1) ** n * integral, abs=1e-9)


@pytest.mark.parametrize("corrected", [None, "miller-madow", "chao-shen"])
@pytest.mark.parametrize("n", [1, 2, 1000])
def test_one_full_bin_is_exactly_zero(corrected, n):
    h = entropy_of_counts(np.array([0, n, 0]), corrected)
    assert h == 0
    assert not np.signbit(h)


@pytest.mark.parametrize("n", [10, 1000])
def test_one_full_bin_after_grassberger_is_nearly_zero(n):
    assert abs(entropy_of_counts(np.array([0, n, 0]), "grassberger")) < 0.6 / n**2


def test_uniform_counts():
    counts = np.full((2, 7), 5000)
    assert entropy_of_counts(counts)[0] == pytest.approx(np.log(7), abs=1e-15)
    for corrected in CORRECTIONS:
        assert entropy_of_counts(counts, corrected)[1] == pytest.approx(np.log(7), abs=2e-4)


def test_all_alone():
    h = entropy_of_counts(np.ones(50, int), "chao-shen")
    assert np.isfinite(h)
    assert h > np.log(50)


DISTRIBUTIONS = {
    "uniform": np.full(100, 0.01),
    "geometric": 0.9 ** np.arange(100) / (0.9 ** np.arange(100)).sum(),
    "zipf": 1 / np.arange(1, 101) / (1 / np.arange(1, 101)).sum(),
}


@pytest.mark.parametrize("n_samples", [40, 100, 300])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_corrections_have_less_bias_than_plug_in(name, n_samples):
    share = DISTRIBUTIONS[name]
    exact = -(share * np.log(share)).sum()
    counts = np.random.default_rng(0).multinomial(n_samples, share, size=200)
    plug_in = entropy_of_counts(counts)
    bias = plug_in.mean() - exact
    assert bias < -0.05
    for corrected in CORRECTIONS:
        error = entropy_of_counts(counts, corrected) - exact
        assert abs(error.mean()) < 0.75 * abs(bias), corrected
        # what the correction adds in variance is less than what it takes from the bias
        assert (error**2).mean() < 0.75 * ((plug_in - exact) ** 2).mean(), corrected


def test_many_rows_are_taken_in_blocks(monkeypatch):
    counts = np.random.default_rng(1).integers(0, 5, (2, 30, 10)) + 1
    whole = entropy_of_counts(counts, "grassberger")
    assert whole.shape == (2, 30)
    monkeypatch.setattr(_corrections, "_CELLS", 70)
    np.testing.assert_array_equal(entropy_of_counts(counts, "grassberger"), whole)


def test_unknown_correction():
    with pytest.raises(ValueError, match="Did you mean 'miller-madow'"):
        entropy_of_counts(np.ones(3, int), "miller_madow")
