"""Boxes: quartiles, and notches that are the interval of the median and stay within the box."""

from __future__ import annotations

import numpy as np
import pytest

import infonb as inb
from infonb.plots.boxes import draw_box, has_notch
from infonb.plots.picture import subplots


def drawn(values):
    _, axes = subplots()
    return draw_box(axes[0, 0], values, 2.0, 0.5, "tab:blue").get_path().vertices


def test_a_notch_is_the_interval_of_the_median():
    values = np.random.default_rng(0).normal(size=400)
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    half = 1.57 * (high - low) / 20
    assert has_notch(values)
    heights = np.unique(drawn(values)[:, 1].round(9))
    expected = [low, middle - half, middle, middle + half, high]
    np.testing.assert_allclose(heights, np.round(expected, 9))


@pytest.mark.parametrize(
    "values",
    [
        np.arange(8.0),  # few
        np.r_[np.zeros(60), np.linspace(0, 1, 40)],  # the median is a quartile
        np.r_[np.linspace(0, 0.1, 55), np.linspace(1, 9, 45)],  # skewed
        np.zeros(50),
        [1.0],
    ],
)
def test_boxes_without_room_have_no_notch(values):
    assert not has_notch(values)
    low, high = np.quantile(values, [0.25, 0.75])
    np.testing.assert_allclose(np.unique(drawn(values)[:, 1]), np.unique([low, high]))


@pytest.mark.parametrize("seed", range(20))
def test_no_box_folds_over(seed):
    rng = np.random.default_rng(seed)
    values = rng.exponential(size=rng.integers(2, 60)) ** 3
    heights = drawn(values)[:, 1]
    low, high = np.quantile(values, [0.25, 0.75])
    assert heights.min() == pytest.approx(low)
    assert heights.max() == pytest.approx(high)


def test_entropy_of_narrow_and_wide_layers():
    rng = np.random.default_rng(0)
    values = {"narrow": rng.normal(size=(100, 4)), "wide": rng.normal(size=(100, 90))}
    entropy = inb.entropy(inb.from_arrays(values))
    boxes = inb.plot_entropy(entropy).axes[0].patches
    for box, layer in zip(boxes, ("narrow", "wide"), strict=True):
        column = entropy.sel(layer=layer).values
        column = column[np.isfinite(column)]
        assert (len(np.unique(box.get_path().vertices[:, 1])) == 5) == has_notch(column)
        low, high = np.quantile(column, [0.25, 0.75])
        assert box.get_path().vertices[:, 1].min() == pytest.approx(low)
        assert box.get_path().vertices[:, 1].max() == pytest.approx(high)
