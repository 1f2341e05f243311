"""Scenes as they are said to be: who is shown, named, and likelier; what a seed fixes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.data import image_composites, load_digits, scenes_and_captions

COUNTS = {"A": 400, "B": 300, "C": 50, "public": 200}


@pytest.fixture(scope="module")
def pairs():
    return scenes_and_captions(COUNTS, seed=3)


def test_roles_and_names(pairs):
    assert pairs.role.to_series().value_counts().to_dict() == COUNTS
    assert (pairs.objects.sum("object") == 6).all()
    named, words = pairs.caption[:, :2].values, pairs.caption[:, 2:].values
    assert ((words >= 60) & (words < 100)).all()
    assert all(len(set(row)) == 5 for row in pairs.caption.values.tolist())
    assert np.take_along_axis(pairs.objects.values, named, 1).all()  # what is named is there


def test_captions_are_unique(pairs):
    assert len({tuple(sorted(row)) for row in pairs.caption.values.tolist()}) == 950
    crowded = scenes_and_captions({"A": 300, "B": 300}, n_objects=6, named=1, styles=20)
    assert len({tuple(sorted(row)) for row in crowded.caption.values.tolist()}) == 600


def test_too_many_captions_cannot_differ():
    with pytest.raises(ValueError, match="cannot all differ: take more styles, or fewer"):
        scenes_and_captions(200, n_objects=6, named=1, styles=4)


def test_a_scene_is_its_objects_in_cells(pairs):
    """Without noise every cell is one of the looks, or empty, and the same ones as told."""
    plain = scenes_and_captions(COUNTS, seed=3, noise=0.0)
    xr.testing.assert_equal(plain.objects, pairs.objects)
    cells = plain.input.values.reshape(950, 3, 5, 3, 5).swapaxes(2, 3).reshape(950, 9, 25)
    own = [{cell.tobytes() for cell in scene if cell.any()} for scene in cells]
    assert all(len(scene) == 6 for scene in own)
    looks = []  # an object's look: the one that all scenes with it share
    for o in range(60):
        shared = set.intersection(*(own[z] for z in np.flatnonzero(plain.objects.values[:, o])))
        looks.append(shared)
    assert all(len(look) == 1 for look in looks)
    for z in range(50):  # and where they are
        for cell, shown in zip(cells[z], plain.cell_object.values[z], strict=True):
            assert cell.any() == (shown >= 0)
            assert shown < 0 or cell.tobytes() in looks[shown]
    noise = pairs.input.values - plain.input.values
    assert noise.std() == pytest.approx(0.1, rel=0.01)


def test_objects_are_likelier_in_their_theme():
    pairs = scenes_and_captions(4000, seed=1, likelier=4.0)
    shown = pairs.objects.groupby(pairs.label).mean().values
    own = shown.argmax(axis=0)
    assert np.bincount(own).tolist() == [12] * 5
    inside = shown[own, np.arange(60)].mean()
    outside = (shown.sum(axis=0) - shown.max(axis=0)).mean() / 4
    # six draws without replacement blur the four a little
    assert 2.8 < inside / outside < 4
    even = scenes_and_captions(4000, seed=1, likelier=1.0).objects.mean("sample")
    assert abs(even - 0.1).max() < 4 * np.sqrt(0.1 * 0.9 / 4000)


def test_style_words_say_nothing(pairs):
    many = scenes_and_captions(4000, seed=2)
    has = (many.caption.values[:, 2:, None] == np.arange(60, 100)).any(axis=1)
    with np.errstate(invalid="ignore"):
        correlation = np.corrcoef(has.T, many.objects.values.T)[:40, 40:]
    assert abs(correlation).max() < 5 / np.sqrt(4000)


def test_the_first_scenes_do_not_depend_on_how_many_follow(pairs):
    fewer = scenes_and_captions({**COUNTS, "A": 100, "C": 20}, seed=3)
    for role in ("A", "B", "C"):
        n = int((fewer.role == role).sum())
        few, many = (one.isel(sample=(one.role == role).values) for one in (fewer, pairs))
        for name in ("input", "objects", "caption"):
            np.testing.assert_array_equal(few[name].values[:n], many[name].values[:n])


def test_seeds(pairs):
    xr.testing.assert_identical(pairs, scenes_and_captions(COUNTS, seed=3))
    other = scenes_and_captions(COUNTS, seed=4)
    assert not np.array_equal(other.objects, pairs.objects)
    assert abs(other.input.values[0] - pairs.input.values[0]).max() > 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": {}}, "n names no role"),
        ({"n": {"A": 0}}, "n of A must be at least 1"),
        ({"named": 7}, "named must be between 0 and 6"),
        ({"named": 0, "styles": 0}, "captions would be empty"),
        ({"likelier": 0.5}, "likelier must be at least"),
        ({"noise": -1.0}, "noise must be at least"),
    ],
)
def test_one_clear_line(change, words):
    with pytest.raises(ValueError, match=words):
        scenes_and_captions(**{"n": 5, **change})


def test_composites_hold_the_images():
    digits = load_digits()
    scenes = image_composites({"A": 30, "C": 10}, digits, n_objects=40, noise=0.0)
    images = {image.tobytes(): label for image, label in
              zip(digits.input.values, digits.label.values.tolist(), strict=True)}  # fmt: skip
    assert np.bincount(scenes.object_label).tolist() == [4] * 10
    cells = scenes.input.values.reshape(40, 3, 8, 3, 8).swapaxes(2, 3).reshape(40, 9, 8, 8)
    for scene, shown in zip(cells, scenes.objects.values, strict=True):
        there = sorted(images[cell.tobytes()] for cell in scene if cell.any())
        assert there == sorted(scenes.object_label.values[shown].tolist())


def test_composites_of_colours_and_of_what_is_no_square():
    rng = np.random.default_rng(0)
    images = xr.Dataset(
        {"input": (("sample", "channel", "row", "column"), rng.random((12, 3, 4, 4), np.float32)),
         "label": ("sample", np.arange(12) % 3)},
    )  # fmt: skip
    scenes = image_composites(5, images, n_objects=9, noise=0.0)
    assert scenes.input.dims == ("sample", "channel", "row", "column")
    known = {image.tobytes() for image in images.input.values}
    cells = scenes.input.values.reshape(5, 3, 3, 4, 3, 4).transpose(0, 2, 4, 1, 3, 5)
    assert all(cell.tobytes() in known or not cell.any() for cell in cells.reshape(45, 3, 4, 4))
    with pytest.raises(ValueError, match="must be squares; not of 4 x 3"):
        image_composites(5, images.isel(column=slice(3)), n_objects=9)
    with pytest.raises(ValueError, match="n_objects must be at most 12, the images; not 13"):
        image_composites(5, images, n_objects=13)
