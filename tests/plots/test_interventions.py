"""The figure of neurons that are switched off."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_interventions
from infonb.plots.interventions import band

RNG = np.random.default_rng(0)


def made(**more):
    """A result with dims and their labels before the usual ones."""
    sizes = {name: len(labels) for name, labels in more.items()}
    usual = {"by": ["low", "high"], "number": [0, 1, 2], "set": ["bias", "anti"]}
    drawn = {"repeat": range(9), "number": [0, 1, 2], "set": ["bias", "anti"]}
    values = {
        name: ((*more, *dims), RNG.random((*sizes.values(), *map(len, dims.values()))))
        for name, dims in (("value", usual), ("null", drawn))
    }
    return xr.Dataset(values, {**more, **usual}, {"metric": "accuracy"})


def test_every_line_is_in_its_panel():
    found = made()
    picture = plot_interventions(found)
    assert [axis.get_title(loc="left") for axis in picture.axes] == ["bias", "anti"]
    drawn, *lines = picture.axes[1].lines
    np.testing.assert_allclose(drawn.get_ydata(), found.null.sel(set="anti").mean("repeat"))
    for line, by in zip(lines, ("low", "high"), strict=True):
        np.testing.assert_allclose(line.get_ydata(), found.value.sel(by=by, set="anti"))
    end = float(found.value.sel(by="high", set="anti", number=2))
    assert f"with 2 off low {float(found.value[0, 2, 1]):.2f}, high {end:.2f}" in picture.alt


def test_networks_are_rows_and_seeds_are_means():
    found = made(network=["a", "b"], seed=[0, 1, 2])
    picture = plot_interventions(found)
    assert len(picture.axes) == 4
    line = picture.axes[2].lines[1]
    right = found.value.sel(network="b", by="low", set="bias").mean("seed")
    np.testing.assert_allclose(line.get_ydata(), right)
    assert picture.axes[2].get_ylabel() == "b\naccuracy"


def test_the_band_is_that_of_the_mean_over_the_seeds():
    found = made(seed=[0, 1, 2])
    null = found.null.mean("seed")
    np.testing.assert_allclose(band(found).low, null.quantile(0.025, "repeat"))
    np.testing.assert_allclose(band(found)["mean"], null.mean("repeat"))


def test_several_dims_are_told():
    found = made(network=["a", "b"], layer=["fc1"])
    with pytest.raises(ValueError, match="choose by= among"):
        plot_interventions(found)
    with pytest.raises(ValueError, match="dim 'set' not found"):
        plot_interventions(found.isel(set=0))
