"""Medians within layers, rankings, sensitivity: against values that are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.experiments.rows import median_within_layers, rank_claims, sensitivity

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


def test_rank_turns_with_the_kind_of_memorization():
    rows = rank_claims(ranked([1, 2, 3], [0.9, 0.8, 0.7]), "alpha", entropy_sign=-1, paper=PAPER)
    assert [row.effect for row in rows] == [(1.0,), (1.0,)]


def test_rank_of_equal_networks_is_zero_not_nan():
    rows = rank_claims(ranked([1, 1, 1], [0.9, 0.8, 0.7]), "alpha", entropy_sign=1, paper=PAPER)
    assert [row.effect for row in rows] == [(0.0,), (0.0,)]


def test_two_levels_cannot_be_ranked():
    assert not rank_claims(ranked([1, 2], [0.9, 0.8]), "alpha", entropy_sign=1, paper=PAPER)


def test_sensitivity_to_scale_is_gone_with_own_bins():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(1, 6, 400))
    one[0, 0] *= 50  # one neuron sets the common range
    wide = xr.DataArray(
        np.stack([one, one]), {"alpha": [0, 1], "layer": ["a"], "neuron": np.arange(6)},
        ("alpha", "layer", "neuron", "sample"),
    )  # fmt: skip
    wide.values[1, 0, 0] /= 50
    frame = sensitivity(wide, "alpha", 0, 1, bins=[30])
    assert frame.loc[("common", 30), "a"] > 1.0
    assert frame.loc[("own", 30), "a"] == pytest.approx(0.0, abs=1e-12)
