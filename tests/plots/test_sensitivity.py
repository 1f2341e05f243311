"""The grid is drawn as it is: lines, bands, markers and words."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims.sensitivity import sensitivity
from infonb.claims.sentences import outcomes, what_decides
from infonb.plots import plot_sensitivity


@pytest.fixture(scope="module")
def acts():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 2, 10, 150))
    values[1, 0, 0] *= 20
    return xr.DataArray(
        values, {"alpha": [0.0, 1.0], "layer": np.array(["fc1", "fc2"], dtype=object)},
        ("alpha", "layer", "neuron", "sample"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def grid(acts):
    return sensitivity(acts, "alpha", 0.0, 1.0, bins=[10, 80, 300], k=[1, 3], direction=-1)


def test_a_column_for_each_layer_and_three_rows(grid):
    picture = plot_sensitivity(grid)
    assert len(picture.axes) == 6
    assert [axis.get_title(loc="left") for axis in picture.axes[:2]] == ["fc1", "fc2"]
    assert picture.axes[0].get_xlabel() == "bins (S = 150)"
    assert picture.axes[2].get_xlabel() == "samples S (80 bins)"  # the nearest to 100


def test_lines_are_the_changes_and_bands_the_intervals(grid):
    axis = plot_sensitivity(grid).axes[1]
    part = grid.sel(layer="fc2", n_samples=150)
    drawn = [line.get_ydata() for line in axis.lines if len(line.get_xdata()) == 3]
    for edges, values in zip(("common", "shared", "neuron"), drawn, strict=True):
        np.testing.assert_allclose(values, part.entropy_change.sel(edges=edges))
    band = axis.collections[0].get_paths()[0].vertices[:, 1]
    interval = part.entropy_interval.sel(edges="common")
    assert band.min() == pytest.approx(float(interval.min()))
    assert band.max() == pytest.approx(float(interval.max()))


def test_markers_say_whether_the_claim_holds(grid):
    def fills(direction):
        changed = grid.assign_attrs(direction=direction)
        axis = plot_sensitivity(changed).axes[0]
        points = [line for line in axis.lines if len(line.get_xdata()) == 1]
        return ["open" if p.get_mfc() == "white" else p.get_marker() for p in points]

    found = outcomes(grid, "entropy").sel(layer="fc1", n_samples=150).values.ravel()
    assert -1 in found
    assert 0 in found
    assert fills(-1) == [{-1: "o", 0: "open", 1: "X"}[value] for value in found]
    assert fills(1) == [{1: "o", 0: "open", -1: "X"}[value] for value in found]


def legend(picture):
    return [text.get_text() for text in picture.legends[0].get_texts()]


def test_legend_names_what_is_drawn(grid):
    labels = legend(plot_sensitivity(grid))
    edges = ["common bins", "shared bins", "own bins"]
    assert labels[:5] == [*edges, "MI, k = 1", "MI, k = 3"]
    assert "as the paper says" in labels
    unclaimed = grid.copy()
    del unclaimed.attrs["direction"]
    assert "clear" in legend(plot_sensitivity(unclaimed))


def test_alt_says_what_decides(grid):
    alt = plot_sensitivity(grid).alt
    assert alt.startswith("Change of medians from α = 0 to α = 1")
    assert what_decides(grid).replace("\n", " ") in alt


def test_one_setting_can_be_drawn(acts):
    one = sensitivity(acts, "alpha", 0.0, 1.0, bins=[10], edges=["neuron"], samples=[150], k=[3])
    picture = plot_sensitivity(one)
    assert len(picture.axes) == 4
    assert picture.to_png().startswith(b"\x89PNG")
