"""The map of accuracies: cells, numbers, frames and words are those of the values."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.patches import Rectangle

from infonb.plots import plot_accuracy_map

NAMES = {"object_name": ["cat", "dog", "cow"], "context_name": ["grass", "snow", "road"]}


@pytest.fixture
def accuracy():
    values = np.random.default_rng(0).random((2, 4, 3, 3))
    coords = {"setting": ["balanced", "unbalanced"], "seed": range(4)} | NAMES
    return xr.DataArray(values, coords, tuple(coords))


def panels(picture):
    return [axis for axis in picture.axes if axis.texts]


def frames(axis):
    return {
        (int(patch.get_y()), int(patch.get_x()))
        for patch in axis.patches
        if isinstance(patch, Rectangle)
    }


def test_cells_are_the_means_over_seeds_whatever_the_order_of_dims(accuracy):
    means = accuracy.values.mean(axis=1)
    for values in (accuracy, accuracy.transpose("context_name", "seed", "object_name", "setting")):
        picture = plot_accuracy_map(values)
        assert [axis.get_title(loc="left") for axis in panels(picture)] == list(accuracy.setting)
        for axis, expected in zip(panels(picture), means, strict=True):
            np.testing.assert_allclose(axis.collections[0].get_array(), expected)
            shown = {text.get_position(): text.get_text() for text in axis.texts}
            assert shown == {
                (j + 0.5, i + 0.5): f"{x:.2f}" for (i, j), x in np.ndenumerate(expected)
            }
            assert axis.collections[0].get_clim() == (0, 1)
            assert [t.get_text() for t in axis.get_xticklabels()] == NAMES["context_name"]
        first = panels(picture)[0].get_yticklabels()
        assert [tick.get_text() for tick in first] == NAMES["object_name"]
        assert (picture.get_supylabel(), picture.get_supxlabel()) == ("object", "context")
        assert "mean over seeds" in picture.alt
        assert f"unbalanced mean {means[1].mean():.2f}" in picture.alt


def test_usual_pairs_are_framed_and_told_apart_in_words(accuracy):
    usual = xr.DataArray(np.eye(3, dtype=bool)[::-1], NAMES, tuple(NAMES))
    usual[0, 0] = True
    picture = plot_accuracy_map(accuracy, usual=usual.T)
    for axis in panels(picture):
        assert frames(axis) == {(2, 0), (1, 1), (0, 2), (0, 0)}
    means = accuracy.values.mean(axis=1)[0]
    inside, outside = means[usual.values].mean(), means[~usual.values].mean()
    assert f"balanced usual pairs {inside:.2f}, others {outside:.2f};" in picture.alt
    assert frames(panels(plot_accuracy_map(accuracy))[0]) == set()


def test_pairs_that_there_are_none_of_stay_empty(accuracy):
    one = accuracy.isel(setting=0, seed=0, drop=True).copy()
    one[1, 2] = np.nan
    picture = plot_accuracy_map(one)
    (axis,) = panels(picture)
    assert len(axis.texts) == 8
    assert picture.alt.endswith(f"mean {np.nanmean(one):.2f}.")
    assert "over seeds" not in picture.alt


def test_other_names_can_be_given(accuracy):
    other = accuracy.rename(object_name="label", context_name="color")
    picture = plot_accuracy_map(other, rows="label", columns="color")
    assert picture.alt.startswith("Accuracy for each label in each color")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"rows": "object"}, ValueError, "dim 'object' not found"),
        ({"by": "settings"}, ValueError, "dim 'settings' not found"),
        ({"usual": xr.DataArray([True], dims="object_name")}, ValueError, "'context_name' not fou"),
    ],
)
def test_what_is_missing_is_named(accuracy, options, error, words):
    with pytest.raises(error, match=words):
        plot_accuracy_map(accuracy, **options)
    with pytest.raises(TypeError, match="a DataArray; not Dataset"):
        plot_accuracy_map(accuracy.to_dataset(name="a"))
