"""Declared rows: changes, trends, rankings; what is missing; against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau

from infonb.claims import Compare, Rank, Trend, change, change_of_median, claims_table
from infonb.claims.table import claim_row
from infonb.dims import median_within_layers, within_layer, within_layers


def ranks(results, entropy_sign):
    rows = [
        Rank("mean entropy", "entropy", entropy_sign, paper="τ = 1.00"),
        Rank("mean MI", "mutual_information", -entropy_sign, paper="τ = 0.88"),
    ]
    return [claim for row in rows for claim in row.claims(results, "alpha")]


def compared(row, results, over="alpha"):
    assert not row.missing(results, over)
    return row.claims(results, over)


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
    rows = ranks(ranked([3, 2, 1], [0.9, 0.8, 0.7]), 1)
    assert [row.effect for row in rows] == [(1.0,), (1.0,)]
    assert rows[1].paper == "τ = 0.88"
    assert {row.bounds for row in rows} == {(-1.0, 1.0)}  # no interval of τ goes beyond


def test_rank_turns_with_the_kind_of_memorization():
    rows = ranks(ranked([1, 2, 3], [0.9, 0.8, 0.7]), -1)
    assert [row.effect for row in rows] == [(1.0,), (1.0,)]


def test_rank_of_equal_networks_is_zero_not_nan():
    rows = ranks(ranked([1, 1, 1], [0.9, 0.8, 0.7]), 1)
    assert [row.effect for row in rows] == [(0.0,), (0.0,)]


def test_two_levels_cannot_be_ranked():
    assert not ranks(ranked([1, 2], [0.9, 0.8]), 1)


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
    rows = ranks(results, 1)
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
    quiet, loud = (ranks(networks(noise=noise), 1) for noise in (0.01, 2.0))
    for first, second in zip(quiet, loud, strict=True):
        assert set(first.draws) == {1.0}
        assert first.verdict == "holds"
        assert np.abs(second.draws).max() <= 1.0
        assert second.draws.std() > 0.05


def test_one_seed_has_no_means_over_seeds():
    rows = ranks(networks(n_seeds=1), 1)
    assert [row.here for row in rows] == ["τ = 1.00", "τ = 1.00"]


def test_padding_and_pairs_within_layers_can_be_ranked():
    results = networks()
    padded = results.pad(neuron=(0, 3), other_neuron=(0, 3)).assign_coords(
        neuron=range(11), other_neuron=range(11)
    )
    for plain, other in zip(
        ranks(results, 1),
        ranks(padded, 1),
        strict=True,
    ):
        assert plain.effect == other.effect
        np.testing.assert_allclose(plain.draws, other.draws)
    diagonal = xr.DataArray(range(2), dims="layer")
    blocks = results.mutual_information.isel(layer=diagonal, other_layer=diagonal)
    results["mutual_information"] = blocks.drop_vars("other_layer")
    rows = ranks(results, 1)
    assert rows[1].effect == (1.0, 1.0, 1.0)


def test_rows_of_layers_have_the_medians_and_draws_around_them():
    results = networks()
    rows = compared(
        Compare(
            "median entropy {rises}", "entropy", -1, paper=lambda where, *ends: f"{where} {ends}"
        ),
        results,
    ) + compared(Compare("median MI {rises}", "mutual_information", 1, paper="up"), results)
    assert [row.statement for row in rows[1:3]] == ["median entropy falls", "median MI rises"]
    assert [row.where for row in rows] == ["fc1", "fc2", "fc1", "fc2"]
    assert [row.paper for row in rows] == ["fc1 (0.0, 1.0)", "fc2 (0.0, 1.0)", "up", "up"]
    assert [row.verdict for row in rows] == ["holds"] * 4
    medians = median_within_layers(results.mutual_information)
    expected = (medians.sel(alpha=1.0) - medians.sel(alpha=0.0)).sel(layer="fc2").values
    assert rows[3].effect == pytest.approx(tuple(expected))
    for row in rows:
        assert abs(row.draws.mean() - np.mean(row.effect)) < 0.15
        assert row.draws.std() > 0
    one = within_layer(results.mutual_information, "fc2")
    assert one.dims == ("alpha", "seed", "neuron", "other_neuron")


def test_each_row_is_what_change_of_median_finds():
    results = networks()
    rows = compared(Compare("entropy", "entropy", -1, between=(0.25, 0.75)), results)
    for row, layer in zip(rows, ("fc1", "fc2"), strict=True):
        found = change_of_median(results.entropy.sel(layer=layer), "alpha", 0.25, 0.75)
        assert (row.here, row.effect) == (found.here, found.effect)
        np.testing.assert_array_equal(row.draws, found.draws)
    (row,) = compared(Compare("accuracy", "final_validation_accuracy", -1), results)
    found = change(results.final_validation_accuracy, "alpha", 0.0, 1.0)
    assert (row.where, row.here, row.effect) == ("network", found.here, found.effect)
    np.testing.assert_array_equal(row.draws, found.draws)


@pytest.mark.parametrize("name", ["entropy", "mutual_information"])
def test_mean_of_layers_is_the_mean_of_their_effects(name):
    results = networks()
    *layers, mean = compared(Compare("x", name, 1, mean_of_layers=True), results)
    assert [row.where for row in layers] == ["fc1", "fc2"]
    assert mean.where == "mean of layers"
    np.testing.assert_allclose(mean.effect, np.mean([row.effect for row in layers], axis=0))
    assert mean.draws.std() < max(row.draws.std() for row in layers)  # layers even out
    (only,) = compared(Compare("x", name, 1, each=None, mean_of_layers=True), results)
    assert only.effect == mean.effect
    np.testing.assert_array_equal(only.draws, mean.draws)


def test_several_pairs_turn_the_direction_and_name_their_levels():
    row = Compare(
        "{end} {above} {start}", "entropy", 1, each=None, mean_of_layers=True,
        between=lambda runs: [(0.0, 1.0, -1), (1.0, 0.0)],
        paper=lambda where, start, end: f"{where}: {start} {end}",
    )  # fmt: skip
    down, up = compared(row, networks())
    assert (down.statement, down.direction, down.verdict) == ("1.0 below 0.0", -1, "holds")
    assert (up.statement, up.direction, up.verdict) == ("0.0 above 1.0", 1, "holds")
    assert up.paper == "mean of layers: 1.0 0.0"
    np.testing.assert_allclose(down.effect, -np.array(up.effect))


def test_levels_that_are_names_or_of_another_dimension():
    results = networks().assign(accuracy=(("points", "seed"), np.array([[0.9] * 3, [0.5] * 3])))
    results = results.assign_coords(points=np.array(["bias", "anti"], dtype=object))
    (row,) = compared(Compare("falls", "accuracy", -1, over="points"), results)
    assert (row.here, row.verdict) == ("0.90 → 0.50", "holds")  # first → last, not by alphabet
    (row,) = Compare(
        lambda runs: f"{runs.sizes['seed']} seeds", "accuracy", -1, over="points"
    ).claims(results, "alpha")
    assert row.statement == "3 seeds"


def test_a_row_for_each_label_of_several_dimensions():
    results = xr.concat([networks(), networks(noise=0.1)], dim="checkpoint")
    results = results.assign_coords(checkpoint=[1, 2])
    rows = compared(Compare("x", "entropy", -1, each=("checkpoint", "layer")), results)
    assert [row.where for row in rows] == ["1, fc1", "1, fc2", "2, fc1", "2, fc2"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Compare("entropy {rises}", "entropy", -1), "entropy falls (only one alpha: 0.0)"),
        (Compare("x", "entropy", -1, between=(0.0, 0.5)), "x (no alpha 0.5)"),
        (Compare("x", "entropy", -1, between=(3.0, 7.0)), "x (no alpha 3.0 and 7.0)"),
        (Trend("y", "entropy", -1), "y (fewer than three levels of alpha)"),
        (Rank("z", "entropy", -1), "z (fewer than three levels of alpha)"),
    ],
)
def test_what_is_missing_makes_no_row_and_one_clear_line(row, words):
    one = networks().isel(alpha=[0])
    assert row.claims(one, "alpha") == []
    assert row.missing(one, "alpha") == [words]
    table = claims_table([row, row], one, "alpha", "Words.")
    assert not table.claims
    assert table.caption == f"Words. Not compared: {words}."


def test_a_layer_or_seed_without_values_is_left_out_and_told():
    results = networks()
    results.entropy[:, 1] = np.nan  # the second seed
    for row, n in (
        (Compare("x", "entropy", -1, mean_of_layers=True), 3),
        (Trend("y", "entropy", -1), 1),
    ):
        rows = compared(row, results)
        assert [len(claim.effect) for claim in rows] == [2] * n
    (ranked_row,) = Rank("z", "entropy", 1).claims(results, "alpha")
    assert len(ranked_row.effect) == 2
    results.entropy[:, :, 1] = np.nan  # the second layer
    row = Compare("x", "entropy", -1, mean_of_layers=True)
    assert [claim.where for claim in row.claims(results, "alpha")] == ["fc1"]
    assert row.missing(results, "alpha") == [
        "x (fc2: no finite values)", "x (mean of layers: no finite values)"
    ]  # fmt: skip
    accuracy = results.final_validation_accuracy
    accuracy[0, 2] = np.nan
    (row,) = compared(Compare("x", "final_validation_accuracy", -1), results)
    assert len(row.effect) == 2
    accuracy[:] = np.nan
    for row in (Compare("x", "final_validation_accuracy", -1), Rank("x", "mutual_information", 1)):
        assert not row.claims(results, "alpha")
        assert "no " in row.missing(results, "alpha")[0]


def test_without_the_dimension_seed_there_is_one_and_nothing_is_clear():
    results = networks().isel(seed=0, drop=True)
    rows = [Compare("a", "entropy", -1), Compare("b", "final_validation_accuracy", -1)]
    rows += [Trend("c", "mutual_information", 1), Rank("d", "entropy", 1)]
    for row in rows:
        for claim in compared(row, results):
            assert len(claim.effect) == 1
            assert claim.verdict == "too close to tell"


def test_trend_is_the_tau_of_the_mean_medians():
    results = networks(noise=2.0)
    (row,) = compared(Trend("MI {rises} with α", "mutual_information", 1), results)
    middle = median_within_layers(results.mutual_information).mean("layer").values
    taus = [kendalltau(results.alpha.values, middle[:, s]).statistic for s in range(3)]
    assert row.effect == pytest.approx(tuple(taus))
    assert (row.statement, row.where, row.n_levels) == ("MI rises with α", "mean of layers", 5)
    rows = compared(Trend("x", "entropy", 1, each="layer"), results)
    assert [claim.where for claim in rows] == ["fc1", "fc2"]
    (row,) = compared(Trend("x", "final_validation_accuracy", -1), results)
    assert (row.where, row.verdict) == ("network", "holds")


def test_trend_of_levels_with_names_goes_by_their_order():
    results = networks(noise=0.01).assign_coords(alpha=np.array(list("zyxwv"), dtype=object))
    (row,) = compared(Trend("x", "entropy", -1), results)
    assert row.effect == (-1.0, -1.0, -1.0)


def test_pairs_within_layers_only_give_the_same_rows():
    results = networks()
    blocks = results.assign(mutual_information=within_layers(results.mutual_information))
    row = Compare("x", "mutual_information", 1, mean_of_layers=True)
    for one, other in zip(compared(row, results), compared(row, blocks), strict=True):
        assert one.effect == other.effect
        np.testing.assert_array_equal(one.draws, other.draws)


def test_an_unknown_value_or_dimension_is_an_error_with_the_choices():
    with pytest.raises(ValueError, match="Did you mean 'entropy'"):
        Compare("x", "entropi", 1).claims(networks(), "alpha")
    with pytest.raises(ValueError, match="dim 'beta' not found"):
        Compare("x", "entropy", 1).claims(networks(), "beta")
    with pytest.raises(ValueError, match="direction"):
        Compare("x", "entropy", 0)


def shares(*pairs):
    values = xr.DataArray(np.array(pairs).T, {"alpha": [0, 1]}, ("alpha", "seed"), name="accuracy")
    return values.to_dataset()


def test_intervals_of_shares_end_at_what_is_possible():
    runs = shares([0.99, 0.95], [0.95, 0.05])  # Student's t of two seeds is wide
    free, share, lost = (
        compared(Compare("{rises}", "accuracy", -1, **limits), runs)[0]
        for limits in ({}, {"limits": (0, 1)}, {"limits": (-1, 1)})
    )
    shown = [claim_row(claim)["95 % t (seeds)"] for claim in (free, share, lost)]
    assert shown == ["−5.93 … +4.99", "−1.00 … +1.00", "−2.00 … +2.00"]
    assert free.verdict == share.verdict == lost.verdict == "too close to tell"
    assert free.bounds == (-np.inf, np.inf)


def test_a_value_beyond_its_limits_is_told():
    runs = shares([0.99, 55.0], [np.nan, 0.5])
    with pytest.raises(ValueError, match=r"accuracy has the value 55, beyond .* 0 and 1;"):
        Compare("{rises}", "accuracy", -1, limits=(0, 1)).claims(runs, "alpha")
    almost = shares([0.99, np.nextafter(1, 2)])
    assert Compare("{rises}", "accuracy", -1, limits=(0, 1)).claims(almost, "alpha")
