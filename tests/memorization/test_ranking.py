"""AUROC and Spearman: by hand, against plain loops and oracles, and how often intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from infonb.memorization import auroc, spearman

RNG = np.random.default_rng(0)


def samples(values, **coords) -> xr.DataArray:
    return xr.DataArray(values, coords, dims=("sample",))


def by_pairs(values, is_positive) -> float:
    won = [
        float(one > other) + 0.5 * float(one == other)
        for one in values[is_positive]
        for other in values[~is_positive]
    ]
    return sum(won) / len(won)


def test_by_hand():
    found = auroc(samples([1.0, 2.0, 2.0, 3.0]), samples([False, True, False, True]))
    assert float(found.auroc) == (1 + 0.5 + 1 + 1) / 4
    assert (int(found.n_positive), int(found.n_negative)) == (2, 2)


@pytest.mark.parametrize("seed", range(3))
def test_as_all_pairs_and_as_sklearn(seed):
    rng = np.random.default_rng(seed)
    values, positive = rng.integers(0, 9, 60).astype(float), rng.random(60) < 0.3
    found = float(auroc(samples(values), samples(positive)).auroc)
    assert found == pytest.approx(by_pairs(values, positive))
    assert found == pytest.approx(roc_auc_score(positive, values))


def test_turned_around_and_monotonous():
    values, positive = RNG.normal(size=50), samples(RNG.random(50) < 0.4)
    plain, turned = (auroc(samples(sign * values), positive) for sign in (1, -1))
    assert float(turned.auroc) == pytest.approx(1 - float(plain.auroc))
    np.testing.assert_allclose(turned.interval, 1 - plain.interval[::-1], atol=1e-9)
    xr.testing.assert_identical(auroc(samples(np.exp(values)), positive), plain)


def test_infinite_values_rank_and_nan_is_left_out():
    found = auroc(samples([0.0, np.inf, np.nan, 1.0]), samples([False, True, True, False]))
    assert (float(found.auroc), int(found.n_positive)) == (1.0, 1)


def test_interval_is_where_the_area_is_z_errors_away():
    values, positive = RNG.normal(size=40), RNG.random(40) < 0.5
    values[positive] += 1
    found = auroc(samples(values), samples(positive), level=0.9)
    n, m, z = positive.sum(), (~positive).sum(), norm.ppf(0.95)
    for bound in found.interval.values:
        more = (n + m) / 2 - 1
        spread = 1 + more * (1 - bound) / (2 - bound) + more * bound / (1 + bound)
        error = np.sqrt(bound * (1 - bound) * spread / (n * m))
        assert abs(float(found.auroc) - bound) == pytest.approx(z * error, rel=1e-6)


def test_a_perfect_order_of_few_is_not_certain():
    found = auroc(samples(np.arange(10.0)), samples(np.arange(10) >= 5))
    assert float(found.auroc) == 1.0
    low, high = found.interval.values
    assert 0.5 < low < 0.9
    assert high == 1.0


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_the_interval_covers(shift):
    true, hits = norm.cdf(shift / np.sqrt(2)), 0
    rng = np.random.default_rng(1)
    positive = np.arange(70) < 20
    for _ in range(300):
        low, high = auroc(
            samples(rng.normal(size=70) + shift * positive), samples(positive)
        ).interval
        hits += low <= true <= high
    assert 0.92 <= hits / 300 <= 0.995


def test_spearman_by_hand_and_with_ties():
    found = spearman(samples([1.0, 2.0, 3.0, 4.0, np.nan]), samples([10.0, 10.0, 30.0, 20.0, 5.0]))
    ranks = np.array([1.5, 1.5, 4.0, 3.0])
    assert float(found.spearman) == pytest.approx(np.corrcoef([1, 2, 3, 4], ranks)[0, 1])
    assert int(found.n_samples) == 4
    assert np.isnan(spearman(samples(np.ones(5)), samples(np.arange(5.0))).spearman)


def test_spearman_interval_is_that_of_bonett_and_wright():
    found = spearman(samples(np.arange(30.0)), samples(np.arange(30.0) + 9 * RNG.normal(size=30)))
    rho = float(found.spearman)
    half = norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / 27)
    expected = np.tanh([np.arctanh(rho) - half, np.arctanh(rho) + half])
    np.testing.assert_allclose(found.interval, expected)


def test_spearman_covers_and_is_bounded_by_one():
    rng, hits = np.random.default_rng(2), 0
    true = 6 / np.pi * np.arcsin(0.6 / 2)  # of normal variables of correlation 0.6
    for _ in range(300):
        x, y = rng.normal(size=(2, 50))
        low, high = spearman(samples(x), samples(0.6 * x + 0.8 * y)).interval.values
        hits += low <= true <= high
    assert 0.91 <= hits / 300 <= 0.99
    assert spearman(samples(np.arange(9.0)), samples(np.arange(9.0))).interval.max() <= 1


def test_batch_dims_stay():
    values = xr.DataArray(
        RNG.normal(size=(2, 30, 3)), {"seed": [7, 8]}, ("seed", "sample", "layer")
    )
    positive = samples(np.arange(30) < 10)
    found = auroc(values, positive)
    assert found.interval.dims == ("seed", "layer", "bound")
    one = auroc(values.sel(seed=8).isel(layer=2), positive)
    assert float(found.auroc.sel(seed=8)[2]) == float(one.auroc)
    assert spearman(values, values.isel(seed=0, layer=0)).spearman.dims == ("seed", "layer")


@pytest.mark.parametrize(
    ("values", "other", "error", "message"),
    [
        (samples([1.0, 2.0]), samples([True, True]), ValueError, "one of the two groups is empty"),
        (samples([1.0, 2.0]), samples([False, False]), ValueError, "true for no sample of 2"),
        (samples([1.0, 2.0]), samples([0, 1]), TypeError, "is_positive must be bool; not int64"),
        (samples([1.0, 2.0]), samples([True]), ValueError, "of different samples: 2 and 1"),
        (np.zeros(2), samples([True, False]), TypeError, "give values, a DataArray; not ndarray"),
        (
            samples([1.0, 2.0], sample=[0, 1]), samples([True, False], sample=[1, 0]),
            ValueError, r"is_positive.sel\(sample=values.sample\)",
        ),
    ],
)  # fmt: skip
def test_errors(values, other, error, message):
    with pytest.raises(error, match=message):
        auroc(values, other)


@pytest.mark.parametrize("level", [0, 1.0])
def test_a_level_has_an_interval(level):
    values = samples([1.0, 2.0, 3.0, 4.0])
    for rank, other in ((auroc, samples([True, False, True, False])), (spearman, values)):
        with pytest.raises(ValueError, match=r"level must be above 0 and below 1, such as 0.95"):
            rank(values, other, level=level)


def test_spearman_needs_four():
    with pytest.raises(ValueError, match="at least 4 samples with both values; 3"):
        spearman(samples([1.0, 2.0, 3.0]), samples([1.0, 2.0, 3.0]))
