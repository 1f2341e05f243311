"""The figure of other rulers: a panel for each that was read, and every value in the words."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_other_rulers

RULERS = ["mi_over_entropy", "mean_unit_mem", "matrix_entropy", "imbalance_to_label"]


def result(models=("a", "b"), seeds: int = 0) -> xr.Dataset:
    coords = {"ruler": RULERS, "model": list(models), "layer": ["fc1", "fc2"]}
    shape = [len(one) for one in coords.values()]
    values = xr.DataArray(np.arange(np.prod(shape)).reshape(shape) / 10, coords, list(coords))
    values = values.where(values.ruler != "imbalance_to_label")
    if seeds:
        values = values.expand_dims(seed=seeds)
    ends = values + xr.DataArray([-0.1, 0.1], {"bound": ["low", "high"]}, "bound")
    return xr.Dataset({
        "other_rulers": values, "other_rulers_interval": ends, "other_rulers_null": 0 * values,
    })  # fmt: skip


@pytest.mark.parametrize("seeds", [0, 3])
def test_panels_marks_and_words(seeds):
    picture = plot_other_rulers(result(seeds=seeds))
    shown = [axis for axis in picture.axes if axis.get_visible()]
    assert [axis.get_title("left") for axis in shown] == [
        "MI over entropy", "mean UnitMem", "matrix entropy",
    ]  # fmt: skip
    points = [line for line in shown[1].lines if line.get_marker() == "o"]
    np.testing.assert_allclose([line.get_ydata() for line in points], [[0.4, 0.5], [0.6, 0.7]])
    nulls = [line for line in shown[1].lines if line.get_marker() == "_"]
    assert len(nulls) == 2
    assert "mean UnitMem: a fc1 0.4, fc2 0.5; b fc1 0.6, fc2 0.7" in picture.alt
    assert "imbalance" not in picture.alt


def test_of_many_models_some_are_drawn():
    picture = plot_other_rulers(result([f"m{i}" for i in range(12)]))
    assert picture.alt.endswith("3 other models are not drawn.")


def test_narrow():
    picture = plot_other_rulers(result(), width=3.6)
    shown = [axis for axis in picture.axes if axis.get_visible()]
    assert len({axis.get_position().x0.round(2) for axis in shown}) <= 2


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="no other rulers"):
        plot_other_rulers(xr.Dataset())
    with pytest.raises(ValueError, match="could be read"):
        plot_other_rulers(result().where(False))
