"""What is drawn along levels: quartiles, curves, the mark, boxes and densities."""

from __future__ import annotations

import numpy as np
import pytest

from infonb.plots import subplots
from infonb.plots.live.levels.boxes import draw_boxes
from infonb.plots.live.levels.colours import curve_colours, darker, layer_colours
from infonb.plots.live.levels.density import density_frame, draw_density
from infonb.plots.live.levels.frame import Places, frame
from infonb.plots.live.levels.lines import (
    beside_each_other,
    draw_key,
    draw_lines,
    draw_quartiles,
    mark,
    note,
)
from infonb.plots.live.levels.scale import Scale, brief


@pytest.fixture
def places():
    return Places(np.arange(2), ["0", "1"], "α", True)


@pytest.fixture
def axis(places):
    return frame(places, ylim=(0, 4), ylabel="").axes[0]


def test_the_line_is_that_of_the_medians(axis, places):
    draw_quartiles(axis, places, [[1, 2, 3], [0, 1, 2]], "tab:blue")
    np.testing.assert_array_equal(axis.lines[0].get_ydata(), [2.0, 1.0])


def test_the_line_of_curves_is_their_mean(axis):
    draw_lines(axis, [0, 1], [[0.5, 0.7], [0.7, 0.9]], "tab:blue", "-")
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [0.6, 0.8])


def test_layers_stand_beside_each_other_where_no_line_joins_places(places):
    names = Places(np.arange(2), ["a", "b"], "network", False)
    np.testing.assert_allclose(beside_each_other(names, 2), [-0.175, 0.175])
    np.testing.assert_array_equal(beside_each_other(places, 2), [0, 0])


def test_words_above_the_axes(axis):
    mark(axis, 1, [(1, 2.0, "tab:blue")], "α = 1")
    assert axis.texts[0].get_text() == "α = 1"
    _, axes = subplots(1, 2)
    note(axes[0, 0], "faint: α = 0")
    assert axes[0, 0].texts[0].get_text() == "faint: α = 0"
    draw_key(axes[0, 1], [("training", 0.987, "black", "-")])
    assert axes[0, 1].texts[0].get_text() == "training\n0.987"


def test_second_axes_are_for_the_layers(places):
    picture = frame(places, ylim=(0, 3), ylabel="entropy (nat)", boxes=["fc1", "fc2"])
    assert [text.get_text() for text in picture.axes[1].get_xticklabels()] == ["fc1", "fc2"]
    quartiles = np.array([[1, 2, 3], [1, 2, 3]])
    draw_boxes(picture.axes[1], None, quartiles, quartiles - 1)
    assert len(picture.axes[1].patches) == 4


def test_a_density_has_its_name_and_room_for_its_peak():
    axis = density_frame(np.ones((3, 10)), (0, 1), "MI of a pair (nat)", "pairs of fc1").axes[0]
    assert axis.get_ylim()[1] == pytest.approx(1.05)
    draw_density(axis, [0, 1], [1, 1], 0.5, "black", "α = 0: median 0.5", faint=True)
    assert axis.texts[0].get_text() == "- - α = 0: median 0.5"


def test_colours():
    assert len(layer_colours(24)) == 24
    assert curve_colours(2)[0] == "0.1"
    assert darker("white") == (0.65, 0.65, 0.65)


def test_a_wide_reach_stands_on_a_logarithmic_scale():
    scale = Scale.of(np.array([0, 1, 10, 100, 1000]), np.array([0, 1000]))
    assert [scale.x(number) for number in (0, 1, 10, 100)] == [0.0, 0.5, 1.5, 2.5]
    assert list(scale.ticks().values()) == ["0", "1", "10", "100", "1,000"]
    assert [brief(number) for number in (0.25, 500, 20_000)] == ["0.25", "500", "20k"]
