"""Views of images: what is drawn, for each sample alone, and what strength zero leaves alone."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch

from infonb.data import DigitViews, ImageViews
from infonb.data.image_changes import _hue

STILL = {"shift": 0, "scale": (1, 1), "noise": 0, "dropout": 0}
PLAIN = {"crop": (1, 1), "flip": False, "jitter": 0, "grey": 0}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("views", [DigitViews(**STILL), ImageViews(**PLAIN)])
@pytest.mark.parametrize("shape", [(4, 6, 5), (4, 3, 6, 5)])
def test_nothing_changes_at_strength_zero(views, shape):
    images = torch.rand(shape, generator=seeded())
    found = views(images)
    assert torch.equal(found, images)
    found[0] = -1  # a copy
    assert images.min() >= 0


@pytest.mark.parametrize("views", [DigitViews(), ImageViews()])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_seed_shape_and_type(views, dtype):
    images = torch.rand(50, 3, 8, 6, dtype=dtype, generator=seeded())
    one, again, other = views(images, seeded(1)), views(images, seeded(1)), views(images, seeded(2))
    assert one.shape == images.shape
    assert one.dtype == dtype
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    torch.manual_seed(3)
    by_global = views(images)
    torch.manual_seed(3)
    assert torch.equal(views(images), by_global)
    state = torch.get_rng_state()
    views(images, seeded(1))
    assert torch.equal(torch.get_rng_state(), state)  # a generator of its own draws nothing else


@pytest.mark.parametrize("views", [DigitViews(), ImageViews()])
def test_every_sample_has_draws_of_its_own(views):
    same = torch.rand(1, 3, 8, 8, generator=seeded()).expand(20, -1, -1, -1)
    found = views(same, seeded(1)).flatten(1)
    assert len(torch.unique(found, dim=0)) == 20


def test_shifts_are_those_of_whole_pixels_and_all_of_them_come():
    image = torch.arange(1.0, 13).reshape(3, 4)
    found = DigitViews(**{**STILL, "shift": 1})(image.expand(400, 3, 4), seeded())
    expected = []
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = torch.zeros(3, 4)
            for row in range(3):
                for column in range(4):
                    if 0 <= row + down < 3 and 0 <= column + right < 4:
                        moved[row + down, column + right] = image[row, column]
            expected.append(moved)
    counts = [(found == moved).flatten(1).all(1).sum().item() for moved in expected]
    assert sum(counts) == 400
    assert min(counts) > 20


def test_scale_noise_and_dropout_have_their_sizes():
    ones = torch.ones(500, 20, 20)
    factors = DigitViews(**{**STILL, "scale": (0.5, 2)})(ones, seeded())
    assert torch.equal(factors, factors[:, :1, :1].expand_as(factors))
    assert 0.5 <= factors.min() < 0.52
    assert 1.98 < factors.max() <= 2
    noise = DigitViews(**{**STILL, "noise": 0.3})(ones, seeded()) - 1
    assert abs(noise.mean()) < 5 * 0.3 / 200_000**0.5
    assert abs(noise.std() - 0.3) < 0.003
    left = DigitViews(**{**STILL, "dropout": 0.3})(ones, seeded())
    assert set(left.unique().tolist()) == {0, 1}
    assert abs(left.mean() - 0.7) < 0.006
    pixels = DigitViews(**{**STILL, "dropout": 0.3})(torch.ones(9, 3, 5, 5), seeded())
    assert torch.equal(pixels, pixels[:, :1].expand_as(pixels))  # all channels of a pixel


def test_flips_are_those_of_torch_and_half_of_the_images():
    images = torch.rand(400, 3, 4, 5, generator=seeded())
    found = ImageViews(**{**PLAIN, "flip": True})(images, seeded())
    flipped = (found == torch.flip(images, [-1])).flatten(1).all(1)
    kept = (found == images).flatten(1).all(1)
    assert (flipped ^ kept).all()
    assert 160 < flipped.sum() < 240


def test_crops_keep_the_area_and_stay_inside():
    # of a ramp along each side, a crop shows a part of the ramp: its slope is the side that is kept
    ramp = (torch.arange(64) + 0.5) / 64
    images = torch.stack([ramp.expand(64, 64), ramp[:, None].expand(64, 64), torch.ones(64, 64)])
    found = ImageViews(**{**PLAIN, "crop": (0.3, 0.8)})(images.expand(300, 3, 64, 64), seeded())
    width = (found[:, 0, 32, 50] - found[:, 0, 32, 10]) / (40 / 64)
    height = (found[:, 1, 50, 32] - found[:, 1, 10, 32]) / (40 / 64)
    area, ratio = width * height, width / height
    assert 0.29 < area.min() < 0.33
    assert 0.77 < area.max() < 0.81
    assert 0.74 < ratio.min() < 0.8
    assert 1.25 < ratio.max() < 1.34
    middle = torch.stack([found[:, 0, 32, 31:33].mean(1), found[:, 1, 31:33, 32].mean(1)])
    assert (middle - torch.stack([width, height]) / 2 > -0.02).all()
    assert (middle + torch.stack([width, height]) / 2 < 1.02).all()
    assert torch.allclose(found[:, 2], torch.ones(()))  # nothing from outside comes in


def test_a_full_crop_is_the_image():
    images = torch.rand(5, 3, 7, 9, generator=seeded())
    found = ImageViews(**{**PLAIN, "crop": (1 - 1e-9, 1)})(images, seeded())
    assert torch.allclose(found, images, atol=1e-4)


def test_jitter_stays_in_range_and_leaves_a_fifth_alone():
    images = torch.rand(1000, 3, 4, 4, generator=seeded())
    found = ImageViews(**{**PLAIN, "jitter": 0.5})(images, seeded())
    assert 0 <= found.min() < found.max() <= 1
    alone = (found == images).flatten(1).all(1).float().mean()
    assert abs(alone - 0.2) < 0.05


def test_hue_turns_colours_and_keeps_grey_and_luma():
    matrix = _hue(torch.tensor([0.0, 0.5, -0.5]))
    assert torch.allclose(matrix[0], torch.eye(3), atol=1e-6)
    assert torch.allclose(matrix[1] @ matrix[2], torch.eye(3), atol=1e-5)
    grey, weights = torch.full((3,), 0.4), torch.tensor([0.299, 0.587, 0.114])
    assert torch.allclose(matrix @ grey, grey, atol=1e-3)
    color = torch.tensor([0.6, 0.3, 0.2])
    assert torch.allclose(matrix @ color @ weights, (color @ weights).expand(3), atol=1e-6)
    hues = [colorsys.rgb_to_hsv(*(m @ color).tolist())[0] for m in matrix]
    turned = [(hue - hues[0] + 0.5) % 1 - 0.5 for hue in hues]
    # in YIQ, whose angles are not quite those of HSV
    assert abs(abs(turned[1]) - 0.5 / (2 * np.pi)) < 0.05
    assert turned[1] * turned[2] < 0


def test_grey_has_the_luma_in_all_channels():
    images = torch.rand(500, 3, 2, 2, generator=seeded())
    found = ImageViews(**{**PLAIN, "grey": 0.2})(images, seeded())
    luma = 0.299 * images[:, 0] + 0.587 * images[:, 1] + 0.114 * images[:, 2]
    is_grey = torch.isclose(found, luma[:, None].expand_as(found)).flatten(1).all(1)
    kept = (found == images).flatten(1).all(1)
    assert (is_grey | kept).all()
    assert 70 < is_grey.sum() < 130


def test_images_of_one_channel_have_no_colours():
    images = torch.rand(30, 8, 8, generator=seeded())
    found = ImageViews(crop=(1, 1), flip=False)(images, seeded())
    assert found.shape == images.shape
    assert not torch.equal(found, images)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: DigitViews(shift=-1), ValueError, "shift must be at least 0"),
        (lambda: DigitViews(scale=(2, 1)), ValueError, "low first"),
        (lambda: DigitViews(scale=1), TypeError, "two numbers"),
        (lambda: DigitViews(dropout=1.5), ValueError, "between 0.0 and 1.0"),
        (lambda: ImageViews(crop=(0, 1)), ValueError, "keep some of the area"),
        (lambda: ImageViews(flip=1), TypeError, "True or False"),
        (lambda: ImageViews(jitter=2), ValueError, "jitter must be between"),
        (lambda: DigitViews()(np.ones((2, 3, 3))), TypeError, "torch tensor; not ndarray"),
        (lambda: DigitViews()(torch.ones(2, 64)), ValueError, "Flat ones: images.reshape"),
        (lambda: ImageViews()(torch.ones(2, 3, 4, 4, dtype=torch.uint8)), TypeError, "/ 255"),
        (lambda: ImageViews()(torch.ones(2, 4, 4, 3)), ValueError, "4 channels"),
        (lambda: ImageViews()(torch.ones(2, 3, 4, 4) * -1), ValueError, "after the views"),
    ],
)
def test_what_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()
