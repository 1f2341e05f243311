"""Every control of the panel redraws from the grid; its words are those of the grid."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims.sensitivity import sensitivity
from infonb.claims.sentences import conclusion
from infonb.widgets import explore_sensitivity
from infonb.widgets.sensitivity import _draw


@pytest.fixture(scope="module")
def acts():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 2, 10, 150))
    values[1] += 1.5 * rng.normal(size=(2, 1, 150))
    return xr.DataArray(
        values, {"alpha": [0.0, 1.0], "layer": np.array(["fc1", "fc2"], dtype=object)},
        ("alpha", "layer", "neuron", "sample"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def grid(acts):
    return sensitivity(acts, "alpha", 0.0, 1.0, bins=[10, 100, 300], k=[1, 3], direction=-1)


def test_it_starts_with_the_settings_of_the_paper(grid):
    assert explore_sensitivity(grid).value == {
        "layer": "fc1", "edges": "common", "bins": 100, "k": 3, "n_samples": 150,
    }  # fmt: skip


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


def test_the_words_are_those_of_the_chosen_setting(grid):
    panel = explore_sensitivity(grid)
    panel.controls["bins"].value = 10
    panel.controls["layer"].value = "fc2"
    shared = {"n_samples": 150, "layer": "fc2"}
    assert conclusion(grid, "entropy", edges="common", bins=10, **shared) in panel.alt
    assert conclusion(grid, "mutual_information", k=3, **shared) in panel.alt
    assert "10 common bins" in panel.alt


def test_boxes_hold_the_measured_neurons(grid):
    picture = _draw(grid, "fc1", "neuron", 10, 3, 150)
    medians = [
        line.get_xdata()[0]
        for line in picture.axes[0].lines
        if line.get_color() == "black" and line.get_linewidth() == 2
    ]
    expected = grid.median_entropy.sel(layer="fc1", edges="neuron", bins=10, n_samples=150)
    np.testing.assert_allclose(medians, expected)
    ticks = [line.get_xdata()[0] for line in picture.axes[1].lines if len(line.get_xdata()) == 1]
    expected = grid.median_mutual_information.sel(layer="fc1", k=3, n_samples=150)
    np.testing.assert_allclose(ticks, expected)


def test_activations_are_measured_on_the_way(acts):
    panel = explore_sensitivity(
        acts, "alpha", 0.0, 1.0, bins=[10], k=[3], samples=[150], interactive=False
    )
    assert panel.value["bins"] == 10
    data, _ = panel._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}


def test_what_is_no_grid_is_refused(grid):
    with pytest.raises(ValueError, match="the data set is no grid of settings"):
        explore_sensitivity(xr.Dataset())
    with pytest.raises(ValueError, match="the grid is measured already"):
        explore_sensitivity(grid, bins=[10])


def test_what_is_missing_is_told():
    with pytest.raises(TypeError, match="activation must be an xarray DataArray"):
        explore_sensitivity(np.zeros((2, 3)), "alpha", 0.0, 1.0)
    acts = xr.DataArray(np.zeros((2, 1, 3, 5)), dims=("alpha", "layer", "neuron", "sample"))
    with pytest.raises(ValueError, match="give the dimension of the levels and the two levels"):
        explore_sensitivity(acts)
