"""The bootstrap over seeds and neurons: plain loops, known limits, and how often it errs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

from infonb.claims import Claim, interval
from infonb.claims.bootstrap import (
    bootstrap_interval,
    change,
    change_of_median,
    expanded_tail,
)
from infonb.claims.resampling import (
    draw_counts,
    draw_medians,
    draw_seeds,
    pair_medians,
    pair_sums,
    row_medians,
)


def symmetric(n, rng, ties=False):
    matrix = rng.integers(5, size=(n, n)).astype(float) if ties else rng.normal(size=(n, n))
    return matrix + matrix.T


def pairs_by_loop(matrix, count):
    """Return the values of all pairs of different neurons in a draw, one by one."""
    drawn = np.repeat(np.arange(len(matrix)), count)
    return [
        matrix[drawn[a], drawn[b]]
        for a in range(len(drawn))
        for b in range(len(drawn))
        if drawn[a] != drawn[b] and np.isfinite(matrix[drawn[a], drawn[b]])
    ]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", [3, 4, 9])
def test_pairs_equal_a_plain_loop(n, ties):
    rng = np.random.default_rng(n)
    matrix = symmetric(n, rng, ties)
    matrix[0, 2] = matrix[2, 0] = np.nan  # a pair that was not measured
    counts = draw_counts(n, 30, rng)
    counts = counts[(counts > 0).sum(axis=1) > 2]  # so that there is a pair
    values = [pairs_by_loop(matrix, count) for count in counts]
    np.testing.assert_allclose(pair_medians(matrix, counts), [np.median(v) for v in values])
    sums, numbers = pair_sums(matrix, counts)
    np.testing.assert_allclose(sums, [np.sum(v) for v in values])
    np.testing.assert_array_equal(numbers, [len(v) for v in values])


def test_a_draw_of_one_neuron_has_no_pair():
    matrix, counts = symmetric(3, np.random.default_rng(0)), np.array([[0, 3, 0]])
    assert np.isnan(pair_medians(matrix, counts)).all()
    assert pair_sums(matrix, counts)[1] == 0


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_row_medians_equal_those_of_the_drawn_values(n):
    rng = np.random.default_rng(n)
    values, counts = rng.integers(4, size=n) / 3, draw_counts(n, 50, rng)
    expected = [np.median(np.repeat(values, count)) for count in counts]
    np.testing.assert_allclose(row_medians(values, counts), expected)


def test_draws_hold_as_many_neurons_as_there_are_each_as_often():
    counts = draw_counts(10, 4000, np.random.default_rng(0))
    assert (counts.sum(axis=1) == 10).all()
    np.testing.assert_allclose(counts.mean(axis=0), 1.0, atol=0.08)
    assert counts.var() == pytest.approx(0.9, rel=0.05)  # binomial (10, 1/10)


def test_expanded_tail_is_hesterberg():
    # n = 5: t(0.025, 4) = -2.776445; sqrt(5/4) times it is -3.104160; Φ of that is 0.000954
    assert expanded_tail(5) == pytest.approx(0.000954, abs=1e-6)
    assert expanded_tail(1) == pytest.approx(0.025)
    assert expanded_tail(10**6) == pytest.approx(0.025, abs=1e-5)
    assert expanded_tail(2) < expanded_tail(3) < expanded_tail(30) < 0.025


def test_interval_is_wider_than_the_plain_percentiles():
    draws = np.random.default_rng(0).normal(size=1000)
    plain = np.quantile(draws, [0.025, 0.975])
    for n_seeds in (2, 3, 5, 10):
        low, high = bootstrap_interval(draws, n_seeds)
        assert low < plain[0] < plain[1] < high
    assert bootstrap_interval(draws, 1) == pytest.approx(tuple(plain))


def test_spread_of_a_median_is_that_of_normal_neurons():
    n, rng = 400, np.random.default_rng(0)
    spreads = [draw_medians(rng.normal(0, 2, n), rng).std() for _ in range(12)]
    assert np.mean(spreads) == pytest.approx(1.2533 * 2 / math.sqrt(n), rel=0.15)


def test_spread_of_pairs_is_that_of_neurons_not_of_pairs():
    # I(i, j) = a_i + a_j: the mean over pairs varies as twice the mean over neurons
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    sums, numbers = pair_sums(a[:, None] + a, draw_counts(200, 2000, rng))
    drawn = sums / numbers
    assert drawn.std() == pytest.approx(2 * a.std() / math.sqrt(200), rel=0.06)
    medians = draw_medians(a[:, None] + a, rng, 500)
    assert medians.std() > 10 * 2 * a.std() / math.sqrt(200 * 199 / 2)


def test_levels_share_the_drawn_seeds():
    start, end = np.arange(4.0)[:, None], 10 + np.arange(4.0)[:, None]
    first, last = draw_seeds([start, end], 300, np.random.default_rng(0))
    np.testing.assert_array_equal(last - first, 10.0)
    assert set(first.ravel()) == {0.0, 1.0, 2.0, 3.0}


def levels(values, dims=("alpha", "seed", "neuron")):
    return xr.DataArray(values, {"alpha": [0.0, 1.0]}, dims)


@pytest.fixture
def entropy():
    return levels(np.random.default_rng(0).normal([[[1.0]], [[3.0]]], size=(2, 3, 40)))


@pytest.fixture
def information():
    rng = np.random.default_rng(1)
    values = np.array([[symmetric(12, rng) for _ in range(3)] for _ in range(2)])
    return levels(values, ("alpha", "seed", "neuron", "other_neuron"))


def test_effect_is_the_difference_of_the_medians(entropy, information):
    found = change_of_median(entropy, "alpha", 0.0, 1.0)
    medians = np.median(entropy.values, axis=-1)
    assert found.effect == pytest.approx(tuple(medians[1] - medians[0]))
    assert found.here == f"{medians[0].mean():.2f} → {medians[1].mean():.2f}"
    found = change_of_median(information, "alpha", 0.0, 1.0)
    off = ~np.eye(12, dtype=bool)
    medians = np.median(information.values[..., off], axis=-1)
    expected = medians[1] - medians[0]
    assert found.effect == pytest.approx(tuple(expected))


def test_the_same_every_time_and_another_with_another_seed(entropy):
    first, again = (change_of_median(entropy, "alpha", 0.0, 1.0) for _ in range(2))
    np.testing.assert_array_equal(first.draws, again.draws)
    other = change_of_median(entropy, "alpha", 0.0, 1.0, seed=1)
    assert (other.draws != first.draws).any()
    assert other.effect == first.effect


def test_padding_changes_nothing(entropy, information):
    wider = entropy.pad(neuron=(0, 5))
    for plain, padded in (
        (entropy, wider),
        (information, information.pad(neuron=(0, 2), other_neuron=(0, 2))),
    ):
        first, second = (change_of_median(one, "alpha", 0.0, 1.0) for one in (plain, padded))
        assert first.effect == second.effect
        np.testing.assert_array_equal(first.draws, second.draws)


def test_the_diagonal_changes_nothing(information):
    first = change_of_median(information, "alpha", 0.0, 1.0)
    for seed in range(3):
        for level in range(2):
            np.fill_diagonal(information.values[level, seed], 1e6)
    second = change_of_median(information, "alpha", 0.0, 1.0)
    np.testing.assert_array_equal(first.draws, second.draws)


def test_order_of_dims_changes_nothing(entropy):
    first = change_of_median(entropy, "alpha", 0.0, 1.0)
    second = change_of_median(entropy.transpose("neuron", "seed", "alpha"), "alpha", 0.0, 1.0)
    np.testing.assert_array_equal(first.draws, second.draws)


def test_one_seed_without_a_dimension_draws_its_neurons(entropy):
    one = change_of_median(entropy.isel(seed=0, drop=True), "alpha", 0.0, 1.0)
    assert len(one.effect) == 1
    spread = math.sqrt(2) * 1.2533 / math.sqrt(40)
    assert 0.5 * spread < one.draws.std() < 1.7 * spread


def test_two_neurons_have_draws_although_half_of_them_hold_no_pair(information):
    two = information.isel(neuron=slice(2), other_neuron=slice(2))
    found = change_of_median(two, "alpha", 0.0, 1.0)
    assert np.isfinite(found.draws).all()


def test_what_cannot_be_drawn_is_said(entropy, information):
    with pytest.raises(ValueError, match="it needs"):
        change_of_median(entropy.expand_dims(layer=2), "alpha", 0.0, 1.0)
    with pytest.raises(ValueError, match="dim 'beta' not found"):
        change_of_median(entropy, "beta", 0.0, 1.0)
    with pytest.raises(ValueError, match=r"end must be one of 0\.0, 1\.0; not 0\.5"):
        change(entropy.median("neuron"), "alpha", 0.0, 0.5)
    with pytest.raises(ValueError, match="no finite value"):
        change_of_median(entropy.where(entropy.alpha == 0.0), "alpha", 0.0, 1.0)
    labelled = information.assign_coords(neuron=range(12), other_neuron=range(12, 24))
    with pytest.raises(ValueError, match="neuron and other_neuron differ"):
        change_of_median(labelled, "alpha", 0.0, 1.0)


def simulated(effect, n_seeds, tables):
    """Return the claims of many tables: medians of 25 neurons, seeds that differ."""
    rng = np.random.default_rng(n_seeds)
    for _ in range(tables):
        values = rng.normal(size=(2, n_seeds, 25)) + 0.5 * rng.normal(size=(2, n_seeds, 1))
        values[1] += effect
        found = change_of_median(levels(values), "alpha", 0.0, 1.0, draws=200)
        yield Claim("", "", 1, "", "", found.effect, found.draws)


@pytest.mark.slow
@pytest.mark.parametrize("n_seeds", [3, 5])
def test_a_verdict_without_an_effect_is_rare(n_seeds):
    claims = list(simulated(0.0, n_seeds, 300))
    decided = np.mean([claim.verdict != "too close to tell" for claim in claims])
    assert decided <= 0.07
    # and the bootstrap alone would be too sure with 3 seeds: this is why it needs Student's t
    covered = np.mean([claim.bootstrap[0] < 0 < claim.bootstrap[1] for claim in claims])
    assert covered > (0.85 if n_seeds == 3 else 0.93)


def test_an_effect_is_found():
    claims = list(simulated(2.0, 5, 60))
    assert np.mean([claim.verdict == "holds" for claim in claims]) > 0.9


def test_seeds_that_agree_by_luck_do_not_decide():
    # the same median in all seeds, of neurons that are far apart
    neurons = np.array([-3.0, -2.0, 0.3, 2.0, 3.0])
    values = levels(np.array([np.zeros((3, 5)), np.tile(neurons, (3, 1))]))
    found = change_of_median(values, "alpha", 0.0, 1.0)
    claim = Claim("", "", 1, "", *found)
    assert interval(claim.effect)[0] > 0
    assert claim.verdict == "too close to tell"
