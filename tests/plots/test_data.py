from __future__ import annotations

import numpy as np
import pytest

from infonb.data import colored_images, context_scenes, shuffled
from infonb.plots import plot_images


def shown(picture):
    return [axis.images[0].get_array() for axis in picture.axes if axis.images]


def test_colour_images_are_drawn_as_they_are_with_names_and_contexts():
    train, _ = context_scenes("balanced", n_train=16, n_evaluation=16, size=16)
    picture = plot_images(train, n=5, columns=3)
    for i, image in enumerate(shown(picture)):
        np.testing.assert_array_equal(image, train.input.values[i].transpose(1, 2, 0))
        name, context = train.object.values[i], train.context.values[i]
        assert picture.axes[i].get_title() == f"{name}\n({context})"
        assert f"{name} ({context})" in picture.alt
    assert len(shown(picture)) == 5
    assert len(picture.axes) == 6


def test_wrong_names_are_marked_with_the_true_ones():
    train, _ = context_scenes("balanced", n_train=16, n_evaluation=16, size=16)
    wrong = shuffled(train, 1.0, n_classes=4, seed=0)
    assert (wrong.label != wrong.true_label).any()
    picture = plot_images(wrong, n=16)
    names = train.attrs["classes"].split(", ")
    for i, axis in enumerate(picture.axes[:16]):
        label, true = (names[wrong[name].values[i]] for name in ("label", "true_label"))
        lines = axis.get_title().split("\n")
        assert lines[0] == label
        assert (lines[1] == f"(true: {true})") == (label != true)
        assert lines[-1] == f"({train.context.values[i]})"


@pytest.mark.parametrize("columns", [1, 5, 8])
def test_titles_lie_above_their_own_image(columns):
    train, _ = context_scenes("balanced", n_train=16, n_evaluation=16, size=16)
    picture = plot_images(train, n=16, columns=columns)
    picture.draw_without_rendering()
    axes = picture.axes
    for above, axis in zip(axes, axes[columns:], strict=False):
        assert axis.title.get_window_extent().y1 < above.get_window_extent().y0


def test_two_channels_still_are_red_and_blueish_green():
    train, _ = colored_images("digits", 1.0)
    picture = plot_images(train, n=4)
    for image, channels in zip(shown(picture), train.input.values, strict=False):
        np.testing.assert_allclose(image[..., 0], channels[0])
        np.testing.assert_allclose(image[..., 2], channels[1])
    assert picture.axes[0].get_title() == f"label {train.label.values[0]}\n"
