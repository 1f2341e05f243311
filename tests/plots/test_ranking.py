"""Figures of rankings: the models in their order, the numbers where they belong."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.plots import plot_agreement, plot_ranking
from infonb.widgets import explore_rankings


@pytest.fixture
def ranked():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 3, 2, 10)) + np.array([1.0, 4.0, 2.0, 3.0])[:, None, None, None]
    entropy = xr.DataArray(
        values, dims=("model", "seed", "layer", "neuron"), attrs={"units": "nat"},
        coords={"model": ["a", "b", "c", "a $model with a long name"]},
    )  # fmt: skip
    return inb.rank(entropy, "entropy", metric=[0.1, 0.4, 0.2, 0.3])


def test_models_stand_in_their_order_with_scores_and_metric(ranked):
    picture = plot_ranking(ranked)
    left, right = picture.axes
    names = [tick.get_text() for tick in left.get_yticklabels()]
    assert names == ["b", "a $model with a long name", "c", "a"]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # the one to keep on top
    np.testing.assert_array_equal(left.lines[-1].get_xdata(), ranked.score)
    np.testing.assert_allclose(right.lines[-1].get_xdata(), [0.4, 0.3, 0.2, 0.1])
    assert len(left.lines) == 1 + 3
    ends = [segment[:, 0] for segment in left.collections[0].get_segments()]
    np.testing.assert_allclose(ends, ranked.score_interval)
    assert left.get_xlabel() == "mean entropy (nat)"
    assert "τ = 1.00" in picture.alt
    assert picture.alt.startswith("Models ranked by mean entropy, highest first: b 4")
    assert picture.to_png()


def test_without_metric_and_for_many_models():
    values = xr.DataArray(np.arange(40.0), dims="model")
    picture = plot_ranking(inb.rank(values, "entropy", "examples"))
    assert len(picture.axes) == 1
    assert picture.alt.startswith("Models ranked by mean entropy, lowest first: 0 0.00, 1 1.00")
    assert "τ" not in picture.alt


def test_where_all_are_equal_no_number_is_shown(ranked):
    equal = inb.rank(ranked.score, "entropy", metric=[0.5] * 4)
    assert "τ is undefined: all models have the same score, or the same metric" in (
        plot_ranking(equal).alt
    )
    found = xr.Dataset({"tau": (("setting", "measure"), [[1.0, np.nan]])},
                       {"setting": ["digits"], "measure": ["MI", "entropy"]})  # fmt: skip
    assert plot_agreement(found).alt.endswith("digits: MI 1.00, entropy undefined.")


def test_other_results_are_refused():
    with pytest.raises(ValueError, match="ranked must be what infonb"):
        plot_ranking(xr.Dataset())
    with pytest.raises(ValueError, match="dim 'measure' not found"):
        plot_agreement(xr.Dataset({"tau": ("setting", [1.0])}, {"setting": ["a"]}))


def test_agreement_has_a_panel_for_each_setting_with_the_papers_value():
    found = xr.Dataset(
        {
            "tau": (("setting", "measure"), [[1.0, -0.6], [0.2, 0.4]]),
            "tau_of_seed": (("setting", "measure", "seed"), np.zeros((2, 2, 3))),
            "paper": (("setting", "measure"), [[0.8, np.nan], [np.nan, np.nan]]),
        },
        {"setting": ["digits_a", "b"], "measure": ["MI", "entropy"]},
    )
    picture = plot_agreement(found)
    assert [axis.get_title(loc="left") for axis in picture.axes] == ["digits a", "b"]
    assert picture.axes[0].lines[-1].get_xdata()[0] == 0.8
    assert picture.axes[0].lines[-2].get_xdata().tolist() == [1.0, -0.6]
    assert "digits_a: MI 1.00, entropy −0.60; b: MI 0.20" in picture.alt


def test_the_control_shows_the_chosen_ranking(ranked):
    other = ranked.isel(model=[0, 2])
    panel = explore_rankings({"all": {"entropy": ranked}, "two": {"entropy": other}})
    before = panel.image.value
    panel.controls["models"].value = "two"
    assert panel.image.value != before
    assert panel.alt == plot_ranking(other).alt
    with pytest.raises(ValueError, match="rankings is empty"):
        explore_rankings({})
