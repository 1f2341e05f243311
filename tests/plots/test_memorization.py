"""Figures of memorization: the numbers that they show, and their words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from infonb.data import load_digits
from infonb.plots import (
    plot_in_out,
    plot_in_out_sample,
    plot_memorization,
    plot_scored_images,
    plot_teachers,
)

MEM = xr.DataArray([0.0, 0.0, 0.6, 1.0, np.nan], dims="sample")
FOUND = xr.Dataset(
    {"U": ("sample", [1.0, 0.9, 0.2]), "V": ("sample", [0.1, 0.9, 0.3])},
    {"role": ("sample", ["wrong", "clean", "null"])},
)


def test_bars_count_the_samples_and_the_null_is_grey():
    picture = plot_memorization({"true": MEM, "null": MEM * 0}, null=["null"], bins=4)
    heights = [[bar.get_height() for bar in axis.patches] for axis in picture.axes]
    assert heights == [[2, 0, 1, 1], [4, 0, 0, 0]]
    colours = [axis.patches[0].get_facecolor()[:3] for axis in picture.axes]
    assert max(colours[1]) - min(colours[1]) == 0  # without hue
    assert max(colours[0]) - min(colours[0]) > 0.3
    assert "true: 4 samples, mean 0.40" in picture.axes[0].get_title("left")
    assert picture.axes[-1].get_xlabel() == "memorization"
    named = plot_memorization({"true": MEM - 1}, name="confidence (nat)")
    assert named.axes[-1].get_xlabel() == "confidence (nat)"
    assert named.alt == "Confidence (nat): true −0.60 on average (4 samples)."
    with pytest.raises(ValueError, match="no finite value"):
        plot_memorization({"none": MEM * np.nan})


def test_points_stand_at_their_scores_out_and_in():
    picture = plot_in_out(FOUND, names={"wrong": "wrong label", "null": "nobody saw"})
    places = [points.get_offsets().tolist() for points in picture.axes[0].collections]
    assert places == [[[0.1, 1.0]], [[0.3, 0.2]]]
    assert picture.alt.endswith("wrong label, nobody saw.")
    with pytest.raises(ValueError, match=r"by must be one of \['role'\]; not 'group'"):
        plot_in_out(FOUND, by="group")


@pytest.fixture
def digits():
    few = load_digits().isel(sample=[3, 5, 8])
    return few.assign_coords(true_label=("sample", [3, 6, 8]))


def test_images_have_label_and_number(digits):
    picture = plot_scored_images(digits, xr.DataArray([1.0, -0.001, -0.5], dims="sample"))
    assert picture.alt == "Images: label 3 (1.00), label 5, true 6 (0.00), label 8 (−0.50)."
    titles = [axis.get_title() for axis in picture.axes]
    assert titles == ["label 3\n1.00", "5 (is 6)\n0.00", "label 8\n−0.50"]
    assert picture.axes[1].title.get_color() != "black"


def test_learners_stand_over_their_teachers(digits):
    pairs = pd.DataFrame({"learner": [3, 8], "teacher": [5, 3], "influence": [0.8, 0.7]})
    picture = plot_teachers(digits, pairs)
    above, below = ([axis.get_title() for axis in picture.axes[i : i + 2]] for i in (0, 2))
    assert above == ["label 3", "label 8"]
    assert below == ["5 (is 6)\n+0.80", "label 3\n+0.70"]
    learner = np.asarray(picture.axes[0].images[0].get_array())[..., 0]
    np.testing.assert_array_equal(learner, digits.input.sel(sample=3))


def test_one_sample_has_its_scores_and_teachers(digits):
    teachers = pd.DataFrame({"teacher": [5], "influence": [0.8], "by chance": [0.4]})
    picture = plot_in_out_sample(digits, 8, [1.0, 0.9], [0.1, 0.2, 0.3], teachers)
    out, inside = picture.axes[1].collections
    assert out.get_offsets()[:, 0].tolist() == [0.1, 0.2, 0.3]
    assert inside.get_offsets()[:, 0].tolist() == [1.0, 0.9]
    assert "score in 0.95, out 0.20; teachers: label 5, true 6 (+0.80)" in picture.alt
    assert "0.40" in picture.texts[0].get_text()


def test_bins_have_no_gaps_where_scores_come_in_steps():
    steps = np.arange(-7, 21) / 20  # of 20 networks in and 20 out
    picture = plot_memorization({"all": xr.DataArray(np.repeat(steps, 3), dims="sample")})
    heights = [bar.get_height() for bar in picture.axes[0].patches]
    assert heights == [3] * 28
    fine = xr.DataArray(np.arange(-35, 101) / 100, dims="sample")
    heights = [bar.get_height() for bar in plot_memorization({"all": fine}).axes[0].patches]
    assert len(heights) <= 40
    assert set(heights[:-1]) == {4}  # all but the last hold as many steps


def test_in_and_out_have_colours_that_no_role_has(digits):
    teachers = pd.DataFrame({"teacher": [5], "influence": [0.8], "by chance": [0.4]})
    sample = plot_in_out_sample(digits, 8, [1.0], [0.1], teachers)
    scores = {tuple(one.get_facecolor()[0, :3]) for one in sample.axes[1].collections}
    roles = plot_in_out(FOUND).axes[0].collections
    assert len(scores) == 2
    assert not scores & {tuple(one.get_facecolor()[0, :3]) for one in roles}


def test_no_mean_is_a_negative_zero_and_names_keep_their_hyphens():
    values = {"near-duplicates": np.array([-0.02, 0.013]), "null": np.array([-0.5, -0.3])}
    arrays = {name: xr.DataArray(one, dims="sample") for name, one in values.items()}
    picture = plot_memorization(arrays)
    assert [axis.get_title("left") for axis in picture.axes] == [
        "near-duplicates: 2 samples, mean 0.00", "null: 2 samples, mean −0.40",
    ]  # fmt: skip
    assert "near-duplicates 0.00 on average" in picture.alt
    assert "null −0.40 on average" in picture.alt
