"""A neuron up close: the numbers shown are those of the measures, whatever is chosen."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.widgets import explore_neurons


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
    for name, value, drawn in [
        ("level", 0.0, "both"), ("layer", "fc1", "both"), ("neuron", 2, "both"),
        ("other", 3, "scatter"), ("bins", 20, "histogram"), ("edges", "neuron", "both"),
    ]:  # fmt: skip
        before = {key: image.value for key, image in panel.images.items()}
        panel.controls[name].value = value
        for key, image in panel.images.items():
            assert (image.value != before[key]) == (drawn in (key, "both")), (name, key)
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
    assert "samples: fc2, neuron 0" in explore_neurons(activation.sel(alpha=0.0), bins=10).alt


def test_a_pair_with_ties_shows_the_mixture_estimate(activation):
    relu = activation.clip(min=0)
    alt = explore_neurons(relu, bins=10).alt
    pair = inb.mutual_information(relu.sel(alpha=1.0, layer="fc2"), estimator="mixture")
    assert f"I = {float(pair.sel(neuron=0, other_neuron=1)):.2f} nat (mixture: ties, k = 3)" in alt


def test_a_neuron_beyond_a_narrow_layer_is_its_last(activation):
    panel = explore_neurons(activation, bins=10)
    panel.controls["layer"].value = "fc2"
    panel.controls["neuron"].value = 4
    assert panel.message.value == ""
    assert "fc2, neuron 2" in panel.alt


def test_report_panel_is_a_picture_only(activation):
    data, _ = explore_neurons(activation, bins=10, interactive=False)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" not in data
    assert "image/png" in data


def test_a_dataset_or_one_layer_will_do(activation):
    dataset = activation.drop_vars("label").to_dataset(name="activation")
    assert explore_neurons(dataset, bins=5).alt
    assert explore_neurons(activation.sel(layer="fc1"), bins=5).value["layer"] == "fc1"


def test_every_control_has_a_label(activation):
    for control in explore_neurons(activation, bins=10).controls.values():
        assert control.description or control.tooltip


def test_a_single_neuron_has_no_pair(activation):
    one = activation.sel(alpha=1.0).isel(neuron=[0], layer=[0]).assign_coords(width=("layer", [1]))
    alt = explore_neurons(one, bins=10, interactive=False).alt
    assert "a neuron with itself" in alt
    assert "I =" not in alt
