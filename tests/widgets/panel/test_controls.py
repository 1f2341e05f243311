"""Controls, their place on the page, and all that belongs to them."""

from __future__ import annotations

import ipywidgets
import pytest

from infonb.widgets.panel.check_value import check_value
from infonb.widgets.panel.controls import buttons, choice, named
from infonb.widgets.panel.layout import lay_out
from infonb.widgets.panel.lifetime import close_widgets, with_children
from infonb.widgets.panel.live_picture import LivePicture, StaticPicture


def test_long_names_stand_in_a_list():
    names = [("memorized, short", 0), ("memorized, long", 1)]
    assert isinstance(choice(names, "network", 0), ipywidgets.Dropdown)
    assert isinstance(choice([("5", 5)], "epoch", 5), ipywidgets.SelectionSlider)
    assert buttons(["nat", "bit"], "unit", "bit").value == "bit"


def test_numbers_have_as_many_digits_as_tell_them_apart():
    assert named([0.5, "all", 1_000_000]) == [
        ("0.5", 0.5), ("all", "all"), ("1,000,000", 1_000_000),
    ]  # fmt: skip


def test_a_value_beyond_a_control_is_told():
    with pytest.raises(ValueError, match="bins must be between 1 and 100; not 200"):
        check_value("bins", ipywidgets.IntSlider(10, 1, 100), 200)


def test_no_control_is_wider_than_the_pictures():
    images = [LivePicture(width=400), LivePicture(width=300)]
    view = lay_out([ipywidgets.IntSlider()], ipywidgets.HTML(), images, 2)
    assert view.children[2].layout.max_width == "720px"


def test_what_belongs_to_a_widget_is_closed_with_it():
    box = ipywidgets.HBox([ipywidgets.Label("play")])
    every = with_children([box])
    assert sorted(type(one).__name__ for one in every) == [
        "HBox", "Label", "LabelStyle", "Layout", "Layout",
    ]  # fmt: skip
    slider = ipywidgets.IntSlider(3)
    close_widgets([box, slider], keep=[slider])
    assert slider.comm is not None
    assert all(one.comm is None for one in every)
    close_widgets([slider])
    assert slider.comm is None
    assert slider.value == 3


def test_both_kinds_of_pictures_start_alike():
    live, static = LivePicture(), StaticPicture()
    assert (live.pointed, live.stepped) == ([0.0, 0.0, 0.0], [0, 0, 0])
    for name in ("value", "alt", "width", "axes", "cursor"):
        assert getattr(live, name) == getattr(static, name)
    with static.hold_sync():
        static.alt = "two neurons"
    assert static.alt == "two neurons"
