"""Membership by loss: by hand, against plain thresholds, with few samples, and exact intervals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from infonb.memorization import membership


def samples(values, **coords) -> xr.DataArray:
    return xr.DataArray(values, coords, dims=("sample",))


def drawn(n_in: int, n_out: int, seed: int = 0, ties: bool = False) -> tuple[xr.DataArray, ...]:
    rng = np.random.default_rng(seed)
    loss = np.concatenate([rng.exponential(0.5, n_in), rng.exponential(1.0, n_out)])
    order = rng.permutation(n_in + n_out)
    loss = np.round(loss, 1) if ties else loss
    return samples(loss[order]), samples((np.arange(n_in + n_out) < n_in)[order])


def test_by_hand():
    loss = samples([0.1, 0.3, 0.5, 0.2, 0.4, 0.6, 0.8])
    is_in = samples([True, True, True, False, False, False, False])
    found = membership(loss, is_in, rates=[0.0, 0.25, 0.5])
    # below 0.2 lies one of three, below 0.4 two, below 0.6 all
    np.testing.assert_allclose(found.true_positive_rate, [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(found.threshold, [0.2, 0.4, 0.6])
    np.testing.assert_allclose(found.roc, [1 / 3, 2 / 3, 1, 1, 1])
    np.testing.assert_allclose(found.false_positive_rate, [0, 0.25, 0.5, 0.75, 1])
    assert float(found.auroc) == pytest.approx((4 + 3 + 2) / 12)
    assert float(found.advantage) == pytest.approx(2 / 3 - 1 / 4)  # loss up to the mean, 0.3
    assert (found.n_in, found.n_out) == (3, 4)


@pytest.mark.parametrize("ties", [False, True])
def test_as_plain_thresholds(ties):
    loss, is_in = drawn(150, 200, ties=ties)
    found = membership(loss, is_in, rates=[0.01, 0.1])
    ours, others = loss.values[is_in.values], loss.values[~is_in.values]
    for i, rate in enumerate([0.01, 0.1]):
        passing = [
            (np.mean(ours < limit), np.mean(others < limit))
            for limit in np.append(loss.values, np.inf)
        ]
        best = max(true for true, false in passing if false <= rate + 1e-12)
        assert float(found.true_positive_rate[i]) == pytest.approx(best)
        limit = float(found.threshold[i])
        assert np.mean(ours < limit) == pytest.approx(best)
        assert np.mean(others < limit) <= rate
    assert float(found.auroc) == pytest.approx(roc_auc_score(is_in, -loss))
    assert (np.diff(found.roc) >= 0).all()


def test_intervals_are_those_of_clopper_and_pearson():
    loss, is_in = drawn(120, 100)
    found = membership(loss, is_in, rates=[0.05], level=0.9)
    hits = round(float(found.true_positive_rate[0]) * 120)
    exact = binomtest(hits, 120).proportion_ci(0.9, method="exact")
    np.testing.assert_allclose(found.true_positive_interval[0], exact)
    exact = binomtest(5, 100).proportion_ci(0.9, method="exact")
    np.testing.assert_allclose(found.false_positive_interval[0], exact)


def test_none_and_all_have_intervals():
    loss = samples(np.concatenate([np.zeros(30), np.ones(30)]))
    is_in = samples(np.arange(60) < 30)
    for member, share in (("low", 1.0), ("high", 0.0)):
        found = membership(loss, is_in, rates=[0.1], member=member)
        assert float(found.true_positive_rate[0]) == share
        low, high = found.true_positive_interval[0].values
        assert (low, high) == pytest.approx((1 - 0.1157, 1.0) if share else (0.0, 0.1157), abs=1e-4)


def test_high_scores_are_low_losses():
    loss, is_in = drawn(80, 90)
    options = {"rates": [0.1]}
    low, high = (
        membership(loss, is_in, **options),
        membership(-loss, is_in, member="high", **options),
    )
    xr.testing.assert_allclose(low.drop_vars("threshold"), high.drop_vars("threshold"))
    np.testing.assert_allclose(low.threshold, -high.threshold)


def test_where_loss_says_nothing_the_rate_is_that_of_false_positives():
    rng = np.random.default_rng(0)
    is_in = samples(np.arange(4000) < 2000)
    found = membership(samples(rng.normal(size=4000)), is_in)
    assert found.rate.values.tolist() == [0.001, 0.01]
    for rate, (low, high) in zip(
        found.rate.values, found.true_positive_interval.values, strict=True
    ):
        assert low <= 3 * rate
        assert high >= rate / 3
    low, high = found.auroc_interval.values
    assert low < 0.5 < high
    assert abs(float(found.advantage)) < 0.05


def test_too_few_for_a_rate_is_told():
    loss, is_in = drawn(100, 300)
    with pytest.warns(UserWarning, match="300 samples, too few for a false positive rate of 0.001"):
        found = membership(loss, is_in)
    assert float(found.true_positive_rate[0]) == float(found.roc[0])
    assert float(found.false_positive_interval[0, 1]) > 0.009  # what the data allow for


def test_batch_dims_stay():
    loss, is_in = drawn(50, 60)
    both = xr.concat([loss, -loss], dim=xr.Variable("epoch", [1, 2]))
    found = membership(both, is_in, rates=[0.1])
    assert found.true_positive_interval.dims == ("epoch", "rate", "bound")
    xr.testing.assert_identical(
        found.isel(epoch=0, drop=True), membership(loss, is_in, rates=[0.1])
    )


@pytest.mark.parametrize(
    ("loss", "is_in", "options", "message"),
    [
        (
            [1.0, 2.0],
            [True, True],
            {},
            "is_in is true for every sample of 2: one of",
        ),
        ([1.0, np.nan], [True, False], {}, "loss is NaN for 1 of 2 values"),
        ([1.0, 2.0], [True, False], {"rates": [2]}, "rates must be between 0.0 and 1.0; not 2"),
        ([1.0, 2.0], [True, False], {"level": 1.0}, "level must be above 0 and below 1.*; not 1.0"),
        ([1.0, 2.0], [True, False], {"member": "lo"}, "member must be one of 'low', 'high'"),
    ],
)
def test_errors(loss, is_in, options, message):
    with pytest.raises(ValueError, match=message):
        membership(samples(loss), samples(is_in), **options)


def test_one_rate_is_no_list():
    with pytest.raises(TypeError, match=r"rates must be a list of numbers, .*; not 0.01"):
        membership(samples([1.0, 2.0]), samples([True, False]), rates=0.01)
