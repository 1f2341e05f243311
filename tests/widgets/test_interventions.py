"""The control over neurons that are switched off."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.widgets import explore_interventions


@pytest.fixture
def found():
    rng = np.random.default_rng(0)
    value = 0.5 + 0.01 * rng.random((2, 4, 2))
    value[1, :, 1] = [0.5, 0.6, 0.7, 0.8]  # the set that has most to show
    null = 0.5 + 0.01 * rng.random((9, 4, 2))
    return xr.Dataset(
        {"value": (("by", "number", "set"), value), "null": (("repeat", "number", "set"), null)},
        {"by": ["low", "high"], "number": range(4), "set": ["bias", "anti"]},
        {"metric": "accuracy"},
    )


@pytest.fixture
def radial():
    values = np.random.default_rng(0).random((2, 4, 5, 3))
    coords = {"by": ["low", "high"], "number": range(4), "c1_fine": range(5), "radius": range(3)}
    return xr.DataArray(values, coords, tuple(coords))


def test_every_control_redraws_what_depends_on_it(found):
    panel = explore_interventions(found)
    assert panel.value == {"by": "low", "number": 1, "set": "anti"}
    changes = {"by": "high", "number": 2, "set": "bias"}
    for name, value in changes.items():
        before = {key: image.value for key, image in panel.images.items()}
        panel.controls[name].value = value
        changed = {key for key, image in panel.images.items() if image.value != before[key]}
        assert changed == ({"curve"} if name == "set" else {"curve", "sets"}), name


def test_the_words_have_the_numbers(found):
    panel = explore_interventions(found)
    panel.set(by="high", number=3)
    drawn = found.null.sel(number=3, set="anti")
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert panel.images["curve"].alt == (
        f"accuracy on anti with 3 neurons of high off: 0.80; untouched "
        f"{float(found.value[0, 0, 1]):.2f}; with drawn neurons off {float(drawn.mean()):.2f} "
        f"({low:.2f} to {high:.2f})."
    )
    assert "anti: untouched 0.5" in panel.images["sets"].alt
    assert "off 0.80, drawn off" in panel.images["sets"].alt


def test_the_same_choice_is_the_same_picture_again(found):
    panel = explore_interventions(found)
    first = panel.images["curve"].value
    panel.set(by="high", number=3, set="bias")
    panel.set(by="low", number=1, set="anti")
    assert panel.images["curve"].value == first
    assert panel.images["curve"].value == explore_interventions(found).images["curve"].value


def test_networks_can_be_chosen_and_seeds_are_means(found):
    both = xr.concat([found, 1 - found], dim=xr.Variable("alpha", [0.0, 1.0]))
    both = xr.concat([both, both], dim="seed").assign_attrs(found.attrs)
    panel = explore_interventions(both)
    assert list(panel.controls) == ["alpha", "by", "number", "set"]
    panel.set(alpha=1.0, by="high", number=3, set="anti")
    assert panel.images["curve"].alt.startswith("α = 1: accuracy on anti with 3 neurons of high")
    assert "off: 0.20;" in panel.images["curve"].alt


def test_answers_on_the_circles_beside_the_untouched_ones(found, radial):
    panel = explore_interventions(found, radial)
    assert list(panel.images) == ["curve", "answers"]
    before = panel.images["answers"].value
    panel.controls["number"].value = 3
    assert panel.images["answers"].value != before
    assert "untouched" in panel.images["answers"].alt
    assert "3 off" in panel.images["answers"].alt
    panel.controls["number"].value = 0
    assert "0 off" in panel.images["answers"].alt


def test_an_array_is_told(found):
    with pytest.raises(ValueError, match="dim 'by' not found"):
        explore_interventions(found.isel(by=0))
