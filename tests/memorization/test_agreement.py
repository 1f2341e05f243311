"""Agreement of readings: against scipy and slow loops, its coverage, its null, its labels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

from infonb.memorization import agreement
from infonb.memorization.kendall import kendall, kendall_pairs, tau_interval, tau_spread

RNG = np.random.default_rng(0)


def rows() -> np.ndarray:
    values = RNG.normal(size=(5, 60))
    values[1] = np.round(2 * values[0])
    values[2] += values[0]
    values[2, :5] = np.nan
    values[3] = 0
    values[4, 7] = np.inf
    return values


def both(values: np.ndarray, i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
    known = ~(np.isnan(values[i]) | np.isnan(values[j]))
    return values[i, known], values[j, known]


def test_kendall_equals_scipy_with_ties():
    rng = np.random.default_rng(0)
    for _ in range(50):
        first, second = rng.integers(4, size=(2, 5)).astype(float)
        expected = kendalltau(first, second).statistic
        got = kendall(first[None], second[None])[0]
        assert got == pytest.approx(0.0 if math.isnan(expected) else expected, abs=1e-12)


def test_all_pairs_of_rows_are_those_of_scipy_one_by_one():
    values = rows()
    found = kendall_pairs(values)
    for i, j in np.ndindex(5, 5):
        first, second = both(values, i, j)
        expected = kendalltau(first, second).statistic
        np.testing.assert_allclose(found.tau[i, j], expected, equal_nan=True)
        assert found.n[i, j] == first.size
    assert np.isnan(found.tau[3]).all()


def test_blocks_change_nothing(monkeypatch):
    values = rows()
    whole = kendall_pairs(values)
    monkeypatch.setattr("infonb.memorization.kendall._AT_ONCE", 1500)
    for one, other in zip(whole, kendall_pairs(values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_error_is_that_of_leaving_out_each_value():
    # the jackknife: another way to the same first order
    values = rows()[[0, 1]]
    n = values.shape[1]
    left = np.array([kendalltau(*np.delete(values, i, axis=1)).statistic for i in range(n)])
    jackknife = math.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
    assert kendall_pairs(values).error[0, 1] == pytest.approx(jackknife, rel=0.03)


def test_null_spread_is_that_of_values_dealt_out_anew():
    values = RNG.integers(4, size=(2, 40)).astype(float)
    dealt = RNG.permuted(np.broadcast_to(values[1], (4000, 40)), axis=1)
    assert tau_spread(values)[0, 1] == pytest.approx(kendall(values[0], dealt).std(), rel=0.04)


@pytest.mark.parametrize("kind", ["normal", "ties", "strong"])
@pytest.mark.parametrize("n", [7, 40])
def test_intervals_cover(kind, n):
    rng = np.random.default_rng(n)
    rho = 0.9 if kind == "strong" else 0.5
    draws = rng.normal(size=(2, 20_000 + 200 * n))
    draws[1] = rho * draws[0] + math.sqrt(1 - rho**2) * draws[1]
    if kind == "ties":
        draws = np.round(1.2 * draws)
    true = kendalltau(*draws).statistic
    each = draws[:, : 200 * n].reshape(2, 200, n)
    interval = np.array(
        [tau_interval(kendall_pairs(each[:, draw]), 0.95)[0, 1] for draw in range(200)]
    )
    there = np.isfinite(interval).all(axis=1)
    covered = (interval[:, 0] <= true) & (true <= interval[:, 1])
    # 95 % of 200 draws: 0.91 is 2.6 standard errors below
    assert 0.91 <= covered[there].mean() <= 1.0
    assert there.mean() > 0.95
    array = xr.DataArray(each[:, :3], {"ruler": ["a", "b"]}, ("ruler", "draw", "sample"))
    found = agreement(array, draws=1).interval.sel(reading="a", other_reading="b")
    np.testing.assert_allclose(found, interval[:3])


def test_p_value_is_uniform_without_a_connection():
    rng = np.random.default_rng(3)
    for n in (9, 50):
        array = xr.DataArray(
            np.round(rng.normal(size=(2, 200, n)), 1), {"ruler": ["a", "b"]},
            ("ruler", "draw", "sample"),
        )  # fmt: skip
        found = agreement(array, draws=100).sel(reading="a", other_reading="b")
        assert 0.02 <= float((found.p_value < 0.05).mean()) <= 0.09
        outside = abs(found.tau) > found.null_interval.sel(bound="high") + 1e-9
        assert 0.01 <= float(outside.mean()) <= 0.09


def test_readings_are_turned_and_labelled_and_complete_in_pairs():
    first = xr.DataArray(RNG.normal(size=(2, 30)), {"network": ["x", "y"]}, ("network", "sample"))
    low = (-first).assign_attrs(memorized="low")
    other = xr.DataArray(RNG.normal(size=(30, 2)), dims=("sample", "network"))
    other[:4, 0] = np.nan
    found = agreement({"first": first, "low": low, "other": other})
    assert found.tau.dims == ("network", "reading", "other_reading")
    np.testing.assert_allclose(found.tau.sel(reading="first", other_reading="low"), 1.0)
    np.testing.assert_array_equal(found.n.sel(reading="other", other_reading="low"), [26, 30])
    assert found.network.values.tolist() == ["x", "y"]
    xr.testing.assert_allclose(
        found.tau, found.tau.rename(reading="other_reading", other_reading="reading").transpose(
            *found.tau.dims)
    )  # fmt: skip
    itself = found.sel(reading="other", other_reading="other")
    np.testing.assert_array_equal(itself.interval, 1.0)
    assert itself.p_value.isnull().all()


def test_units_are_taken_as_one():
    one = xr.DataArray(RNG.normal(size=(2, 10)), dims=("layer", "neuron"))
    one[1, 6:] = np.nan
    other = one + RNG.normal(size=(2, 10))
    found = agreement({"a": one, "b": other}, dim=("layer", "neuron"))
    expected = kendalltau(one.values[one.notnull()], other.values[one.notnull()]).statistic
    assert float(found.tau[0, 1]) == pytest.approx(expected)
    assert int(found.n[0, 1]) == 16
    assert found.of == "layer, neuron"


def test_complete_agreement_leaves_room():
    same = xr.DataArray(np.arange(7.0), dims="network")
    low, high = agreement({"a": same, "b": 2 * same}, dim="network").interval.values[0, 1]
    assert -1 < low < 0
    assert high == 1.0
    low, high = agreement({"a": same, "b": -same}, dim="network").interval.values[0, 1]
    assert low == -1.0
    assert 0 < high < 1


@pytest.mark.parametrize(
    ("readings", "error", "words"),
    [
        ({}, ValueError, "there is no reading"),
        (3, TypeError, "must be a Dataset"),
        ({"a": xr.DataArray([1.0], dims="x")}, ValueError, "has no dim 'sample'"),
        (xr.DataArray(np.zeros((2, 3)), dims=("x", "sample")), ValueError, "one dim ruler"),
        ({"a": xr.DataArray([1.0, 2, 3], {"sample": [0, 1, 2]}, "sample"),
          "b": xr.DataArray([1.0, 2, 3], {"sample": [1, 0, 2]}, "sample")}, ValueError,
         "not of the same samples"),
        ({"a": xr.DataArray([1.0, 2, 3], dims="sample"),
          "b": xr.DataArray([1.0, 2], dims="sample")}, ValueError, "not of the same samples"),
        (xr.DataArray(np.zeros((2, 3)), {"ruler": ["a", "a"]}, ("ruler", "sample")), ValueError,
         "two readings have the name 'a'"),
        ({"a": xr.DataArray(["x", "y"], dims="sample")}, TypeError, "'a' must be numbers"),
        ({"a": xr.DataArray([1j], dims="sample")}, TypeError, "'a' must be numbers"),
        ({"a": xr.DataArray(np.zeros(0), dims="sample")}, ValueError, "'a' is empty"),
        ({"a": xr.DataArray([1.0], dims="sample", attrs={"memorized": "up"})}, ValueError,
         "'high'"),
    ],
)  # fmt: skip
def test_bad_readings(readings, error, words):
    with pytest.raises(error, match=words):
        agreement(readings)
