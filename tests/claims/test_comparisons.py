"""Medians within layers against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.dims import median_within_layers, within_layer, within_layers


@pytest.fixture
def information():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 3, 4, 3, 4))
    coords = {"alpha": [0.0, 1.0], "layer": ["a", "b", "c"], "neuron": np.arange(4)}
    coords |= {"other_layer": ["a", "b", "c"], "other_neuron": np.arange(4)}
    return xr.DataArray(values, coords, ("alpha", "layer", "neuron", "other_layer", "other_neuron"))


def test_median_within_layers_equals_plain_loop(information):
    got = median_within_layers(information)
    assert got.dims == ("alpha", "layer")
    assert list(got.layer.values) == ["a", "b", "c"]
    for a in range(2):
        for layer in range(3):
            pairs = [
                information.values[a, layer, i, layer, j]
                for i in range(4)
                for j in range(4)
                if i != j
            ]
            assert got.values[a, layer] == pytest.approx(np.median(pairs), abs=1e-15)


def test_median_of_pairs_measured_within_layers_only(information):
    diagonal = xr.DataArray(range(information.sizes["layer"]), dims="layer")
    within = information.isel(layer=diagonal, other_layer=diagonal).drop_vars("other_layer")
    np.testing.assert_array_equal(
        median_within_layers(within), median_within_layers(information).values
    )


def test_median_within_layers_leaves_out_padding(information):
    information[{"neuron": 3}] = np.nan
    information[{"other_neuron": 3}] = np.nan
    assert np.isfinite(median_within_layers(information).values).all()


def test_pairs_within_layers_are_the_blocks_on_the_diagonal(information):
    blocks = within_layers(information)
    assert blocks.dims == ("alpha", "layer", "neuron", "other_neuron")
    assert within_layers(blocks) is blocks
    for layer in information.layer.values:
        one = within_layer(information, layer)
        np.testing.assert_array_equal(blocks.sel(layer=layer).values, one.values)
        assert within_layer(blocks, layer).dims == ("alpha", "neuron", "other_neuron")
