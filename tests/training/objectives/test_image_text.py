"""InfoNCE of images and captions: against cross-entropy by hand, the scale, masked tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from infonb.training import ImageText
from infonb.training.objectives.image_text import image_text_loss


class Dual(nn.Module):
    mask_token = 9

    def forward(self, images, captions):
        self.captions = captions
        return images, captions.double(), torch.zeros((), dtype=torch.float64)


def test_equals_cross_entropy_by_hand():
    images, texts = np.random.default_rng(0).normal(size=(2, 5, 3))
    scale, total = 4.0, 0.0
    cosines = np.array([
        [u @ v / math.sqrt(u @ u * (v @ v)) for v in texts] for u in images
    ])  # fmt: skip
    for i in range(5):
        own = scale * cosines[i, i]
        total += math.log(sum(math.exp(scale * cosines[i, k]) for k in range(5))) - own
        total += math.log(sum(math.exp(scale * cosines[k, i]) for k in range(5))) - own
    found = image_text_loss(
        torch.tensor(images), torch.tensor(texts), torch.tensor(math.log(scale))
    )
    assert float(found) == pytest.approx(total / 10, rel=1e-6)


def test_of_pairs_at_right_angles():
    rows = torch.eye(3, dtype=torch.float64)
    found = image_text_loss(rows, 2 * rows, torch.zeros((), dtype=torch.float64))
    assert float(found) == pytest.approx(-math.log(math.e / (math.e + 2)), rel=1e-12)


def test_the_scale_ends_at_100():
    rows = torch.eye(2, dtype=torch.float64).roll(1, 0), torch.eye(2, dtype=torch.float64)
    # wrong pairs throughout: the loss is the scale, and e^-scale more
    assert float(image_text_loss(*rows, torch.tensor(10.0))) == pytest.approx(100.0)
    assert float(image_text_loss(*rows, torch.tensor(math.log(5.0)))) == pytest.approx(
        5 + math.log1p(math.exp(-5.0))
    )


def test_tokens_are_masked_in_training_only_and_never_padding():
    model = Dual()
    captions = torch.ones(500, 8, dtype=torch.int64)
    captions[:, 6:] = 0
    images = torch.ones(500, 8, dtype=torch.float64)
    torch.manual_seed(0)
    ImageText(mask=0.5)(model.train(), images, captions)
    # with no word of padding all tokens alike; 4 SE of the share of 4,000 are 0.032
    assert abs(float((model.captions == 9).double().mean()) - 0.5) < 0.032
    model.pad_token = 0
    ImageText(mask=0.5)(model, images, captions)
    assert (model.captions[:, 6:] == 0).all()
    assert abs(float((model.captions[:, :6] == 9).double().mean()) - 0.5) < 0.037
    ImageText(mask=0.5)(model.eval(), images, captions)
    assert torch.equal(model.captions, captions)
    ImageText()(model.train(), images, captions)
    assert torch.equal(model.captions, captions)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ImageText(mask=2.0), "mask must be between 0"),
        (lambda: ImageText()(Dual(), torch.ones(1, 2), torch.ones(1, 2)), "1 pair has nothing"),
        (
            lambda: ImageText()(lambda a, b: (a, b), torch.ones(3, 2), torch.ones(3, 2)),
            "image_embedding, text_embedding, log_scale",
        ),
        (
            lambda: ImageText(0.5)(nn.Identity(), torch.ones(3, 2), torch.ones(3, 2)),
            "model.mask_token, which Identity does not have",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
