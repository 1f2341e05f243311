"""What was selected of activations is explored as it is: layers, neurons, levels."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.widgets.explorer.sampled import Sampled

pytestmark = pytest.mark.slow


@pytest.fixture
def activations():
    rng = np.random.default_rng(0)
    return inb.from_arrays({"fc1": rng.normal(size=(100, 9)), "fc2": rng.normal(size=(100, 3))})


def entropy_shown(panel):
    """Return the entropy in the title of the histogram."""
    return float(panel.images["histogram"].alt.split("H = ")[1].split(" nat")[0])


@pytest.mark.parametrize(
    "select",
    [
        lambda a: a.sel(layer="fc2"),
        lambda a: a.sel(layer=["fc2"]),
        lambda a: a.isel(neuron=slice(0, 2)),
        lambda a: a.isel(neuron=[0, 2, 4, 6, 8]),
        lambda a: a.isel(neuron=[2, 1, 0]),
        lambda a: a.isel(neuron=slice(None, None, -1)),
    ],
)
def test_the_entropy_shown_is_that_of_the_selection(activations, select):
    some = select(activations)
    panel = inb.explore(some, bins=7)
    layer = panel.value["layer"]
    expected = inb.entropy(some, bins=7)
    expected = expected.sel(layer=layer) if "layer" in expected.dims else expected
    for neuron in panel.measured.neurons(layer):
        panel.controls["neuron"].value = neuron
        assert entropy_shown(panel) == pytest.approx(float(expected.sel(neuron=neuron)), abs=0.005)
        assert not panel.message.value


def test_a_slice_of_a_wide_layer_is_all_that_there_is():
    values = np.random.default_rng(0).normal(size=(60, 400))
    some = inb.from_arrays({"fc1": values}).isel(neuron=slice(0, 5))
    assert "MI of all pairs" in inb.explore(some).images["matrix"].alt


def test_layers_of_which_no_neuron_is_left_are_left_out(activations):
    panel = inb.explore(activations.isel(neuron=slice(5, 9)))
    assert panel.measured.layers == ["fc1"]
    assert panel.value["neuron"] == 5
    with pytest.raises(ValueError, match="no neurons"):
        inb.explore(activations.isel(neuron=slice(5, 9)).sel(layer="fc2"))


@pytest.mark.parametrize("dim", ["layer", "neuron"])
def test_labels_that_come_twice_are_told(activations, dim):
    twice = activations.assign_coords(
        {dim: activations[dim].values[[0, 0, *range(2, 9)][: activations.sizes[dim]]]}
    )
    with pytest.raises(ValueError, match=f"{dim} .* more than once"):
        inb.explore(twice)


def test_other_widths_at_other_levels_are_told():
    rng = np.random.default_rng(0)
    runs = [
        inb.from_arrays({"fc1": rng.normal(size=(50, 6)), "fc2": rng.normal(size=(50, width))})
        for width in (4, 6)
    ]
    both = xr.concat(runs, dim=xr.Variable("epoch", [1, 2]))
    with pytest.raises(ValueError, match=r"activations\.sel\(epoch=\.\.\.\)"):
        inb.explore(both)
    assert inb.explore(both.sel(epoch=1)).value["layer"] == "fc2"


def test_the_selection_selects(activations):
    both = xr.concat([activations, 2 * activations], dim=xr.Variable("alpha", [0.0, 1.0]))
    panel = inb.explore(both)
    panel.set(level=0.0, layer="fc1", neuron=7, other=4)
    chosen = both.sel(panel.selection)
    assert panel.selection == {"alpha": 0.0, "layer": "fc1", "neuron": [7, 4]}
    np.testing.assert_array_equal(
        chosen.activation, both.activation.sel(alpha=0.0, layer="fc1").isel(neuron=[7, 4])
    )


def test_layers_that_are_numbers_select_too(activations):
    numbered = activations.assign_coords(layer=[7, 8])
    panel = inb.explore(numbered)
    assert numbered.sel(panel.selection).layer == 8


@pytest.mark.parametrize("label", [np.nan, None])
def test_samples_without_a_label_are_drawn(activations, label):
    labels = np.array([0, 1, *[label] * 98], dtype=object if label is None else float)
    panel = inb.explore(activations.assign_coords(label=("sample", labels)))
    points = panel._draws["scatter"](**{n: panel.value[n] for n in panel._takes["scatter"]})
    drawn = sum(len(line.get_xdata()) for line in points.axes[0].lines)
    assert drawn == 100
    legend = [text.get_text() for text in points.axes[0].get_legend().get_texts()]
    assert legend[-1] == "none"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "layer"}, "no dimension of levels"),
        ({"k": 100}, "less than the number of samples, 100"),
    ],
)
def test_what_cannot_be_explored_is_told(activations, options, words):
    with pytest.raises(ValueError, match=words):
        inb.explore(activations, **options)


def test_edges_are_a_kind(activations):
    with pytest.raises(TypeError, match="'common', 'shared' or 'neuron'"):
        inb.explore(activations, edges=np.linspace(0, 1, 5))


def test_populations_put_one_after_the_other(activations):
    labels = np.arange(9)
    two = [activations.assign_coords(neuron=labels), activations.assign_coords(neuron=labels + 9)]
    both = xr.concat(two, "neuron")
    sampled = Sampled(both)
    assert sampled.neurons("fc1") == [0, 1, 2, 9, 10, 11, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17]
    assert sampled.neurons("fc2") == [0, 1, 2, 9, 10, 11]
    shown = sampled.network((), 100).values[1, :6]
    own = both.activation[1].sel(neuron=sampled.neurons("fc2"))
    np.testing.assert_array_equal(np.sort(shown), np.sort(own))
    # of which neither comes last in both layers
    mixed = both.copy(deep=True)
    mixed.activation[0, 0], mixed.activation[1, 3] = np.nan, mixed.activation[0, 0]
    with pytest.raises(ValueError, match="layers have padding at different neurons"):
        Sampled(mixed)
