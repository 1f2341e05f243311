"""A grid of settings has in each cell what the closing table would say of it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims import Compare, compare_settings, interval
from infonb.claims.bootstrap import bootstrap_interval, change, change_of_median
from infonb.claims.grid import axes_of, claimed_direction, measures_of, outcomes
from infonb.dims import within_layers

WAYS = {"entropy": 1, "mutual_information": -1}
PAIRS = [("a", "b", 1), ("a", "c", -1), ("c", "b")]


@pytest.fixture(scope="module")
def values():
    """Three networks, of which b lies above a and c between, but not with all edges."""
    rng = np.random.default_rng(0)
    names = np.array(["a", "b", "c"], dtype=object)
    edges = np.array(["common", "neuron"], dtype=object)
    entropy = rng.normal(size=(3, 3, 2, 2, 2, 20))
    entropy += np.array([0.0, 3.0, 0.5])[:, None, None, None, None, None]
    entropy[1, :, :, 1] -= 6.0
    pairs = rng.normal(size=(3, 3, 2, 2, 9, 2, 9))
    pairs = pairs + pairs.transpose(0, 1, 2, 5, 6, 3, 4)
    pairs[1] -= 4.0
    coords = {"network": names, "seed": [0, 1, 2], "points": [1, 2], "layer": ["x", "y"]}
    return {
        "entropy": xr.DataArray(
            entropy, {**coords, "edges": edges},
            ("network", "seed", "points", "edges", "layer", "neuron"),
        ),
        "mutual_information": xr.DataArray(
            pairs, {**coords, "other_layer": ["x", "y"]},
            ("network", "seed", "points", "layer", "neuron", "other_layer", "other_neuron"),
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def grid(values):
    return compare_settings(values, "network", PAIRS[0], WAYS)


@pytest.fixture(scope="module")
def several(values):
    return compare_settings(values, "network", PAIRS, WAYS, mean_of_layers=True)


def test_axes_are_the_other_dimensions(grid, several):
    assert measures_of(grid) == ["entropy", "mutual_information"]
    assert axes_of(grid, "entropy") == ["points", "edges"]
    assert axes_of(several, "mutual_information") == ["comparison", "points"]
    assert list(several.layer.values) == ["mean of layers"]
    assert list(several.comparison.values) == ["a → b", "a → c", "c → b"]


def test_a_cell_is_what_change_of_median_and_the_table_say(values, grid):
    cells = {
        "entropy": values["entropy"].sel(points=2, edges="neuron", layer="y"),
        "mutual_information": within_layers(values["mutual_information"]).sel(points=2, layer="y"),
    }
    for name, cell in cells.items():
        found = change_of_median(cell, "network", "a", "b")
        row = Compare("x", lambda _, cell=cell: cell, WAYS[name], each=None, between=("a", "b"))
        (claim,) = row.claims(xr.Dataset(), "network")
        part = grid.sel(
            {"points": 2, "layer": "y"} | ({"edges": "neuron"} if name == "entropy" else {})
        )
        assert part[f"{name}_change"] == pytest.approx(np.mean(found.effect), abs=0)
        np.testing.assert_array_equal(part[f"{name}_interval"], bootstrap_interval(found.draws, 3))
        np.testing.assert_array_equal(part[f"{name}_student"], interval(found.effect))
        assert part[f"{name}_verdict"] == claim.verdict
        medians = part[f"median_{name}"].transpose("end", "seed").values
        np.testing.assert_allclose(medians[1] - medians[0], found.effect)


def test_comparisons_and_means_of_layers_are_those_of_the_rows(values, several):
    one = values["entropy"].sel(points=1, edges="common")
    row = Compare("x", lambda _: one, 1, each=None, between=PAIRS, mean_of_layers=True)
    claims = row.claims(xr.Dataset(), "network")
    part = several.sel(points=1, edges="common", layer="mean of layers")
    for claim, name in zip(claims, several.comparison.values, strict=True):
        cell = part.sel(comparison=name)
        assert cell.entropy_verdict == claim.verdict
        np.testing.assert_array_equal(cell.entropy_interval, claim.bootstrap)
        assert float(cell.entropy_change) == np.mean(claim.effect)
    assert several.entropy_claimed.values.tolist() == [1, -1, 1]
    assert several.mutual_information_claimed.values.tolist() == [-1, 1, -1]


def test_verdicts_turn_with_the_claim_and_outcomes_do_not(values, grid):
    assert set(grid.entropy_verdict.sel(edges="common").values.ravel()) == {"holds"}
    assert set(grid.entropy_verdict.sel(edges="neuron").values.ravel()) == {"does not hold"}
    turned = compare_settings(values, "network", ("a", "b"), {"entropy": -1})
    np.testing.assert_array_equal(outcomes(turned, "entropy"), outcomes(grid, "entropy"))
    plain = compare_settings(values, "network", ("a", "b"))
    assert set(plain.entropy_verdict.values.ravel()) == {"rises", "falls"}
    np.testing.assert_array_equal(outcomes(plain, "entropy"), outcomes(grid, "entropy"))
    assert claimed_direction(plain, "entropy") is None
    assert claimed_direction(grid, "mutual_information") == -1


def test_numbers_of_networks_have_no_neurons():
    numbers = xr.DataArray(
        [[[0.1, 0.2], [0.1, 0.3]], [[0.6, 0.8], [0.7, 0.2]]],
        {"alpha": [0, 1], "k": [1, 3]}, ("alpha", "seed", "k"),
    )  # fmt: skip
    grid = compare_settings({"score": numbers}, "alpha", (0, 1), {"score": 1})
    assert grid.score_change.dims == ("k", "layer")
    assert list(grid.layer.values) == ["network"]
    found = change(numbers.sel(k=1), "alpha", 0, 1)
    np.testing.assert_allclose(grid.score_change.sel(k=1, layer="network"), np.mean(found.effect))
    assert grid.score_change.attrs["units"] == "nat"


def test_what_was_not_measured_is_said_and_a_seed_without_values_left_out(values):
    entropy = values["entropy"].copy(deep=True)
    entropy.loc[{"points": 1, "edges": "common", "layer": "x"}] = np.nan
    entropy.loc[{"points": 2, "seed": 1, "network": "b"}] = np.nan
    grid = compare_settings({"entropy": entropy}, "network", PAIRS[:2], WAYS)
    cell = grid.sel(points=1, edges="common", layer="x")
    assert set(cell.entropy_verdict.values) == {"not measured"}
    assert np.isnan(outcomes(cell, "entropy")).all()
    part = grid.sel(points=2, edges="common", layer="y")
    known = np.isfinite(part.median_entropy).all("end")
    assert known.sel(comparison="a → b").values.tolist() == [True, False, True]
    assert known.sel(comparison="a → c").values.tolist() == [True, True, True]
    assert np.isfinite(part.entropy_change).all()


def test_neurons_that_were_not_drawn_change_nothing(values, grid):
    wide = {name: one.pad(neuron=(0, 4)) for name, one in values.items()}
    wide["mutual_information"] = wide["mutual_information"].pad(other_neuron=(0, 4))
    padded = compare_settings(wide, "network", ("a", "b"), WAYS)
    for name in ("entropy_interval", "mutual_information_interval", "mutual_information_verdict"):
        np.testing.assert_array_equal(padded[name], grid[name])


def test_errors_name_the_choices(values):
    with pytest.raises(ValueError, match="network must be one of 'a', 'b', 'c'; not 'd'"):
        compare_settings(values, "network", ("a", "d"))
    with pytest.raises(ValueError, match="dim 'networks' not found"):
        compare_settings(values, "networks", ("a", "b"))
    with pytest.raises(ValueError, match="direction of entropy must be one of None, 1, -1"):
        compare_settings(values, "network", ("a", "b"), {"entropy": 2})
    with pytest.raises(ValueError, match="the data set is no grid of settings"):
        measures_of(xr.Dataset())


def test_an_unknown_measure_is_refused(grid):
    with pytest.raises(ValueError, match="measure must be one of"):
        outcomes(grid, "information")
