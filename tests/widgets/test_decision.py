"""The control over the decision surface."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_decision, plot_surface
from infonb.widgets import explore_decision


@pytest.fixture
def surfaces():
    names, line = ["a", "b"], np.arange(4.0)
    probability = xr.DataArray(
        np.linspace(0, 1, 2 * 3 * 16).reshape(2, 3, 4, 4),
        {"network": names, "c1": [-3.0, 0.0, 3.0], "y": line, "x": line},
        ("network", "c1", "y", "x"),
    )
    radial = xr.DataArray(
        np.linspace(0, 1, 24).reshape(2, 4, 3),
        {"network": names, "c1_fine": [-3.0, -1.0, 1.0, 3.0], "radius": [0.0, 1.0, 2.0]},
        ("network", "c1_fine", "radius"),
    )
    return probability, radial


def test_every_control_redraws(surfaces):
    probability, radial = surfaces
    panel = explore_decision(probability, {}, radial)
    assert panel.value == {"network": "a", "c1": 0.0}
    for name, value in (("network", "b"), ("c1", 3.0)):
        before = panel.image.value
        panel.controls[name].value = value
        assert panel.image.value != before, name
    assert panel.alt.startswith(
        "What the networks b answer over the plane at c1 = 3, and the cut over distance and c1."
    )


def test_without_the_cut_all_networks_are_shown(surfaces):
    panel = explore_decision(surfaces[0], {})
    assert list(panel.controls) == ["c1"]
    assert panel.alt == "What the networks a, b answer over the plane at c1 = 0."


@pytest.mark.parametrize("cut", [True, False])
def test_a_picture_laid_out_as_the_first_is_as_a_new_one(surfaces, cut):
    rng = np.random.default_rng(0)
    points = {
        name: xr.Dataset(
            {"input": (("feature", "sample"), rng.normal(size=(3, 20)))},
            {"label": ("sample", np.arange(20) % 2)},
        )
        for name in ("a", "b")
    }
    probability, radial = surfaces
    panel = explore_decision(probability, points, radial if cut else None)
    first = panel.image.value
    panel.controls["c1"].value = 3.0
    at = {"network": ["a"], "c1": [3.0]}
    new = (
        plot_surface(probability.sel(at), radial.sel(network=["a"]), points)
        if cut
        else plot_decision(probability.sel(c1=[3.0]), points, rows="c1", columns="network")
    )
    assert panel.image.value == new.to_png(compress_level=1)
    panel.controls["c1"].value = 0.0
    assert panel.image.value == first


def test_an_array_without_planes_is_told():
    with pytest.raises(ValueError, match="dim 'network' not found"):
        explore_decision(xr.DataArray(np.zeros((2, 3))), {})
    with pytest.raises(TypeError, match="not ndarray"):
        explore_decision(np.zeros(3), {})
