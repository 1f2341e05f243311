"""(n, p)-extraction: closed forms, whole-number arithmetic, drawn texts, and what overflows."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import extraction_probability


def sums(*values):
    return xr.DataArray(np.array(values, float), dims="sample")


@pytest.mark.parametrize("n", [1, 3, 50])
@pytest.mark.parametrize("p_z", [Fraction(1, 2), Fraction(1, 10), Fraction(99, 100)])
def test_against_fractions(n, p_z):
    found = extraction_probability(sums(math.log(p_z)), n=n, p=0.5)
    assert float(found.probability[0]) == pytest.approx(float(1 - (1 - p_z) ** n), rel=1e-12)
    needed = int(found.n_needed[0])
    assert 1 - (1 - p_z) ** needed >= Fraction(1, 2)
    assert needed == 1 or 1 - (1 - p_z) ** (needed - 1) < Fraction(1, 2)


def test_a_bound_that_is_just_reached_is_reached():
    found = extraction_probability(sums(math.log(0.1)), n=[2, 3, 4], p=[1 - 0.9**3, 0.5])
    assert float(found.n_needed.sel(p=1 - 0.9**3)[0]) == 3
    assert found.extractable.isel(p=0, sample=0).values.tolist() == [False, True, True]


@pytest.mark.parametrize("q", [0.01, 0.3, 0.5])
@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_rounding_asks_for_no_further_try(q, k):
    found = extraction_probability(sums(math.log(q)), p=1 - (1 - q) ** k)
    assert float(found.n_needed[0]) == k


def test_a_chance_below_the_smallest_floats_counts_in_many_tries():
    found = extraction_probability(sums(-744.0), n=10**18, p=0.5)
    expected = math.exp(-744 + 18 * math.log(10))
    assert float(found.probability[0]) / expected == pytest.approx(1)


def test_is_how_often_drawn_texts_are_the_target():
    rng = np.random.default_rng(0)
    steps = np.array([0.8, 0.5, 0.6])
    hit = (rng.random((20_000, 4, 3)) < steps).all(-1).any(-1).mean()
    token = xr.DataArray(np.log(steps)[None], dims=("sample", "position"))
    expected = float(extraction_probability(token, n=4).probability[0])
    assert abs(hit - expected) < 4 * math.sqrt(expected * (1 - expected) / 20_000)


@pytest.mark.parametrize("log_p", [-1e-9, -0.5, -30.0, -39.9, -40.1, -300.0, -700.0])
def test_both_ends_in_many_digits(log_p):
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 700
        p_z = Decimal(log_p).exp()
        miss = 1 - p_z
        probability = 1 - miss**1000
        needed = (Decimal(1) - Decimal("0.9")).ln() / miss.ln()
    found = extraction_probability(sums(log_p), n=1000, p=0.9)
    assert float(found.probability[0]) / float(probability) == pytest.approx(1, rel=1e-9)
    assert float(found.log_n_needed[0]) == pytest.approx(max(float(needed.ln()), 0.0), rel=1e-9)


def test_what_is_beyond_a_float_has_a_logarithm():
    found = extraction_probability(sums(-5000.0, -math.inf), p=0.5)
    assert np.isinf(found.n_needed).all()
    assert float(found.log_n_needed[0]) == pytest.approx(5000 + math.log(math.log(2)))
    assert float(found.log_n_needed[1]) == math.inf
    assert not found.probability.any()
    assert not found.extractable.any()


def test_certain_text_takes_one_try():
    found = extraction_probability(sums(0.0), n=1, p=0.999).isel(sample=0)
    assert (float(found.probability), float(found.n_needed), float(found.log_n_needed)) == (1, 1, 0)


def test_dims_and_coordinates():
    tokens = xr.DataArray(np.full((4, 2, 3), -0.5), dims=("position", "model", "sample"))
    found = extraction_probability(tokens.assign_coords(role=("sample", list("abc"))))
    assert found.log_p.dims == ("model", "sample")
    assert found.probability.dims[-1] == found.n_needed.dims[-1] == "sample"
    assert set(found.extractable.dims) == {"model", "n", "p", "sample"}
    assert np.allclose(found.log_p, -2)
    assert found.role.values.tolist() == list("abc")
    one = extraction_probability(tokens, n=5, p=0.5)
    assert one.extractable.dims == ("model", "sample")
    assert (float(one.n), float(one.p)) == (5, 0.5)


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        (sums(0.5), {}, "has 0.5, but logarithms of probabilities are 0 or less"),
        (sums(np.nan), {}, "NaN for 1 of 1"),
        (sums(-1), {"n": 0}, "n must be between 1 and"),
        (sums(-1), {"n": 2.5}, "n must be a whole number"),
        (sums(-1), {"n": []}, r"n must be a number, or a list of some; not \[\]"),
        (sums(-1), {"p": [0.5, 1.0]}, "p must be above 0 and below 1"),
        (sums(-1), {"p": "0.5"}, "p must be a number, or a list"),
        (np.zeros(3), {}, "give log_probability"),
        (sums(-1).expand_dims(n=[5]), {}, r"has 'n' already.* log_probability.rename\(n=...\)"),
        (sums(-1).assign_coords(p=0.5), {}, "has 'p' already"),
        (sums(-1) < -2, {}, "floats; not bool"),
    ],
)
def test_what_is_refused(values, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        extraction_probability(values, **options)


def test_rounding_above_zero_is_zero():
    assert float(extraction_probability(sums(3e-8)).log_p[0]) == 0.0
