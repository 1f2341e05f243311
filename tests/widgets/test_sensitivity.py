"""Every control of the panel redraws from the grid; its words are those of the grid."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims import compare_settings
from infonb.claims.sensitivity import sensitivity
from infonb.claims.sentences import describe_setting
from infonb.widgets import explore_sensitivity
from infonb.widgets.sensitivity import _draw


@pytest.fixture(scope="module")
def grid():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 3, 2, 10, 150))
    values[1] += 1.5 * rng.normal(size=(3, 2, 1, 150))
    acts = xr.DataArray(
        values, {"alpha": [0.0, 1.0], "layer": np.array(["fc1", "fc2"], dtype=object)},
        ("alpha", "seed", "layer", "neuron", "sample"),
    )  # fmt: skip
    return sensitivity(acts, "alpha", 0.0, 1.0, bins=[10, 100, 300], k=[1, 3], direction=-1)


def test_it_starts_with_the_settings_of_the_paper(grid):
    panel = explore_sensitivity(grid)
    assert panel.value == {
        "layer": "fc1", "edges": "common", "bins": 100, "n_samples": 150, "k": 3,
    }  # fmt: skip
    labels = {name: control.description for name, control in panel.controls.items()}
    assert labels["k"] == "neighbours k"


def test_every_control_redraws(grid):
    panel = explore_sensitivity(grid)
    for name, value in [
        ("layer", "fc2"), ("edges", "neuron"), ("bins", 10), ("k", 1), ("n_samples", 100),
    ]:  # fmt: skip
        before = panel.image.value
        panel.controls[name].value = value
        assert panel.message.value == ""
        assert panel.image.value != before, name
        assert panel.value[name] == value


def test_only_choices_with_more_than_one_label_have_a_control(grid):
    part = grid.sel(bins=[10], k=[3], n_samples=[150])
    panel = explore_sensitivity(part)
    assert set(panel.value) == {"layer", "edges"}
    assert "10 bins" in panel.alt


def test_the_words_are_those_of_the_chosen_setting(grid):
    panel = explore_sensitivity(grid)
    panel.controls["bins"].value = 10
    panel.controls["layer"].value = "fc2"
    shared = {"n_samples": 150, "layer": "fc2"}
    assert describe_setting(grid, "entropy", edges="common", bins=10, **shared) in panel.alt
    assert describe_setting(grid, "mutual_information", k=3, **shared) in panel.alt
    assert "common bins, 10 bins" in panel.alt


def test_boxes_hold_the_measured_neurons(grid):
    setting = {"layer": "fc1", "edges": "neuron", "bins": 10, "k": 3, "n_samples": 150}
    picture = _draw(grid, ["entropy", "mutual_information"], setting)
    medians = [
        line.get_xdata()[0]
        for line in picture.axes[0].lines
        if line.get_color() == "black" and line.get_linewidth() == 2
    ]
    one = grid.entropy.sel(layer="fc1", edges="neuron", bins=10, n_samples=150)
    np.testing.assert_allclose(medians, one.median(["seed", "neuron"]))
    ticks = [line.get_xdata()[0] for line in picture.axes[1].lines if len(line.get_xdata()) == 1]
    expected = grid.median_mutual_information.sel(layer="fc1", k=3, n_samples=150).mean("seed")
    np.testing.assert_allclose(ticks, expected)


def test_comparisons_and_numbers_of_networks_are_lines_of_seeds():
    values = np.random.default_rng(0).normal(size=(3, 2, 3))
    names = np.array(["a", "b", "c"], dtype=object)
    relu = np.array(["before", "after"], dtype=object)
    one = xr.DataArray(values, {"network": names, "relu": relu}, ("network", "relu", "seed"))
    grid = compare_settings({"entropy": one}, "network", [("a", "b"), ("a", "c")])
    panel = explore_sensitivity(grid)
    assert panel.value == {"comparison": "a → b", "relu": "before"}
    panel.controls["comparison"].value = "a → c"
    panel.controls["relu"].value = "after"
    assert panel.alt.startswith("a and c")
    picture = _draw(grid, ["entropy"], {"layer": "network", **panel.value})
    seeds = [line.get_xdata() for line in picture.axes[0].lines[:3]]
    np.testing.assert_allclose(seeds, values[[0, 2], 1].T)


def test_a_page_holds_the_picture_only(grid):
    data, _ = explore_sensitivity(grid, interactive=False)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}


def test_what_is_no_grid_is_refused(grid):
    with pytest.raises(ValueError, match="the data set is no grid of settings"):
        explore_sensitivity(xr.Dataset())
    with pytest.raises(TypeError, match="give a grid, what sensitivity returned; not DataArray"):
        explore_sensitivity(grid.entropy)
