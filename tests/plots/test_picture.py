"""The picture that all plots return: its PNG, its size on the page, its alt text."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from infonb.plots import subplots
from infonb.plots.picture import encode_png, join_pngs, png_bundle, png_size
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
