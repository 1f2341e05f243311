"""The words, the numbers and the controls of levels."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.widgets.levels.checks import check_labels, only_measured
from infonb.widgets.levels.levels import Levels
from infonb.widgets.levels.panel import controls
from infonb.widgets.levels.quantiles import choices, neuron_quantiles, pair_quantiles
from infonb.widgets.levels.words import PairKind, describe_estimator, format_value, unit_factor


def test_an_estimator_is_told_by_its_attributes():
    attrs = {"estimator": "ksg", "k": 3, "n_samples": 100, "drawn_from_samples": 500, "neurons": 8}
    assert describe_estimator(xr.DataArray(0.0, attrs=attrs)) == (
        "KSG, k = 3, 8 neurons of each layer drawn, 100 samples of 500"
    )
    pairs = xr.DataArray(np.zeros((2, 9, 9)), dims=("layer", "neuron", "other_neuron"))
    assert describe_estimator(pairs.assign_attrs(attrs)).split(", ")[2] == "8 of 9 neurons drawn"
    assert describe_estimator(pairs.assign_attrs(attrs | {"neurons": 9})).split(", ")[2] == (
        "all 9 neurons"
    )
    assert describe_estimator(pairs) == "all 9 neurons"
    uneven = pairs.assign_coords(width=("layer", [9, 5]))
    assert describe_estimator(uneven) == "all neurons"
    assert describe_estimator(uneven.assign_attrs(neurons=4)) == "4 neurons drawn"
    binned = xr.DataArray(0.0, attrs={"estimator": "binned", "bins": 10})
    assert describe_estimator(binned) == "10 bins"


def test_units():
    factor, unit = unit_factor(xr.DataArray(1.0, attrs={"units": "bit"}), "nat")
    assert factor == pytest.approx(np.log(2))
    assert unit == "nat"
    assert unit_factor(xr.DataArray(1.0, attrs={"units": "1"}), "bit") == (1.0, "1")


def test_values_in_words():
    assert [format_value(one) for one in (0.123, -0.001, float("nan"))] == [
        "0.12", "0.00", "not measured",
    ]  # fmt: skip


def test_pairs_between_layers_are_told():
    between = xr.DataArray(
        [[0.1]], {"layer": "fc1", "other_layer": "fc2"}, ("neuron", "other_neuron")
    )
    assert PairKind.of(between).title("fc1 and fc2") == "pairs between fc1 and fc2"


def test_seeds_to_choose_from():
    two = xr.DataArray([[1.0, 2.0]], {"seed": [3, 4]}, ("layer", "seed"))
    assert choices(two) == ["all", 3, 4]
    assert choices(xr.DataArray([1.0], dims="layer")) == ["all"]


def test_medians_of_neurons_and_pairs():
    h = xr.DataArray(
        [[[1.0, 2.0, 3.0]], [[5.0, 6.0, 7.0]]], {"seed": [0, 1], "layer": ["fc1"]},
        ("seed", "layer", "neuron"),
    )  # fmt: skip
    middle = neuron_quantiles(h).sel(quantile=0.5, layer="fc1").values
    np.testing.assert_array_equal(middle, [4.0, 2.0, 6.0])
    values = [[9.0, 1.0, 2.0], [1.0, 9.0, 3.0], [2.0, 3.0, 9.0]]
    i = xr.DataArray(values, dims=("neuron", "other_neuron")).expand_dims(layer=["fc1"])
    assert pair_quantiles(i, []).quartile.sel(quantile=0.5).values == [[2.0]]


def test_labels_that_do_not_tell_places_apart_are_refused():
    twice = xr.DataArray([1, 2], {"alpha": [0.5, 0.5]}, ("alpha",))
    with pytest.raises(ValueError, match=r"alpha = 0\.5 is there twice.*dimension 'seed'"):
        check_labels([twice], "alpha")
    h = xr.DataArray([[[float("nan")]]], {"alpha": [0]}, ("alpha", "layer", "neuron"))
    with pytest.raises(ValueError, match="NaN at every alpha: nothing was measured"):
        only_measured(h, {}, "alpha")


def test_controls_of_one_neuron():
    h = xr.DataArray([[[1.0]]], {"alpha": [0], "layer": ["fc1"]}, ("alpha", "layer", "neuron"))
    assert list(controls(Levels("alpha", [0], h, None), "nat")) == ["alpha", "unit"]
