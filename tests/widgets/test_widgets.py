"""Panels redraw on a change, stay visible without a kernel, and say what is wrong."""

from __future__ import annotations

import base64

import ipywidgets
import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.plots.picture import subplots
from infonb.widgets import Panel, explore_decision, explore_neurons


@pytest.fixture
def activation():
    rng = np.random.default_rng(0)
    acts = inb.from_arrays(
        {"fc1": rng.normal(size=(80, 5)), "fc2": rng.normal(size=(80, 3))},
        coords={"label": np.arange(80) % 2},
    ).activation
    both = [acts, 2 * acts]
    return xr.concat(both, dim=xr.Variable("alpha", [0.0, 1.0]), coords="minimal")


def test_every_control_redraws(activation):
    panel = explore_neurons(activation, bins=10)
    for name, value in [
        ("level", 0.0), ("layer", "fc1"), ("neuron", 2), ("other", 3), ("bins", 20),
        ("edges", "neuron"),
    ]:  # fmt: skip
        before = panel.image.value
        panel.controls[name].value = value
        assert panel.image.value != before, name
        assert panel.value[name] == value


def test_the_numbers_shown_are_measured(activation):
    panel = explore_neurons(activation, bins=10, edges="common")
    panel.controls["level"].value = 1.0
    panel.controls["layer"].value = "fc1"
    panel.controls["neuron"].value = 1
    panel.controls["other"].value = 4
    network = activation.sel(alpha=1.0)
    h = float(inb.entropy(network, bins=10).sel(layer="fc1", neuron=1))
    pair = inb.mutual_information(network).sel(layer="fc1", other_layer="fc1")
    assert f"H = {h:.2f} nat" in panel.alt
    assert f"I = {float(pair.sel(neuron=1, other_neuron=4)):.2f} nat" in panel.alt


def test_the_picture_says_which_network_it_shows(activation):
    panel = explore_neurons(activation, bins=10, interactive=False)
    assert "α = 1, fc2, neuron 0" in panel.alt
    panel = explore_neurons(activation, bins=10)
    panel.controls["level"].value = 0.0
    assert "α = 0, fc2, neuron 0" in panel.alt
    # a single network has no level to name
    assert "bins, fc2, neuron 0" in explore_neurons(activation.sel(alpha=0.0), bins=10).alt


def test_a_pair_with_ties_shows_the_mixture_estimate(activation):
    relu = activation.clip(min=0)
    alt = explore_neurons(relu, bins=10).alt
    pair = inb.mutual_information(relu.sel(alpha=1.0, layer="fc2"), estimator="mixture")
    assert f"I = {float(pair.sel(neuron=0, other_neuron=1)):.2f} nat (mixture: ties)" in alt


def test_a_neuron_beyond_a_narrow_layer_is_its_last(activation):
    panel = explore_neurons(activation, bins=10)
    panel.controls["layer"].value = "fc2"
    panel.controls["neuron"].value = 4
    assert panel.message.value == ""
    assert "fc2, neuron 2" in panel.alt


def test_live_panel_shows_widgets_and_the_picture(activation):
    panel = explore_neurons(activation, bins=10)
    data, metadata = panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert base64.b64decode(data["image/png"]) == panel.image.value
    assert metadata["image/png"]["alt"] == panel.alt


def test_the_picture_shown_again_is_the_current_one(activation):
    panel = explore_neurons(activation, bins=10)
    panel.controls["bins"].value = 40
    data, metadata = panel._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == panel.image.value
    assert "40 bins" in metadata["image/png"]["alt"]


def test_report_panel_is_a_picture_only(activation):
    data, _ = explore_neurons(activation, bins=10, interactive=False)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" not in data
    assert "image/png" in data


def test_an_error_is_said_beside_the_picture_which_stays():
    def draw(bins):
        if bins > 5:
            raise ValueError("too many bins <script>")
        return subplots(alt=f"{bins} bins")[0]

    panel = Panel(draw, {"bins": ipywidgets.IntSlider(3, description="bins")})
    panel.controls["bins"].value = 6
    assert "too many bins &lt;script&gt;" in panel.message.value
    assert panel.alt == "3 bins"
    panel.controls["bins"].value = 4
    assert panel.message.value == ""


def test_a_dataset_or_one_layer_will_do(activation):
    dataset = activation.drop_vars("label").to_dataset(name="activation")
    assert explore_neurons(dataset, bins=5).alt
    assert explore_neurons(activation.sel(layer="fc1"), bins=5).value["layer"] == "fc1"


def test_sliders_redraw_once_per_choice(activation):
    panel = explore_neurons(activation, bins=10)
    assert not panel.controls["bins"].continuous_update


def test_every_control_has_a_label(activation):
    for control in explore_neurons(activation, bins=10).controls.values():
        assert control.description or control.tooltip


def test_decision_panel_moves_c1():
    probability = xr.DataArray(
        np.linspace(0, 1, 2 * 3 * 16).reshape(2, 3, 4, 4), dims=("network", "c1", "y", "x"),
        coords={"network": ["a", "b"], "c1": [-3.0, 0.0, 3.0],
                "x": np.arange(4.0), "y": np.arange(4.0)},
    )  # fmt: skip
    panel = explore_decision(probability, {})
    before = panel.image.value
    assert "c1 = 0" in panel.alt
    panel.controls["c1"].value = 3.0
    assert panel.image.value != before
    assert "c1 = 3" in panel.alt
