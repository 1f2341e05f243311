"""Labels below an axis: never over each other, however many and long they are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.plots import plot_activations
from infonb.plots.labels import add_legend, keep_apart, touching
from infonb.plots.picture import subplots

pytestmark = pytest.mark.slow


def labels(axis):
    return [label for label in axis.get_xticklabels() if label.get_visible() and label.get_text()]


def overlapping(picture, axis):
    """Return pairs of labels of which one is drawn over the other, by their outlines' pixels."""
    picture.draw_without_rendering()
    corners = []
    for label in labels(axis):
        angle = np.deg2rad(label.get_rotation())
        box = label.get_window_extent()
        line = label.get_size() * picture.dpi / 72
        # across the direction of the text: (place along the normal, half a line)
        normal = np.array([-np.sin(angle), np.cos(angle)])
        middle = np.array([box.x0 + box.x1, box.y0 + box.y1]) / 2
        if label.get_rotation() == 0:
            corners.append((box.x0, box.x1))
        else:
            corners.append((middle @ normal - line / 2, middle @ normal + line / 2))
    corners.sort()
    return [(a, b) for a, b in itertools.pairwise(corners) if b[0] <= a[1]]


@pytest.mark.parametrize(
    ("names", "angle", "shown"),
    [
        (["a", "b", "c"], 0, 3),
        ([f"a name of layer {i}" for i in range(5)], 30, 5),
        ([f"a name of layer {i}" for i in range(14)], 90, 14),
        ([f"a name of layer {i}" for i in range(60)], 90, 20),
    ],
)
def test_labels_are_turned_as_far_as_they_must(names, angle, shown):
    picture, axes = subplots(size=(5, 3))
    axis = axes[0, 0]
    axis.set_xticks(range(len(names)), names)
    crowded = touching(picture, [axis])
    assert crowded == (angle > 0)
    assert bool(overlapping(picture, axis)) == crowded
    before = axis.get_window_extent().height
    keep_apart(picture, [axis])
    assert {label.get_rotation() for label in labels(axis)} == {angle}
    assert len(labels(axis)) == shown
    assert not overlapping(picture, axis)
    # the panel keeps its room
    assert axis.get_window_extent().height > 0.8 * before


def test_all_panels_turn_alike():
    picture, axes = subplots(2, 1, size=(4, 2))
    axes[0, 0].set_xticks([0, 1], ["a", "b"])
    axes[1, 0].set_xticks(range(6), [f"a name of layer {i}" for i in range(6)])
    keep_apart(picture, list(axes.flat))
    angles = {label.get_rotation() for axis in axes.flat for label in labels(axis)}
    assert len(angles) == 1
    assert angles != {0}


@pytest.mark.parametrize("widths", [[8, 16, 32, 64], [1, 64], [3] * 12])
def test_layers_of_heat_maps_never_touch(widths):
    rng = np.random.default_rng(0)
    values = {f"block{i}.output": rng.normal(size=(40, n)) for i, n in enumerate(widths)}
    acts = inb.from_arrays(values).activation
    runs = xr.concat([acts] * 3, dim=xr.Variable("alpha", [0.0, 0.5, 1.0]))
    picture = plot_activations(runs)
    for axis in picture.axes[:3]:
        assert len(labels(axis)) == len(widths)
        assert not overlapping(picture, axis)


def test_many_levels_have_their_name_once():
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"fc1": rng.normal(size=(50, 4))})
    for levels, ticks, below in (
        ([0.5, 1.0], ["division = 0.5", "division = 1"], ""),
        (np.linspace(0.5, 1, 11), [f"{level:g}" for level in np.linspace(0.5, 1, 11)], "division"),
    ):
        runs = xr.concat([acts] * len(levels), dim=xr.Variable("division", levels))
        axis = inb.plot_entropy(inb.entropy(runs)).axes[0]
        assert [label.get_text() for label in axis.get_xticklabels()] == ticks
        assert axis.get_xlabel() == below
        assert {label.get_rotation() for label in axis.get_xticklabels()} == {0}


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["a", "b"], 2),
        (["stage1", "stage2", "stage3", "stage4", "accuracy in all contexts"], 5),
        ([f"transformer.layer.{i}.attention" for i in range(12)], 2),
        (["a" * 60, "b" * 60], 1),
    ],
)
def test_legends_keep_within_the_picture(names, columns):
    picture, axes = subplots(size=(7, 4))
    handles = [axes[0, 0].plot([0, 1])[0] for _ in names]
    legend = add_legend(picture, handles, names)
    picture.draw_without_rendering()
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= picture.bbox.width
    assert legend._ncols == columns
    assert [text.get_text() for text in legend.get_texts()] == names
    assert len(picture.legends) == 1


def test_labels_that_touch_are_turned_together():
    picture, axes = subplots(size=(2, 2))
    axes[0, 0].set_xticks([0, 1], ["short", "one"])
    assert not touching(picture, [axes[0, 0]])
    axes[0, 0].set_xticks([0, 1], ["much longer than the other", "and this one too"])
    assert touching(picture, [axes[0, 0]])
    picture, axes = subplots(size=(4, 3))
    axes[0, 0].set_xticks(range(4), [f"layer number {i}" for i in range(4)])
    keep_apart(picture, [axes[0, 0]])
    assert axes[0, 0].get_xticklabels()[0].get_rotation() == 30.0


def test_a_legend_has_as_many_columns_as_there_is_room_for():
    picture, axes = subplots(size=(5, 3))
    lines = axes[0, 0].plot([0, 1], [[0, 1], [1, 0]])
    assert add_legend(picture, lines, ["fc1", "fc2"])._ncols == 2
    assert add_legend(picture, lines, ["x" * 30, "y" * 30])._ncols == 1
