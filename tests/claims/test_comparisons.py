"""Medians within layers, rankings: against values that are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

from infonb.claims.comparisons import layer_claims, rank_claims
from infonb.dims import median_within_layers, within_layer

PAPER = xr.Dataset(attrs={"tau_entropy": 1.0, "tau_mutual_information": 0.88})


@pytest.fixture
def information():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 3, 4, 3, 4))
    coords = {"alpha": [0.0, 1.0], "layer": ["a", "b", "c"], "neuron": np.arange(4)}
    coords |= {"other_layer": ["a", "b", "c"], "other_neuron": np.arange(4)}
    return xr.DataArray(values, coords, ("alpha", "layer", "neuron", "other_layer", "other_neuron"))


def test_median_within_layers_equals_plain_loop(information):
    got = median_within_layers(information)
    assert got.dims == ("alpha", "layer")
    assert list(got.layer.values) == ["a", "b", "c"]
    for a in range(2):
        for layer in range(3):
            pairs = [
                information.values[a, layer, i, layer, j]
                for i in range(4)
                for j in range(4)
                if i != j
            ]
            assert got.values[a, layer] == pytest.approx(np.median(pairs), abs=1e-15)


def test_median_of_pairs_measured_within_layers_only(information):
    diagonal = xr.DataArray(range(information.sizes["layer"]), dims="layer")
    within = information.isel(layer=diagonal, other_layer=diagonal).drop_vars("other_layer")
    np.testing.assert_array_equal(
        median_within_layers(within), median_within_layers(information).values
    )


def test_median_within_layers_leaves_out_padding(information):
    information[{"neuron": 3}] = np.nan
    information[{"other_neuron": 3}] = np.nan
    assert np.isfinite(median_within_layers(information).values).all()


def ranked(entropy_by_level, accuracy_by_level):
    """Return results in which entropy and MI are the same everywhere in a network."""
    levels = np.arange(len(entropy_by_level), dtype=float)
    entropy = np.broadcast_to(
        np.array(entropy_by_level)[:, None, None, None], (levels.size, 1, 1, 2)
    )
    information = np.broadcast_to(
        -np.array(entropy_by_level)[:, None, None, None, None, None], (levels.size, 1, 1, 2, 1, 2)
    )
    dims = ("alpha", "seed", "layer", "neuron")
    return xr.Dataset(
        {
            "entropy": (dims, entropy),
            "mutual_information": ((*dims, "other_layer", "other_neuron"), information),
            "final_validation_accuracy": (("alpha", "seed"), np.array(accuracy_by_level)[:, None]),
        },
        {"alpha": levels, "seed": [0], "layer": ["a"], "other_layer": ["a"],
         "neuron": [0, 1], "other_neuron": [0, 1]},
    )  # fmt: skip


def test_rank_is_one_if_the_measures_order_like_accuracy():
    rows = rank_claims(ranked([3, 2, 1], [0.9, 0.8, 0.7]), "alpha", entropy_sign=1, paper=PAPER)
    assert [row.effect for row in rows] == [(1.0,), (1.0,)]
    assert rows[1].paper == "τ = 0.88"
    assert {row.bounds for row in rows} == {(-1.0, 1.0)}  # no interval of τ goes beyond


def test_rank_turns_with_the_kind_of_memorization():
    rows = rank_claims(ranked([1, 2, 3], [0.9, 0.8, 0.7]), "alpha", entropy_sign=-1, paper=PAPER)
    assert [row.effect for row in rows] == [(1.0,), (1.0,)]


def test_rank_of_equal_networks_is_zero_not_nan():
    rows = rank_claims(ranked([1, 1, 1], [0.9, 0.8, 0.7]), "alpha", entropy_sign=1, paper=PAPER)
    assert [row.effect for row in rows] == [(0.0,), (0.0,)]


def test_two_levels_cannot_be_ranked():
    assert not rank_claims(ranked([1, 2], [0.9, 0.8]), "alpha", entropy_sign=1, paper=PAPER)


def networks(n_seeds=3, width=8, noise=0.3):
    """Return results of five levels: entropy falls, MI rises; neurons differ around that."""
    rng = np.random.default_rng(0)
    levels = np.arange(5) / 4
    shape = (5, n_seeds, 2, width)
    entropy = 3 - levels[:, None, None, None] + noise * rng.normal(size=shape)
    pairs = rng.normal(size=(*shape, 2, width))
    pairs = noise * (pairs + pairs.transpose(0, 1, 4, 5, 2, 3))
    pairs += levels[:, None, None, None, None, None]
    for i in range(2):
        for j in range(width):
            pairs[:, :, i, j, i, j] = 1e3  # a neuron with itself counts nowhere
    dims = ("alpha", "seed", "layer", "neuron")
    names = np.array(["fc1", "fc2"], dtype=object)
    return xr.Dataset(
        {
            "entropy": (dims, entropy),
            "mutual_information": ((*dims, "other_layer", "other_neuron"), pairs),
            "final_validation_accuracy": (
                ("alpha", "seed"), np.repeat(0.9 - 0.1 * levels[:, None], n_seeds, axis=1),
            ),
        },
        {"alpha": levels, "seed": range(n_seeds), "layer": names, "other_layer": names,
         "neuron": range(width), "other_neuron": range(width)},
    )  # fmt: skip


def test_ranks_equal_a_plain_loop_over_seeds():
    results = networks(noise=2.0)
    rows = rank_claims(results, "alpha", entropy_sign=1, paper=PAPER)
    accuracy = results.final_validation_accuracy.values
    for row, taken in zip(rows, ("entropy", "mutual_information"), strict=True):
        means = np.empty((5, 3))
        for at in np.ndindex(5, 3):
            values = results[taken].values[at]
            if taken == "mutual_information":
                values = -values.reshape(16, 16)[~np.eye(16, dtype=bool)]
            means[at] = values.mean()
        taus = [kendalltau(means[:, s], accuracy[:, s]).statistic for s in range(3)]
        assert row.effect == pytest.approx(tuple(taus))
        pooled = kendalltau(means.mean(axis=1), accuracy.mean(axis=1)).statistic
        assert row.here == f"τ = {np.mean(taus):.2f} (means over seeds: {pooled:.2f})"


def test_draws_of_a_rank_are_ranks_and_wider_for_neurons_that_differ_more():
    quiet, loud = (
        rank_claims(networks(noise=noise), "alpha", entropy_sign=1, paper=PAPER)
        for noise in (0.01, 2.0)
    )
    for first, second in zip(quiet, loud, strict=True):
        assert set(first.draws) == {1.0}
        assert first.verdict == "holds"
        assert np.abs(second.draws).max() <= 1.0
        assert second.draws.std() > 0.05


def test_one_seed_has_no_means_over_seeds():
    rows = rank_claims(networks(n_seeds=1), "alpha", entropy_sign=1, paper=PAPER)
    assert [row.here for row in rows] == ["τ = 1.00", "τ = 1.00"]


def test_padding_and_pairs_within_layers_can_be_ranked():
    results = networks()
    padded = results.pad(neuron=(0, 3), other_neuron=(0, 3)).assign_coords(
        neuron=range(11), other_neuron=range(11)
    )
    for plain, other in zip(
        rank_claims(results, "alpha", entropy_sign=1, paper=PAPER),
        rank_claims(padded, "alpha", entropy_sign=1, paper=PAPER),
        strict=True,
    ):
        assert plain.effect == other.effect
        np.testing.assert_allclose(plain.draws, other.draws)
    diagonal = xr.DataArray(range(2), dims="layer")
    blocks = results.mutual_information.isel(layer=diagonal, other_layer=diagonal)
    results["mutual_information"] = blocks.drop_vars("other_layer")
    rows = rank_claims(results, "alpha", entropy_sign=1, paper=PAPER)
    assert rows[1].effect == (1.0, 1.0, 1.0)


def test_rows_of_layers_have_the_medians_and_draws_around_them():
    results = networks()
    paper = xr.Dataset(
        {
            "median_entropy": (("layer", "alpha"), np.array([[3.0, 2.0], [2.5, 1.5]])),
            "mutual_information": ("layer", np.array(["up", ""], dtype=object)),
        },
        {"layer": [1, 2], "alpha": [0.0, 1.0]},
    )
    rows = layer_claims(results, "alpha", 0.0, 1.0, entropy_direction=-1, paper=paper)
    assert [row.where for row in rows] == ["fc1", "fc2", "fc1", "fc2"]
    assert [row.paper for row in rows] == ["3.00 → 2.00", "2.50 → 1.50", "up", "not reported"]
    assert [row.verdict for row in rows] == ["holds"] * 4
    medians = median_within_layers(results.mutual_information)
    expected = (medians.sel(alpha=1.0) - medians.sel(alpha=0.0)).sel(layer="fc2").values
    assert rows[3].effect == pytest.approx(tuple(expected))
    for row in rows:
        assert abs(row.draws.mean() - np.mean(row.effect)) < 0.15
        assert row.draws.std() > 0
    one = within_layer(results.mutual_information, "fc2")
    assert one.dims == ("alpha", "seed", "neuron", "other_neuron")
