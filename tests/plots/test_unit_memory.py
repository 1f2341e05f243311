"""UnitMem as boxes: what is drawn, and told."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_unit_memory


def mem(models=("a", "b"), seed=0):
    values = np.random.default_rng(seed).uniform(0, 1, (len(models), 2, 30))
    values[:, 1, 20:] = np.nan
    return xr.DataArray(
        values, {"model": list(models), "layer": ["fc1", "fc2"]}, ("model", "layer", "neuron")
    )


def test_medians_are_told_and_boxes_are_as_many_as_layers():
    trained, new = mem(), mem(seed=1)
    picture = plot_unit_memory(trained, new)
    median = float(trained.sel(model="b", layer="fc2").median())
    assert f"fc2 {median:.2f}" in picture.alt
    boxes = [len(axis.patches) for axis in picture.axes]
    assert boxes == [4, 4]
    assert len(plot_unit_memory(trained).axes[0].patches) == 2
    assert len(plot_unit_memory(trained.isel(model=0)).axes) == 1


def test_an_untrained_network_that_is_not_known_has_no_box():
    new = mem(seed=1).where(mem().model != "a")
    picture = plot_unit_memory(mem(), new)
    assert [len(axis.patches) for axis in picture.axes] == [2, 4]
    assert picture.alt.count("untrained") == 2


def test_a_phone_has_one_model_in_a_row():
    picture = plot_unit_memory(mem(tuple("abcde")))
    assert picture.narrow().get_figwidth() < 4
    assert len(picture.narrow().axes) == 5


def test_a_missing_dim_is_named():
    with pytest.raises(ValueError, match="dim 'neuron' not found"):
        plot_unit_memory(mem().rename(neuron="unit"))
