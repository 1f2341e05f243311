"""Several networks in one explorer: a control a dimension, and bins that all of them share."""

from __future__ import annotations

import contextlib
from concurrent.futures import wait

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.widgets import explore, explore_neurons
from infonb.widgets.explorer.choice import Choice
from infonb.widgets.explorer.controls import activation_controls, keep_in_layer
from infonb.widgets.explorer.matrix import order_by_information
from infonb.widgets.explorer.measured import Measured

pytestmark = pytest.mark.slow

SCALES = np.array([[1.0, 2.0, 0.5], [3.0, 1.5, 4.0]])


@pytest.fixture
def activations():
    """Two strengths of a shortcut, three seeds: six networks, each as loud as said."""
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"fc1": rng.normal(size=(200, 6)), "fc2": rng.normal(size=(200, 4))})
    scales = xr.DataArray(SCALES, {"alpha": [0.0, 1.0], "seed": [3, 4, 7]}, ("alpha", "seed"))
    return (acts.activation * scales).transpose("alpha", "seed", ...)


def test_every_dimension_of_networks_has_a_control(activations):
    panel = explore(activations, bins=10)
    assert list(panel.controls)[:3] == ["level", "seed", "layer"]
    assert panel.controls["level"].description == "α"
    assert (panel.value["level"], panel.value["seed"]) == (1.0, 3)
    panel.set(level=0.0, seed=7, layer="fc1", neuron=2, other=5)
    assert panel.selection == {"alpha": 0.0, "seed": 7, "layer": "fc1", "neuron": [2, 5]}
    network = activations.sel(alpha=0.0, seed=7)
    h = float(inb.entropy(network, bins=10).sel(layer="fc1", neuron=2))
    assert "α = 0, seed = 7, fc1, neuron 2; H = " in panel.images["histogram"].alt
    assert f"H = {h:z.2f} nat" in panel.images["histogram"].alt
    pair = activations.sel(panel.selection)
    assert dict(pair.sizes) == {"neuron": 2, "sample": 200}
    by_seed = explore(activations, by="seed", bins=10)
    assert list(by_seed.controls)[:2] == ["level", "alpha"]
    assert by_seed.selection["seed"] == 7


def test_each_control_of_networks_draws_all_pictures(activations):
    panel = explore_neurons(activations, bins=10)
    for name, value in (("level", 0.0), ("seed", 4)):
        before = {key: image.value for key, image in panel.images.items()}
        panel.controls[name].value = value
        assert panel.message.value == ""
        assert all(image.value != before[key] for key, image in panel.images.items())


def test_a_step_to_another_network_is_measured_ahead(activations):
    panel = explore(activations, bins=10)
    wait(panel.measured._expected)
    before = panel.measured.matrix.cache_info().misses
    panel.measured.expect([])
    panel._look_ahead = lambda: None
    panel.set(seed=4)
    assert panel.measured.matrix.cache_info().misses == before
    panel.set(level=0.0)
    assert panel.measured.matrix.cache_info().misses == before + 1


@pytest.mark.parametrize(("level", "seed"), [(0.0, 3), (1.0, 7)])
def test_shared_bins_have_the_range_of_all_networks(activations, level, seed):
    panel = explore(activations, bins=10, edges="shared")
    panel.set(level=level, seed=seed, layer="fc1", neuron=1, other=2)
    edges = np.linspace(float(activations.min()), float(activations.max()), 11)
    network = activations.sel(alpha=level, seed=seed)
    h = inb.entropy(network, edges=edges)
    assert f"H = {float(h.sel(layer='fc1', neuron=1)):z.2f} nat" in panel.images["histogram"].alt
    assert "in 10 shared bins" in panel.images["histogram"].alt
    boxes = panel.images["boxes"].alt
    for layer in ("fc1", "fc2"):
        assert f"{layer} {float(h.sel(layer=layer).median()):z.2f}" in boxes
    binned = inb.mutual_information(
        network.sel(layer="fc1"), estimator="binned", edges=edges, corrected="miller-madow"
    )
    value = float(binned.sel(neuron=1, other_neuron=2))
    assert f"{value:z.2f} nat in 10 × 10 shared bins" in panel.images["scatter"].alt
    common = explore(network, bins=10)
    common.set(layer="fc1", neuron=1)
    assert common.images["histogram"].alt != panel.images["histogram"].alt


def test_shared_bins_are_offered_where_there_are_networks_to_share_them(activations):
    kinds = [kind for _, kind in explore(activations, bins=5).controls["edges"].options]
    assert kinds == ["common", "shared", "neuron"]
    one = activations.isel(alpha=0, seed=0)
    kinds = [kind for _, kind in explore(one, bins=5).controls["edges"].options]
    assert kinds == ["common", "neuron"]
    # of one network both are the same
    common, shared = (explore(one, bins=5, edges=kind) for kind in ("common", "shared"))
    assert shared.images["boxes"].alt == common.images["boxes"].alt.replace("common", "shared")


def test_a_dimension_must_not_have_the_name_of_a_control(activations):
    with pytest.raises(ValueError, match=r"dimension 'k', the name of another control; rename it"):
        explore(activations.rename(seed="k"))
    assert "level" in explore(activations.isel(alpha=0).rename(seed="k"), bins=5).controls


@pytest.mark.parametrize("layer", ["fc1", "encoder.layer.11.attention.output.dense"])
def test_no_title_is_cut_off(activations, layer):
    acts = activations.assign_coords(layer=[layer, "fc2"], alpha=[0.25, 0.75])
    panel = explore(acts, bins=10, max_neurons=5)
    panel.set(layer=layer)
    for name in panel.images:
        picture = panel._draws[name](**{take: panel.value[take] for take in panel._takes[name]})
        title = picture.axes[0]._left_title
        assert title.get_window_extent().x1 < picture.bbox.x1, title.get_text()


def test_words_for_bins():
    assert Choice(bins=100).bins_in_words() == "100 common bins"
    assert Choice(bins=1, edges="shared").bins_in_words() == "1 shared bin"
    assert Choice(edges="neuron").bins_in_words("10 × 10") == "10 × 10 neuron bins"


def test_neurons_stay_within_the_layer():
    measured = Measured(inb.from_arrays({"a": np.ones((9, 2)), "b": np.ones((9, 5))}))
    controls = activation_controls(measured)
    assert {name: one.value for name, one in controls.items()} == {
        "layer": "b", "neuron": 0, "other": 1,
    }  # fmt: skip
    keep_in_layer(controls, measured, contextlib.nullcontext)
    controls["neuron"].value = 4
    controls["layer"].value = "a"
    assert controls["neuron"].value == 1


def test_neurons_of_high_information_are_neighbours():
    information = np.array([[2.0, 0.1, 1.0], [0.1, 2.0, 0.2], [1.0, 0.2, 2.0]])
    assert order_by_information(information).tolist() == [1, 0, 2]
    assert order_by_information(information[:1, :1]).tolist() == [0]


def test_samples_are_chosen_at_random():
    values = {"fc1": np.random.default_rng(0).normal(size=(50, 3))}
    measured = Measured(inb.from_arrays(values), max_samples=20)
    assert (measured.n_samples, measured.of_samples, len(measured.samples(10))) == (20, 50, 10)
    assert measured.entropy(Choice(n_samples=20, bins=5))[0].shape == (3,)
