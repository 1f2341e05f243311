"""Pointwise sliced information: its mean, padding, and which samples it finds out of place."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.memorization import auroc, pointwise_information


def layers(n: int = 300, seed: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    label = rng.integers(3, size=n)
    values = rng.normal(size=(2, 6, n))
    values[0] += 2 * label
    values[1, 4:] = np.nan  # padding
    return xr.Dataset(
        {"activation": (("layer", "neuron", "sample"), values)},
        {"layer": ["fc1", "fc2"], "width": ("layer", [6, 4]), "neuron": np.arange(6),
         "label": ("sample", label)},
    )  # fmt: skip


def test_its_mean_is_the_mean_information_of_the_projections():
    acts = layers()
    found = pointwise_information(acts, projections=5, seed=3)
    assert found.dims == ("layer", "sample")
    directions = np.random.default_rng(3).normal(size=(6, 5))
    for layer, width in {"fc1": 6, "fc2": 4}.items():
        values = acts.activation.sel(layer=layer).values[:width]
        projected = xr.DataArray(directions[:width].T @ values, dims=("neuron", "sample"))
        each = inb.mutual_information(projected, other=acts.label.values, estimator="mixture")
        assert float(found.sel(layer=layer).mean()) == pytest.approx(float(each.mean()))


def test_one_neuron_is_its_own_projection():
    acts = layers().activation.isel(layer=0, neuron=[0], drop=True)
    own = inb.mutual_information(acts, other="label", estimator="mixture", pointwise=True)
    found = pointwise_information(acts, projections=4)
    np.testing.assert_allclose(found, own.isel(neuron=0), atol=1e-12)


def test_of_a_layer_that_says_nothing_it_is_about_zero():
    found = pointwise_information(layers(1500)).mean("sample")
    assert abs(float(found.sel(layer="fc2"))) < 0.02
    assert float(found.sel(layer="fc1")) > 0.3


def test_scale_and_order_of_samples_do_not_matter():
    acts = layers().activation
    found = pointwise_information(acts, projections=7)
    np.testing.assert_allclose(pointwise_information(8 * acts, projections=7), found, atol=1e-12)
    order = np.random.default_rng(1).permutation(300)
    again = pointwise_information(acts.isel(sample=order), projections=7)
    np.testing.assert_allclose(again, found.isel(sample=order), atol=1e-12)


def test_wrong_labels_are_told_least():
    acts = layers(600)
    rng = np.random.default_rng(2)
    is_wrong = rng.random(600) < 0.2
    noisy = np.where(is_wrong, (acts.label + rng.integers(1, 3, 600)) % 3, acts.label)
    found = pointwise_information(acts, noisy)
    assert found.memorized == "low"
    area = auroc(-found, xr.DataArray(is_wrong, dims="sample")).auroc
    assert float(area.sel(layer="fc1")) > 0.9
    assert abs(float(area.sel(layer="fc2")) - 0.5) < 0.1


def test_batch_dims_and_attributes():
    acts = xr.concat([layers(seed=seed) for seed in (0, 0)], dim="seed")
    acts = acts.assign_coords(width=("layer", [6, 4]), label=("sample", layers().label.values))
    found = pointwise_information(acts, projections=3)
    assert set(found.dims) == {"seed", "layer", "sample"}
    np.testing.assert_array_equal(found.isel(seed=0), found.isel(seed=1))
    assert (found.units, found.projections, found.k, found.n) == ("nat", 3, 3, 300)


def test_errors():
    with pytest.raises(ValueError, match="dim 'neuron' not found"):
        pointwise_information(layers().activation.isel(neuron=0))
    with pytest.raises(ValueError, match="is no coordinate along 'sample'"):
        pointwise_information(layers(), "lable")
    acts = layers()
    for same in (np.zeros(acts.sizes["sample"], int), np.full(acts.sizes["sample"], "cat")):
        with pytest.raises(ValueError, match=f"the label is {same[0]} for all samples: nothing"):
            pointwise_information(acts, same)
    with pytest.raises(ValueError, match="projections must be at least 1"):
        pointwise_information(layers(), projections=0)
