"""The picture that all plots return: its PNG, its size on the page, its alt text."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from infonb.plots import subplots
from infonb.plots.picture import DPI, SCALE, encode_png, join_pngs, png_bundle, png_size
from infonb.plots.style import palette, palette_kind


def test_pixels_come_back_from_the_png():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 4)).astype(np.uint8)
    for level in (1, 6, 9):
        png = encode_png(pixels, level)
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), pixels[..., :3])


def test_a_picture_has_its_size_and_its_words():
    picture, _ = subplots(size=(4, 3), alt="an empty panel")
    png = picture.to_png()
    assert png_size(png) == (360, 270)
    assert png_bundle(png, picture.alt) == picture._repr_mimebundle_()
    assert png_bundle(png, picture.alt)[1]["image/png"] == {
        "alt": "an empty panel", "width": 360, "height": 270,
    }  # fmt: skip
    assert png_bundle(png, "")[0]["text/plain"] == "a picture"


def drawn(shape):
    """Return two panels with words of unlike width; of images, which have a fixed shape, or not."""
    picture, axes = subplots(1, 2, size=(3, 2))
    for axis, word in zip(axes.flat, ("one", "a much longer word"), strict=True):
        axis.imshow(np.eye(3), aspect=shape)
        axis.set(ylabel=word, yticks=[0, 1], yticklabels=[word, "b"])
    return picture


@pytest.mark.parametrize("shape", ["auto", "equal"])
def test_panels_that_are_placed_once_are_where_they_would_be_after_another_time(shape):
    picture, other = drawn(shape), drawn(shape)
    engine = picture.get_layout_engine()
    found = np.asarray(Image.open(io.BytesIO(picture.to_png())))
    assert picture.get_layout_engine() is engine
    canvas = FigureCanvasAgg(other)
    other.set_dpi(SCALE * DPI)
    other.draw_without_rendering()
    canvas.draw()  # which places them again
    np.testing.assert_array_equal(found, np.asarray(canvas.buffer_rgba())[..., :3])
    assert picture._stay_in_place() == (shape == "auto")


def test_pictures_are_joined_row_by_row():
    one = subplots(size=(4, 3))[0].to_png()
    assert png_size(join_pngs([one, one, one], columns=2)) == (720, 540)
    assert join_pngs([one], columns=2) == one


def test_numbers_have_ordered_colours_and_names_distinct_ones():
    assert palette_kind([0.0, 0.5]) == "levels"
    assert palette_kind(["baseline", "heuristic"]) == "names"
    layers, names = palette(10, "layers"), palette(10, "names")
    assert len(set(names)) == 10
    assert not set(names) & set(layers), "a network has no layer's colour"
