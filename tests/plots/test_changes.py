"""The change of each pair: where its point stands."""

from __future__ import annotations

import pytest
import xarray as xr

from infonb.plots import plot_changes

CHANGE = xr.DataArray(
    [0.5, 0.1, -0.4, 0.0],
    dims="pair",
    coords={
        "setting": ("pair", ["a", "a", "b", "b"]),
        "group": ("pair", ["known", "twins", "known", "twins"]),
    },
)


def test_points_stand_in_the_panel_of_their_setting_and_the_row_of_their_group():
    picture = plot_changes(CHANGE, margins=[0.3])
    first, second = picture.axes
    assert [axis.get_title(loc="left") for axis in picture.axes] == ["a", "b"]
    places = [one.get_offsets().data for one in first.collections]
    assert [round(float(place[0, 0]), 3) for place in places] == [0.5, 0.1]
    assert [round(float(place[0, 1])) for place in places] == [0, 1]
    assert float(second.collections[0].get_offsets().data[0, 0]) == pytest.approx(-0.4)
    assert {round(line.get_xdata()[0], 3) for line in first.lines} == {0, -0.3, 0.3}
    assert picture.alt.endswith("medians: known +0.05, twins +0.05.")


def test_pairs_need_a_setting_and_a_group():
    with pytest.raises(ValueError, match="group"):
        plot_changes(CHANGE.drop_vars("group"))
