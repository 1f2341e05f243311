"""The frame, the ground and the content of a live figure are drawn when they have changed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from infonb.plots.live import LiveFigure
from infonb.plots.picture import DPI, SCALE

BOX = (0.6, 0.5, 2.2, 1.4)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.to_png())))


def empty():
    picture = LiveFigure((3, 2), [BOX])
    picture.axes[0].set(xlim=(0, 1), ylim=(0, 1))
    return picture


@pytest.fixture
def picture():
    return empty()


def band(picture, low, colour):
    picture.axes[0].axhspan(low, low + 0.2, 0.1, 0.9, color=colour)


def test_new_content_replaces_the_one_before(picture):
    nothing = pixels(picture)
    shown = []
    for low in (0.1, 0.6, 0.1):
        with picture.content():
            band(picture, low, "red")
        shown.append(pixels(picture))
    new = empty()
    band(new, 0.1, "red")
    np.testing.assert_array_equal(shown[0], pixels(new))
    np.testing.assert_array_equal(shown[0], shown[2])
    assert (shown[0] != shown[1]).any()
    with picture.content():
        pass
    np.testing.assert_array_equal(pixels(picture), nothing)


def test_the_frame_is_drawn_again_only_for_another_key(picture):
    picture.frame_depends("one")
    before = pixels(picture)
    picture.axes[0].set_xlabel("another label")
    picture.frame_depends("one")
    np.testing.assert_array_equal(pixels(picture), before)
    picture.frame_depends("two")
    assert (pixels(picture) != before).any()


def test_the_ground_is_drawn_for_another_key_and_with_another_frame(picture):
    drawn = []

    def ground(low, colour):
        drawn.append(low)
        band(picture, low, colour)

    for key in (0.1, 0.1, 0.5):
        picture.ground(key, lambda key=key: ground(key, "red"))
        pixels(picture)
    assert drawn == [0.1, 0.5]
    picture.axes[0].set(ylim=(0, 2))
    picture.frame_depends("higher")
    new = empty()
    new.axes[0].set(ylim=(0, 2))
    band(new, 0.5, "red")
    np.testing.assert_array_equal(pixels(picture), pixels(new))


def test_content_lies_on_the_ground_and_saved_is_what_is_shown(picture, tmp_path):
    with picture.content():
        band(picture, 0.2, "lime")
    picture.ground("key", lambda: band(picture, 0.2, "red"))
    (line,) = picture.axes[0].plot([0, 1], [0.3, 0.3], color="blue", linewidth=3)
    picture.add_content(line)
    shown = pixels(picture)
    assert (shown == (0, 255, 0)).all(-1).any()
    assert (shown == (0, 0, 255)).all(-1).any()
    assert not (shown == (255, 0, 0)).all(-1).any()
    line.set_ydata([0.7, 0.7])
    assert (pixels(picture) != shown).any()
    line.set_ydata([0.3, 0.3])
    np.testing.assert_array_equal(pixels(picture), shown)
    picture.savefig(tmp_path / "saved.png", dpi=SCALE * DPI)
    saved = np.asarray(Image.open(tmp_path / "saved.png").convert("RGB"))
    assert saved.shape == shown.shape


def test_axes_are_where_their_box_says(picture):
    left, bottom, width, height = picture.axes[0].get_position().bounds
    np.testing.assert_allclose((3 * left, 2 * bottom, 3 * width, 2 * height), BOX)
