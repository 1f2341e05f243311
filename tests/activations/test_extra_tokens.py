"""Tokens that a model adds: found in front or at the back by trial, or said not to be known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import CLOSE
from activations.padded import SIDES, TEXTS, activations, alone, one_by_one, padded
from torch import nn

from infonb.activations.masks import with_extra

NAMES = ("input_ids", "attention_mask")


class Prompted(nn.Module):
    """Adds tokens to those it gets; a token sees the mean of the real ones."""

    def __init__(self, front=0, back=0, leaks=False):
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.layer, self.leaks = nn.Embedding(50, 4), nn.Linear(4, 3), leaks
        self.front, self.back = torch.randn(front, 4), torch.randn(back, 4)

    def forward(self, input_ids, attention_mask):
        n = len(input_ids)
        parts = [self.front.expand(n, *self.front.shape), self.embed(input_ids)]
        hidden = torch.cat([*parts, self.back.expand(n, *self.back.shape)], 1)
        real = attention_mask[..., None].float()
        mean = (self.embed(input_ids) * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)
        if self.leaks:
            mean = hidden.mean(1, keepdim=True)
        return self.layer(hidden + mean)[:, 0]


def data_of(texts, side):
    return dict(zip(NAMES, padded(texts, side), strict=True))


@pytest.mark.parametrize("reduce", ["first", "mean"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("added", [{"front": 2}, {"back": 3}])
@pytest.mark.parametrize("batch_size", [2, 5])
def test_a_prompt_on_either_side(added, side, reduce, batch_size):
    model = Prompted(**added)
    calls = [dict(zip(NAMES, alone(text), strict=True)) for text in TEXTS]
    expected = one_by_one(model, calls, reduce, layers=["layer"])
    data = data_of(TEXTS, side)
    found = activations(model, data, reduce, layers=["layer"], batch_size=batch_size)
    np.testing.assert_allclose(found, expected, **CLOSE)
    arrays = {name: value.numpy() for name, value in data.items()}
    np.testing.assert_array_equal(
        activations(model, arrays, reduce, layers=["layer"], batch_size=batch_size), found
    )


@pytest.mark.parametrize("model", [Prompted(front=1, back=1), Prompted(front=2, leaks=True)])
def test_where_neither_side_gives_what_the_text_gives_alone_it_is_said(model):
    with pytest.warns(UserWarning, match=r"attention_mask \(5, 8\) does not fit its \(5, 10\)"):
        activations(model, data_of(TEXTS, "right"), "mean", layers=["layer"])


def test_a_model_that_does_not_run_on_fewer_tokens_is_said():
    class Fixed(Prompted):
        def forward(self, input_ids, attention_mask):
            if input_ids.shape[1] != 8:
                raise RuntimeError("eight tokens")
            return super().forward(input_ids, attention_mask)

    with pytest.warns(UserWarning, match="does not fit"):
        activations(Fixed(front=2), data_of(TEXTS, "right"), "mean", layers=["layer"])


def test_trials_draw_no_random_numbers():
    class Noisy(Prompted):
        def forward(self, input_ids, attention_mask):
            torch.rand(3)
            return super().forward(input_ids, attention_mask)

    model, n_batches = Noisy(front=2), 3
    torch.manual_seed(3)
    for _ in range(n_batches):
        torch.rand(3)
    expected = torch.get_rng_state()
    torch.manual_seed(3)
    activations(model, data_of(TEXTS, "left"), "first", layers=["layer"], batch_size=2)
    assert torch.equal(torch.get_rng_state(), expected)


def test_with_extra():
    mask = torch.tensor([[True, False]])
    assert with_extra(mask, 4, "front").tolist() == [[True, True, True, False]]
    assert with_extra(mask, 4, "back").tolist() == [[True, False, True, True]]
