"""Rows of images and lists of texts: the examples that are meant, as they are."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.plots import plot_activating_examples
from infonb.plots.examples import Examples, as_rgb, montage


@pytest.fixture
def found():
    values = {"fc1": np.array([[0.0, 3.0], [2.0, -1.0], [1.0, 2.0], [-4.0, 0.5]])}
    return inb.activating_examples(inb.from_arrays(values), neurons=[0, 1], n=3)


def test_images_stand_in_the_order_of_their_activations(found):
    images = np.arange(4)[:, None, None] / 8 + np.zeros((4, 2, 3))
    picture = plot_activating_examples(found, images)
    for axis, places in zip(picture.axes, found.position.values, strict=True):
        (shown,) = axis.images
        cells = shown.get_array()[:2, ::4].reshape(2, 3, 3)  # images are 3 wide, a line apart
        np.testing.assert_allclose(cells[0, :, 0], places / 8)
        texts = [text.get_text() for text in axis.texts]
        assert texts == [
            f"{found.value.values[0 if axis is picture.axes[0] else 1][i]:.3g}" for i in range(3)
        ]
    assert picture.alt.startswith("What excites neurons most. fc1, neuron 0: image 1 (2), image 2")


def test_texts_and_numbers_are_lists(found):
    texts = [f"text\n{i} costs $5" for i in range(4)]
    picture = plot_activating_examples(found, texts)
    words = [text.get_text() for text in picture.axes[0].texts]
    assert words == ["2", "text 1 costs $5", "1", "text 2 costs $5", "0", "text 0 costs $5"]
    points = xr.DataArray(
        np.arange(8.0).reshape(4, 2) - 5, dims=("sample", "feature"),
        coords={"feature": ["x", "y"]},
    )  # fmt: skip
    alt = plot_activating_examples(found, points).alt
    assert "fc1, neuron 0: x = −3, y = −2 (2), x = −1, y = 0 (1)" in alt


def test_of_many_numbers_the_farthest_from_zero_are_named(found):
    rows = np.zeros((4, 30))
    rows[:, [3, 7, 20, 21]] = 1.5, -4.0, 0.25, 9.0
    rows[:, 29] = 0.1
    said = "[3] = 1.5, [7] = −4, [20] = 0.25, [21] = 9, …"
    assert f"sample 1: {said} (2), sample 2: {said}" in plot_activating_examples(found, rows).alt
    named = xr.DataArray(
        rows, dims=("sample", "feature"),
        coords={"sample": [10, 11, 12, 13], "feature": [f"x{i}" for i in range(30)]},
    )  # fmt: skip
    found = found.assign(sample=found["sample"] + 10)
    alt = plot_activating_examples(found, named).alt
    assert "sample 11: x3 = 1.5, x7 = −4, x20 = 0.25, x21 = 9, … (2)" in alt


def test_samples_are_found_by_their_labels_where_there_are_some():
    values = xr.DataArray(
        [[0.0, 3.0, 1.0]], dims=("neuron", "sample"), coords={"sample": [7, 5, 9]}
    )
    found = inb.activating_examples(values, neurons=[0], n=2)
    texts = xr.DataArray(
        np.array(["five", "six", "seven", "nine"], dtype=object), dims="sample",
        coords={"sample": [5, 6, 7, 9]},
    )  # fmt: skip
    assert "five (3), nine (1)" in plot_activating_examples(found, texts).alt
    assert "b (3), c (1)" in plot_activating_examples(found, ["a", "b", "c"]).alt
    with pytest.raises(ValueError, match="the examples have no sample 9"):
        plot_activating_examples(found, texts[:3])
    with pytest.raises(ValueError, match="there are 2 examples and 3 samples"):
        plot_activating_examples(found, ["a", "b"])


@pytest.mark.parametrize(
    ("shape", "channel"), [((5, 7, 6), None), ((5, 3, 7, 6), None), ((5, 7, 6, 3), None),
                           ((5, 7, 6, 1), 2), ((5, 1, 7, 6), 0), ((5, 4, 7, 6), None)],
)  # fmt: skip
def test_all_forms_of_images(shape, channel):
    images = np.random.default_rng(0).random(shape).astype(np.float32)
    found = as_rgb(images, channel)
    assert found.shape == (5, 7, 6, 3)
    if len(shape) == 3:
        expected = images[..., None].repeat(3, axis=3)
    elif shape[1] == 7:
        expected = images.repeat(3 // shape[3], axis=3)
    else:
        expected = np.moveaxis(images, 1, -1)[..., :3].repeat(3 if shape[1] == 1 else 1, axis=3)
    np.testing.assert_array_equal(found, expected)


def test_bytes_and_other_ranges():
    assert as_rgb(np.array([[[0, 255]]], np.uint8))[0, 0, :, 0].tolist() == [0, 1]
    assert as_rgb(np.array([[[-1.0, 1.0, 3.0]]]))[0, 0, :, 0].tolist() == [0, 0.5, 1]
    assert np.isfinite(as_rgb(np.full((1, 2, 2), 7.0))).all()
    assert as_rgb(np.array([[[False, True]]]))[0, 0, :, 0].tolist() == [0, 1]


def test_images_stand_in_rows_with_lines_between():
    images = np.zeros((3, 2, 2, 3), np.float32)
    whole = montage(images, 2)[..., 0]
    np.testing.assert_array_equal(whole == 1, [
        [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1],
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (np.zeros(4), "examples must be images"),
        (np.zeros((4, 5, 5, 5)), "images must have 1 to 4 channels; not 5"),
        (xr.Dataset({"pixels": ("sample", [1.0])}), "no variable 'input' but"),
        (xr.DataArray(np.zeros((4, 2, 2)), dims=("image", "row", "column")), "no dim 'sample'"),
        ([np.zeros((2, 2)), np.zeros((3, 2))] * 2, "several shapes"),
    ],
)
def test_what_cannot_be_shown_is_told(examples, message, found):
    with pytest.raises(ValueError, match=message):
        plot_activating_examples(found, examples)


@pytest.mark.parametrize(
    ("examples", "what"),
    [
        (None, "NoneType"),
        (3, "int"),
        ("four", "str"),
        ({"a", "b", "c", "d"}, "set"),
        (
            {"input_ids": np.zeros((4, 3))},
            r"a dict of 'input_ids': give .* examples\['input_ids'\]",
        ),
        ({}, "{}"),
        ([None] * 4, "a list that holds NoneType"),
        ([{"x": 1}] * 4, r"a list that holds a dict of 'x': .*"),
        ([(np.zeros((2, 2)), 1)] * 4, "a list that holds tuple"),
    ],
)
def test_what_is_no_examples_is_told_with_what_may_be(examples, what, found):
    told = rf"^examples must be images \(sample, row, column\).* as 'input'; not {what}\.$"
    with pytest.raises(TypeError, match=told):
        plot_activating_examples(found, examples)
    if examples is not None:  # none, which is the default
        acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(4, 2))})
        with pytest.raises(TypeError, match=told):
            inb.explore(acts, examples=examples)


def test_only_what_is_shown_is_read(found):
    dask = pytest.importorskip("dask.array")
    read = []

    def block(block_info=None):
        place = block_info[None]["array-location"][0]
        read.append(place[0])
        return np.full((place[1] - place[0], 2, 2), 0.5)

    lazy = dask.map_blocks(block, chunks=((1,) * 4, 2, 2), dtype=float, meta=np.empty((0,) * 3))
    examples = Examples(xr.DataArray(lazy, dims=("sample", "row", "column")))
    examples.images(np.array([2, 0]))
    assert sorted(read) == [0, 2]


def test_tensors(found):
    torch = pytest.importorskip("torch")
    images = torch.rand(4, 1, 2, 3)
    shown = Examples(images).images(np.array([3, 1]))
    np.testing.assert_array_equal(shown[:, :, :, 0], images[[3, 1], 0])


def test_another_result_is_refused():
    with pytest.raises(ValueError, match=r"what infonb\.activating_examples ret"):
        plot_activating_examples(xr.Dataset(), ["a"])
