"""The heat map of a network: a block a layer, and the labels of its samples."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.plots import plot_difference, plot_neuron, plot_side_by_side, subplots
from infonb.plots.activations import sample_coordinate
from infonb.plots.heat import draw_heat_map, label_ticks
from infonb.plots.side_by_side import shown_samples


def test_at_most_so_many_neurons_of_each_layer_are_shown():
    acts = inb.from_arrays({"a": np.zeros((5, 2)), "b": np.ones((5, 4))}).activation
    assert draw_heat_map(subplots()[1][0, 0], acts, 3, np.random.default_rng(0))[1] == [2, 3]


def test_each_run_of_labels_has_a_tick_in_its_middle():
    assert label_ticks(np.array([3, 3, 3, 7])) == ([1.0, 3.0], ["3", "7"])
    assert label_ticks(np.arange(13)) == ([], [])


def test_samples_are_ordered_by_their_label():
    values = xr.DataArray(np.zeros(4), {"label": ("sample", [1, 0, 1, 0])}, ("sample",))
    order, (_, names) = shown_samples(values, 10, seed=0)
    assert values.label.values[order].tolist() == [0, 0, 1, 1]
    assert names == ["0", "1"]
    unlabelled = xr.DataArray([0.0], {"sample": [0]}, ("sample",))
    assert sample_coordinate(unlabelled, None, "sort") == "sample"


@pytest.fixture
def networks():
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"fc1": rng.normal(size=(40, 5)), "fc2": rng.normal(size=(40, 5))})
    scales = xr.DataArray(np.ones((2, 12)), {"alpha": [0.0, 1.0]}, ("alpha", "seed"))
    return (acts.activation * scales).assign_coords(seed=range(12))


def test_a_figure_says_which_label_to_choose(networks):
    words = r"choose a label of seed: 0, 1, 2, …, 11. As in activation.sel\(seed=0\)"
    with pytest.raises(ValueError, match=words):
        inb.plot_activations(networks, by="alpha")
    with pytest.raises(ValueError, match=words):
        plot_side_by_side(networks, networks, networks.rename(sample="other_neuron"), by="alpha")
    with pytest.raises(ValueError, match=r"difference\.sel\(seed=0\)"):
        plot_difference(networks, by="alpha")
    assert len(inb.plot_activations(networks.sel(seed=[3])).axes) == 3
    two = networks.isel(neuron=0, alpha=0)
    words = r"label of seed: .*; layer: 'fc1', 'fc2'. As in other.sel\(seed=0, layer='fc1'\)"
    one = two.sel(layer="fc1", seed=0)
    with pytest.raises(ValueError, match=words):
        plot_neuron(one, two.transpose("seed", ...), bin_edges=np.linspace(-3, 3, 5))
