"""Figures of measures at minus infinity, of layers not measured, and of one name twice."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.plots.boxes import finite_part


@pytest.fixture
def acts():
    rng = np.random.default_rng(0)
    relu = np.maximum(rng.normal(size=(60, 3)), 0)
    return inb.from_arrays({"fc1": rng.normal(size=(60, 4)), "relu": relu})


def test_neurons_at_minus_infinity_are_told(acts):
    h = inb.entropy(acts, estimator="knn")
    median = float(h.sel(layer="fc1").median())
    picture = inb.plot_entropy(h)
    assert f"fc1 {median:.2f}, relu none (3 of 3 at −inf, not drawn)" in picture.alt
    (legend,) = picture.legends
    assert [text.get_text() for text in legend.get_texts()] == ["fc1", "relu (3 at −∞)"]
    some = h.where((h.layer == "fc1") | (h.neuron > 0), 1.0)
    assert "relu 1.00 (2 of 4 at −inf, not drawn)" in inb.plot_entropy(some.fillna(1.0)).alt


def test_layers_that_were_not_measured(acts):
    h = inb.entropy(acts, bins=10)
    assert "relu none." in inb.plot_entropy(h.where(h.layer == "fc1")).alt
    mi = inb.mutual_information(acts, estimator="binned")
    one = mi.where((mi.layer == "fc1") & (mi.other_layer == "fc1"))
    assert len(inb.plot_mutual_information(one).alt.split(";")) == 2  # no panel of relu
    with pytest.raises(ValueError, match="no value of a pair of different neurons"):
        inb.plot_mutual_information(mi * np.nan)
    levels = xr.concat([mi, mi * np.nan], xr.Variable("alpha", [0, 1]))
    assert "α = 1 none" in inb.plot_mutual_information(levels).alt


def test_layers_of_one_name(acts):
    same = acts.assign_coords(layer=np.array(["a", "a"], object))
    h = inb.entropy(same, bins=10).median("neuron").values
    assert f"a {h[0]:.2f}, a {h[1]:.2f}" in inb.plot_entropy(inb.entropy(same, bins=10)).alt
    mi = inb.mutual_information(same, estimator="binned")
    panels = inb.plot_mutual_information(mi).alt.split("(nat): ")[1].split("; ")
    assert [part.split(":")[0] for part in panels[:2]] == ["a, pairs within the layer"] * 2
    assert "neurons of a, a" in inb.plot_activations(same).alt


def test_layers_stacked_into_neurons(acts):
    flat = acts.activation.rename(neuron="unit").stack(neuron=("layer", "unit")).dropna("neuron")
    h = inb.entropy(flat, bins=10, edges="neuron")
    assert f"all neurons {float(h.median()):.2f}" in inb.plot_entropy(h).alt


def test_what_a_box_is_drawn_of():
    known, lost, words = finite_part([[1.0, np.nan], [-np.inf, 3.0]])
    assert (known.tolist(), lost, words) == ([1.0, 3.0], 1, "2.00 (1 of 3 at −inf, not drawn)")
