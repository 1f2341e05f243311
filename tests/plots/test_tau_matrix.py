"""The triangle of τ: its numbers, what is marked, and that every name has its room."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from nine_runs import RULERS, agreement_of, nine_runs

from infonb.plots import plot_tau_matrix
from infonb.plots.ruler_names import ruler_words


@pytest.fixture(scope="module")
def found():
    return agreement_of(nine_runs())


def triangle(axis):
    """Return (row, column) → the words in that cell, and the names."""
    cells, names = {}, []
    for text in axis.texts:
        x, y = text.get_position()
        if text.get_ha() == "center":
            cells[int(y), int(x)] = text.get_text()
        else:
            names.append(text.get_text())
    return cells, names


def test_each_pair_has_one_cell_with_its_number(found):
    one = found.sel(network="noise")
    (axis,) = plot_tau_matrix(one).axes
    cells, names = triangle(axis)
    assert names == [ruler_words(name) for name in RULERS]
    assert names[0] == "in/out"
    assert set(cells) == {(i, j) for i in range(10) for j in range(i)}
    for (i, j), words in cells.items():
        tau = float(one.tau[i, j])
        assert float(words.replace("−", "-")) == pytest.approx(tau, abs=0.005)


def test_hatched_are_the_cells_whose_interval_holds_zero(found):
    one = found.sel(network="noise")
    (axis,) = plot_tau_matrix(one).axes
    plain, hatched = axis.collections
    assert (plain.get_hatch(), hatched.get_hatch()) == (None, "////")
    low, high = (one.interval.sel(bound=end).values for end in ("low", "high"))
    holds = {(i, j) for i in range(10) for j in range(i) if low[i, j] <= 0 <= high[i, j]}
    assert 0 < len(holds) < 45
    drawn = {tuple(path.vertices[:4].mean(axis=0).round().astype(int)[::-1])
             for path in hatched.get_paths()}  # fmt: skip
    assert drawn == holds
    assert f"{len(holds)} of 45 pairs cannot be told from 0" in plot_tau_matrix(one).alt


def test_what_is_not_defined_is_a_dash_and_not_counted(found):
    one = found.sel(network="logic gates")
    picture = plot_tau_matrix(one)
    cells, _ = triangle(picture.axes[0])
    row = RULERS.index("loss_curvature")
    assert {place for place, words in cells.items() if words == "–"} == {
        (i, j) for i in range(10) for j in range(i) if row in (i, j)
    }
    assert "of 36 pairs" in picture.alt


def test_several_groups_are_panels_and_readings_are_rulers(found):
    picture = plot_tau_matrix(found.rename(ruler="reading", other_ruler="other_reading"))
    assert [axis.get_title("left") for axis in picture.axes] == found.network.values.tolist()
    assert picture.alt.startswith("Kendall's τ of 10 rulers, highest first. true labels: ")
    few = plot_tau_matrix(found.isel(ruler=slice(3), other_ruler=slice(3)))
    assert len({round(axis.get_position().y0, 3) for axis in few.axes}) == 3  # three in a row


def test_without_intervals_nothing_is_marked(found):
    (axis,) = plot_tau_matrix(found[["tau"]].sel(network="noise")).axes
    assert not axis.collections[1].get_paths()


@pytest.mark.parametrize("n", [2, 5, 10, 14])
@pytest.mark.parametrize("width", [None, 3.9])
def test_no_name_leaves_the_picture_or_another_panel(n, width):
    names = [f"a ruler with a long name {at}" for at in range(n)]
    tau = xr.DataArray(
        np.full((2, n, n), -0.55), {"network": ["a", "b"], "ruler": names, "other_ruler": names},
        ("network", "ruler", "other_ruler"),
    )  # fmt: skip
    picture = plot_tau_matrix(tau.to_dataset(name="tau"), width=width)
    picture.draw_without_rendering()
    for axis in picture.axes:
        box = axis.get_window_extent()
        for text in axis.texts:
            extent = text.get_window_extent()
            assert extent.x0 >= box.x0 - 3
            assert extent.x1 <= box.x1 + 3


def test_other_dims_are_told():
    square = (("sample", "other"), np.eye(2))
    with pytest.raises(ValueError, match="tau must have two dims like ruler and other_ruler"):
        plot_tau_matrix(xr.Dataset({"tau": square}))
    tau = (("seed", "network", "ruler", "other_ruler"), np.zeros((1, 1, 2, 2)))
    with pytest.raises(ValueError, match=r"tau has \['seed', 'network'\]. Choose one label"):
        plot_tau_matrix(xr.Dataset({"tau": tau}))
