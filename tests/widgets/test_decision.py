"""The control over the decision surface."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

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
