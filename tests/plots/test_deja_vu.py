"""Figures of déjà vu: the numbers that they show, the null in grey, and their words."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb

from infonb.plots import (
    plot_gain_against,
    plot_gain_curve,
    plot_gains,
    plot_recall_survival,
    plot_recalled_scenes,
    plot_top_pairs,
)

GAINS = xr.DataArray(
    [[[0.5, 0.7], [-0.4, -0.6], [0.0, 0.1]], [[0.2, 0.3], [-0.3, -0.1], [-0.1, 0.0]]],
    {"treatment": ["default", "mask 0.3"], "group": ["A", "B", "C"], "seed": [0, 1]},
    ("treatment", "group", "seed"),
)


def is_grey(colour):
    red, green, blue = to_rgb(colour)
    return red == green == blue


def test_dots_stand_in_the_row_of_their_treatment():
    picture = plot_gains(GAINS, n=900)
    axis = picture.axes[0]
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    for line, group in zip(dots, ["C", "A", "B"], strict=True):
        np.testing.assert_allclose(line.get_xdata(), GAINS.sel(group=group).values.ravel())
        np.testing.assert_array_equal(line.get_ydata().round(), [0, 0, 1, 1])
        assert is_grey(line.get_color()) == (group == "C")
    band = axis.patches[0]
    assert band.get_x() == pytest.approx(-0.1)
    assert band.get_width() == pytest.approx(0.2)
    assert "default A +0.60, B −0.50, C +0.05" in picture.alt
    with pytest.raises(ValueError, match="dim 'group' not found"):
        plot_gains(GAINS.isel(group=0))
    with pytest.raises(ValueError, match=r"one dim beside group and seed; it has \[\]"):
        plot_gains(GAINS.isel(treatment=0))


def test_lines_over_the_number_of_neighbours():
    gains = GAINS.rename(treatment="n_neighbors").assign_coords(n_neighbors=[5, 1])
    picture = plot_gain_curve(gains)
    mean = [line for line in picture.axes[0].lines if line.get_marker() == "o"][1]
    assert mean.get_xdata().tolist() == [1, 5]
    np.testing.assert_allclose(mean.get_ydata(), [0.25, 0.6])
    assert picture.alt.startswith("PRG by number of neighbours 1, 5: C −0.05, +0.05; A +0.25")


def test_the_area_between_the_lines_is_told():
    survival = xr.DataArray(
        [[[1.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]],
        {"group": ["A", "C"], "model": ["target", "reference"], "threshold": [0.0, 1.0]},
        ("group", "model", "threshold"),
    )
    picture = plot_recall_survival(survival)
    assert picture.alt.endswith("A 1.00, 0.50; C 0.50, 0.50.")
    assert [axis.get_title("left")[0] for axis in picture.axes] == ["A", "C"]


def test_bars_of_the_first_pairs_stand_beside_the_null():
    gaps = xr.DataArray(
        np.arange(12.0).reshape(2, 2, 1, 3) / 12,
        {"key": ["min_dist", "max_pred_gap"], "group": ["A", "C"], "top": [0.1]},
        ("key", "group", "top", "seed"),
    )
    picture = plot_top_pairs(gaps, whole=gaps.isel(key=0, top=0, drop=True))
    bars = picture.axes[0].patches
    np.testing.assert_allclose([bar.get_height() for bar in bars], np.array([1, 7, 4, 10]) / 12)
    assert [is_grey(bar.get_facecolor()[:3]) for bar in bars] == [False, False, True, True]
    assert "max_pred_gap: 10 %: A +0.58, C +0.83" in picture.alt


def test_treatments_against_their_use():
    gain, use = GAINS.sel(group="A"), 1 - GAINS.sel(group="A")
    picture = plot_gain_against(gain, use)
    dots = [
        line.get_xydata().tolist() for line in picture.axes[0].lines if line.get_marker() == "o"
    ]
    np.testing.assert_allclose(np.concatenate(dots), [[0.6, 0.4], [0.25, 0.75]])
    with pytest.raises(ValueError, match="different treatments"):
        plot_gain_against(gain, use.isel(treatment=[1, 0]))


def test_frames_are_around_what_is_shared():
    rng = np.random.default_rng(0)
    rows = {
        name: xr.Dataset({
            "input": (("sample", "row", "column"), rng.random((2, 4, 4))),
            "cell_object": (("sample", "cell"), cells),
        }) for name, cells in {
            "truth": [[0, 1, 2, -1], [3, 4, -1, 5]], "target": [[2, 9, 0, -1], [9, 9, 9, 9]],
        }.items()
    }  # fmt: skip
    picture = plot_recalled_scenes(rows, [[0], [3]], ["caption 0", "caption 3"])
    frames = [len(axis.patches) for axis in picture.axes]
    assert frames == [3, 3, 2, 0]
    assert picture.alt.endswith("target: 1 of 4 objects that are not named are found.")
    first, second = picture.axes[2].patches  # of the target's first image: 2 (not named), 0 (named)
    assert first.get_edgecolor() != second.get_edgecolor()
    assert first.get_xy() == (-0.2, -0.2)
    assert second.get_xy() == (-0.2, 1.8)
    with pytest.raises(ValueError, match="have \\[2\\] images; there are 1 captions"):
        plot_recalled_scenes(rows, [[0]], ["caption 0"])
