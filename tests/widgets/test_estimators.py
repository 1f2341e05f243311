"""The panel of estimators measures what it shows and keeps a ruined estimate out of the picture."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.measures import TiesWarning
from infonb.plots.live import EstimatorDots
from infonb.widgets import explore_estimators
from infonb.widgets.estimators import ESTIMATORS, Estimates


@pytest.fixture
def pairs():
    rho = xr.DataArray([0.0, 0.8], dims="rho", attrs={"long_name": "correlation ρ"})
    normal = np.random.default_rng(0).normal(size=(2, 4, 300))
    first, noise = xr.DataArray(normal, dims=("part", "seed", "sample"))
    second = rho * first + np.sqrt(1 - rho**2) * noise
    both = xr.concat([first, second], dim="neuron").assign_coords(rho=rho)
    continuous = both.transpose("rho", "seed", "neuron", "sample")
    zeros = xr.Variable("zeros", [0.0, 0.5])
    return xr.concat([continuous, continuous.clip(min=0)], dim=zeros)


@pytest.fixture
def truth(pairs):
    gaussian = -0.5 * np.log(1 - pairs.rho**2)
    return xr.concat([gaussian, 0.5 * gaussian], dim=pairs.zeros)


def test_every_control_redraws(pairs, truth):
    panel = explore_estimators(pairs, truth)
    panel.controls["zeros"].value = 0.0
    for name, value in [
        ("rho", 0.0), ("zeros", 0.5), ("n_samples", 100), ("k", 5), ("bins", 20),
    ]:  # fmt: skip
        before = panel.image.value
        panel.controls[name].value = value
        assert panel.message.value == ""
        assert panel.image.value != before, name
        assert panel.value[name] == value


def test_the_numbers_shown_are_measured(pairs, truth):
    panel = explore_estimators(pairs, truth)
    for name, value in {"rho": 0.8, "zeros": 0.0, "n_samples": 200, "k": 5, "bins": 7}.items():
        panel.controls[name].value = value
    chosen = pairs.sel(rho=0.8, zeros=0.0).isel(sample=slice(200))
    for name, options in {
        "KSG": {"k": 5},
        "mixture": {"estimator": "mixture", "k": 5},
        "binned": {"estimator": "binned", "bins": 7},
        "Miller–Madow": {"estimator": "binned", "bins": 7, "corrected": "miller-madow"},
        "permutation": {"estimator": "binned", "bins": 7, "corrected": "permutation"},
    }.items():
        mi = inb.mutual_information(chosen, **options).isel(neuron=0, other_neuron=1)
        assert f"{name} {float(mi.mean()):.2f}" in panel.alt
    assert "exactly 0.51 nat" in panel.alt


def test_ties_are_named_and_do_not_squeeze_the_others(pairs, truth):
    relu = pairs.sel(rho=0.8, zeros=0.5)
    with pytest.warns(TiesWarning, match="KSG on ties"):
        ruined = float(inb.mutual_information(relu).isel(neuron=0, other_neuron=1).mean())
    found, tied = Estimates(pairs).of({"rho": 0.8, "zeros": 0.5}, 300, 3, 10)
    assert tied == ["KSG"]
    exactly = float(truth.sel(rho=0.8, zeros=0.5))
    x, y = relu.isel(seed=0).values
    picture = EstimatorDots(list(ESTIMATORS)).draw(x, y, found, exactly, tied=tied)
    labels = [text.get_text() for text in picture.axes[1].get_yticklabels()]
    assert labels[0] == f"KSG  −{-ruined:.2f}\nwarns of ties"
    assert picture.axes[1].get_xlim()[0] > ruined + 0.5


def test_what_was_measured_is_not_measured_again(pairs, monkeypatch):
    asked = []

    def counting(values, **options):
        asked.append(options)
        return inb.mutual_information(values, **options)

    monkeypatch.setattr("infonb.widgets.estimators.mutual_information", counting)
    estimates = Estimates(pairs)
    place = {"rho": 0.8, "zeros": 0.0}
    first, _ = estimates.of(place, 200, 3, 10)
    assert len(asked) == len(ESTIMATORS)
    other_k, _ = estimates.of(place, 200, 4, 10)
    assert [options.get("k") for options in asked[len(ESTIMATORS) :]] == [4, 4]
    np.testing.assert_array_equal(other_k["binned"], first["binned"])
    assert (other_k["KSG"] != first["KSG"]).all()
    estimates.of(place, 200, 3, 10)
    assert len(asked) == len(ESTIMATORS) + 2


def test_settings_are_sliders_with_their_long_names(pairs, truth):
    controls = explore_estimators(pairs, truth).controls
    assert list(controls) == ["zeros", "rho", "n_samples", "k", "bins"]
    assert controls["rho"].description == "correlation ρ"
    assert controls["zeros"].description == "zeros"
    assert list(controls["n_samples"].options) == [100, 200, 300]
    assert all(control.description for control in controls.values())


def test_a_k_beyond_the_samples_is_said_beside_the_picture(pairs, truth):
    panel = explore_estimators(pairs.isel(sample=slice(20)), truth)
    before = panel.image.value
    panel.controls["k"].value = 25
    assert "25" in panel.message.value
    assert panel.image.value == before


def test_report_panel_is_a_picture_only(pairs, truth):
    data, metadata = explore_estimators(pairs, truth, interactive=False)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert "estimates" in metadata["image/png"]["alt"]


def test_what_does_not_fit_is_refused(pairs, truth):
    with pytest.raises(ValueError, match="seed"):
        explore_estimators(pairs.isel(seed=0), truth)
    with pytest.raises(ValueError, match="has 1 neurons; choose two"):
        explore_estimators(pairs.isel(neuron=[0]), truth)
    with pytest.raises(ValueError, match="it needs the settings"):
        explore_estimators(pairs, truth.isel(rho=0))


def test_what_is_no_truth_or_setting_is_told(pairs, truth):
    one = pairs.isel(zeros=0, rho=0, drop=True)
    assert "exactly 0.50 nat" in explore_estimators(one, 0.5).alt
    with pytest.raises(ValueError, match="truth has dims"):
        explore_estimators(pairs, 0.5)
    with pytest.raises(TypeError, match="exact mutual information"):
        explore_estimators(pairs, truth.values)
    with pytest.raises(ValueError, match="bins must be at least 2; not 1"):
        explore_estimators(pairs, truth, bins=1)
    with pytest.raises(ValueError, match="k must be between 1 and 299; not 300"):
        explore_estimators(pairs, truth, k=300)
    assert "-0.00" not in explore_estimators(one, -0.0).alt
