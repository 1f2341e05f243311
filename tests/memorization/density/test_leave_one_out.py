"""Exact leave-one-out: the hand cases, and models that are refitted without each sample."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from infonb.memorization import in_out, in_out_plan, leave_one_out
from infonb.memorization.density import closed_forms

RNG = np.random.default_rng(0)


def points(values) -> xr.DataArray:
    values = np.asarray(values)
    return xr.DataArray(values, dims=("sample", "feature")[: values.ndim])


def without(x, i):
    return np.delete(x, i, axis=0)


def refitted(x, log_density):
    """U and V of a function (training set, point) → log-density, one refit for each sample."""
    u = [log_density(x, one) for one in x]
    return np.array(u), np.array([log_density(without(x, i), one) for i, one in enumerate(x)])


class TestByHand:
    def test_histogram(self):
        mem = leave_one_out(points([0, 0, 1]), model="histogram", n_symbols=3).mem.values
        np.testing.assert_allclose(mem, [np.log(1.25), np.log(1.25), np.log(5 / 3)], rtol=1e-14)

    def test_gaussian(self):
        mem = leave_one_out(points([0.0, 0.0, 3.0]), model="gaussian").mem.values
        np.testing.assert_allclose(mem, [0.625, 0.625, 2.5], rtol=1e-14)

    def test_kernel_of_two(self):
        found = leave_one_out(points([0.0, 2.0]), model="kernel")
        other, own = norm.pdf(2), norm.pdf(0)
        np.testing.assert_allclose(found.V, np.log(other))
        np.testing.assert_allclose(found.mem, np.log((own + other) / 2 / other))


class TestAgainstRefitting:
    x = RNG.normal(size=(12, 3)) * 2 + 5

    def check(self, u, v, **model):
        found = leave_one_out(points(self.x), **model)
        np.testing.assert_allclose(found.U, u, rtol=1e-10)
        np.testing.assert_allclose(found.V, v, rtol=1e-10)
        np.testing.assert_allclose(found.mem, u - v, atol=1e-10)

    def test_kernel(self):
        def log_density(known, x):
            return np.log(np.mean([norm.pdf(x, one, 0.7).prod() for one in known]))

        self.check(*refitted(self.x, log_density), model="kernel", width=0.7)

    def test_gaussian(self):
        def log_density(known, x):
            return norm.logpdf(x, known.mean(axis=0), 1.5).sum()

        self.check(*refitted(self.x, log_density), model="gaussian", width=1.5)

    def test_histogram(self):
        symbols = RNG.integers(0, 4, 30)

        def log_density(known, one):
            return np.log(((known == one).sum() + 1) / (len(known) + 6))

        u, v = refitted(symbols, log_density)
        found = leave_one_out(points(symbols), model="histogram", n_symbols=6)
        np.testing.assert_allclose(found.U, u)
        np.testing.assert_allclose(found.V, v)


def two_clusters(n=24):
    return np.concatenate([RNG.normal(0, 1, (n // 2, 2)), RNG.normal(6, 1.5, (n // 2, 2))])


def by_m_step(x, shares, one, floor):
    """Log-density of a point by the mixture that has these shares of these samples."""
    found = 0.0
    for column in shares.T:
        mean = np.average(x, axis=0, weights=column)
        variance = np.average((x - mean) ** 2, axis=0, weights=column) + floor
        found += column.sum() / shares.sum() * norm.pdf(one, mean, np.sqrt(variance)).prod()
    return np.log(found)


class TestMixture:
    x = two_clusters()

    def floor(self):
        return 1e-6 * self.x.var(axis=0).mean()

    def test_of_one_component_is_that_of_a_fitted_gaussian(self):
        found = leave_one_out(points(self.x), model="mixture", n_components=1)

        def log_density(known, x):
            spread = np.sqrt(known.var(axis=0) + self.floor())
            return norm.logpdf(x, known.mean(axis=0), spread).sum()

        u, v = refitted(self.x, log_density)
        np.testing.assert_allclose(found.U, u, rtol=1e-9)
        np.testing.assert_allclose(found.V, v, rtol=1e-9)
        again = leave_one_out(points(self.x), model="mixture", n_components=1, refit=True)
        np.testing.assert_allclose(again.mem, found.mem, rtol=1e-9)

    def test_with_shares_that_stay(self):
        found = leave_one_out(points(self.x), model="mixture", n_components=2)
        x = self.x - self.x.mean(axis=0)
        shares = closed_forms._fitted(x, 2, self.floor(), 0).predict_proba(x)
        v = [
            by_m_step(without(x, i), without(shares, i), one, self.floor())
            for i, one in enumerate(x)
        ]
        np.testing.assert_allclose(found.V, v, rtol=1e-9)
        u = [by_m_step(x, shares, one, self.floor()) for one in x]
        np.testing.assert_allclose(found.U, u, rtol=1e-9)
        assert found.mem.attrs["exact"] == "given the shares of the others"

    def test_refit_as_scikit_learn_from_the_same_start(self):
        found = leave_one_out(points(self.x), model="mixture", n_components=2, refit=True)
        x, floor = self.x - self.x.mean(axis=0), self.floor()
        whole = closed_forms._fitted(x, 2, floor, 0)
        for i in range(0, len(x), 5):
            other = GaussianMixture(
                2, covariance_type="diag", tol=1e-10, max_iter=5000, reg_covar=floor,
                weights_init=whole.weights_, means_init=whole.means_,
                precisions_init=whole.precisions_,
            ).fit(without(x, i))  # fmt: skip
            assert float(found.V[i]) == pytest.approx(
                other.score_samples(x[i : i + 1])[0], abs=1e-5
            )

    def test_a_sample_far_out_is_memorized(self):
        x = np.concatenate([two_clusters(), [[40.0, -40.0]]])
        for refit in (False, True):
            found = leave_one_out(points(x), model="mixture", n_components=3, refit=refit)
            assert found.mem.values.argmax() == len(x) - 1
            assert found.mem[-1] > 10 * abs(found.mem[:-1]).max()


def test_cross_validation_approaches_the_exact_score():
    """Leaving out one of n at a time, `in_out` is leave-one-out: the same numbers."""
    x = RNG.normal(size=9)
    held_out = in_out_plan(9, repeats=1, folds=9, seed=0)
    score = xr.zeros_like(held_out, float)
    for fold in range(9):
        known = x[~held_out.values[0, fold]]
        score[0, fold] = norm.logpdf(x, known.mean(), 1)
    found = in_out(score, held_out)
    exact = leave_one_out(points(x), model="gaussian")
    np.testing.assert_allclose(found.V, exact.V, rtol=1e-12)


def test_moved_and_scaled_data():
    x = RNG.normal(size=(10, 2))
    for model in ("kernel", "gaussian", "mixture"):
        one = leave_one_out(points(x), model=model, width=1.0).mem
        moved = leave_one_out(points(x + 100), model=model, width=1.0).mem
        np.testing.assert_allclose(moved, one, atol=1e-6)
        scaled = leave_one_out(points(3 * x), model=model, width=3.0).mem
        np.testing.assert_allclose(scaled, one, atol=1e-8)


def test_kernel_in_blocks(monkeypatch):
    x = points(RNG.normal(size=(20, 3)))
    whole = leave_one_out(x)
    monkeypatch.setattr(closed_forms, "_BLOCK", 100)
    xr.testing.assert_identical(leave_one_out(x), whole)


def test_images_and_coordinates():
    x = xr.DataArray(
        RNG.normal(size=(5, 2, 2)), {"sample": list("abcde")}, ("sample", "row", "column")
    )
    found = leave_one_out(x)
    assert found.mem.dims == ("sample",)
    assert found.sample.values.tolist() == list("abcde")
    flat = leave_one_out(points(x.values.reshape(5, -1)))
    np.testing.assert_array_equal(found.mem, flat.mem)
    assert found.mem.attrs["units"] == "nat"


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (points([1.0]), {}, ValueError, "data has 1 sample, without which none is left"),
        (points([1.0, 2.0]), {"model": "kernels"}, ValueError, "Did you mean 'kernel'"),
        (points([1.0, 2.0]), {"width": 0}, ValueError, "width must be above 0; not 0"),
        (points([1.0, np.inf]), {}, ValueError, "NaN or infinite for 1 of 2 values"),
        (points([1.0, 2.0]), {"model": "histogram"}, TypeError, "a histogram is of symbols"),
        (points([0, -1]), {"model": "histogram"}, ValueError, "between 0 and 0; not -1"),
        (points([0, 5]), {"model": "histogram", "n_symbols": 3}, ValueError, "and 2; not 5"),
        (points([1.0, 2.0]), {"model": "mixture", "n_components": 2}, ValueError,
         "n_components must be between 1 and 1; not 2"),
        (points([1.0, 1.0, 1.0]), {"model": "mixture"}, ValueError, "different samples, 1; not 2"),
        (points([1.0, 2.0]), {"model": "mixture", "n_components": 1, "refit": "no"}, ValueError,
         "refit must be"),
    ],
)  # fmt: skip
def test_errors(data, options, error, message):
    with pytest.raises(error, match=message):
        leave_one_out(data, **options)
