"""Masks of all forms mean the same tokens; what they cannot tell is said, and never guessed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import CLOSE, inputs, quiet, valid
from torch import nn

from infonb.activations.batch import Batch
from infonb.activations.masks import arguments, mask_of

IDS = torch.randint(1, 9, (5, 6), generator=torch.Generator().manual_seed(0))
RIGHT = torch.arange(6)[None] < torch.tensor([6, 2, 3, 1, 4])[:, None]
LEFT = RIGHT.flip(1)
CAUSAL = torch.ones(6, 6, dtype=torch.bool).tril()
LOWEST = torch.finfo(torch.float32).min


class Encoder(nn.Module):
    """Its tokens do not see each other: what stands at padding is told by the mask alone."""

    def __init__(self, n_virtual=0, padding=0.0, at_end=0):
        super().__init__()
        self.embed, self.layer, self.out = nn.Embedding(9, 4), nn.Linear(4, 3), nn.Linear(3, 2)
        self.virtual, self.padding = nn.Parameter(torch.ones(n_virtual, 4)), padding
        self.at_end = at_end

    def forward(self, input_ids, attention_mask=None, **other):
        hidden = self.embed(input_ids)
        if self.padding:
            hidden = hidden.masked_fill(attention_mask[..., None] == 0, self.padding)
        first = self.virtual.expand(len(hidden), *self.virtual.shape)
        last = first[:, : self.at_end]
        return self.out(self.layer(torch.cat([first, hidden, last], 1))[:, -1])


def by_hand(model, real, reduce=lambda tokens: tokens.mean(0)):
    hidden = model.layer(model.embed(IDS))
    return torch.stack([reduce(hidden[i, real[i]]) for i in range(5)]).detach().numpy().T


def recorded(model, mask, name="attention_mask", **kwargs):
    return valid(quiet(model, {"input_ids": IDS, name: mask}, "layer", **kwargs), "layer")


def added(real, lowest=-torch.inf):
    return torch.where(real, 0.0, lowest)


FORMS = {
    "numbers": RIGHT.long(),
    "floats": RIGHT.float(),
    "numbers of packed texts": RIGHT.long() * 3,
    "added": added(RIGHT),
    "added, finite": added(RIGHT, LOWEST),
    "added, of half precision": added(RIGHT, -1e4),
    "of all heads": RIGHT[:, None, None],
    "added, of all heads": added(RIGHT)[:, None, None],
    "of three dims": RIGHT[:, None],
    "causal": RIGHT[:, None, None] & CAUSAL,
    "causal, added": added(RIGHT[:, None, None] & CAUSAL, LOWEST),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("batch_size", [2, 256])
def test_all_forms_mean_the_same_tokens(form, batch_size):
    model = Encoder()
    found = recorded(model, FORMS[form], batch_size=batch_size)
    np.testing.assert_allclose(found, by_hand(model, RIGHT), **CLOSE)


def test_causal_masks_of_text_padded_on_the_left():
    model = Encoder()
    mask = LEFT[:, None, None] & CAUSAL
    np.testing.assert_allclose(recorded(model, mask), by_hand(model, LEFT), **CLOSE)
    # rows of padding that see everything, so that softmax has no empty row: not to be read
    with pytest.warns(UserWarning, match="masks other tokens for one token than for another"):
        recorded(model, mask | ~mask.any(-1, keepdim=True))


@pytest.mark.parametrize(
    "mask", [~RIGHT, added(RIGHT), (~RIGHT).long()], ids=["bool", "additive", "whole"]
)
def test_key_padding_masks_are_true_at_padding(mask):
    model = Encoder()
    for name in ("key_padding_mask", "src_key_padding_mask"):
        found = recorded(model, mask, name)
        np.testing.assert_allclose(found, by_hand(model, RIGHT), **CLOSE)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_what_stands_at_padding_does_not_count(value):
    model = Encoder(padding=value)
    np.testing.assert_allclose(recorded(model, RIGHT.long()), by_hand(model, RIGHT), **CLOSE)


def test_the_first_token_is_the_first_real_one():
    model = Encoder()
    for real in (LEFT, RIGHT):
        first = recorded(model, real, reduce="first")
        expected = by_hand(model, real, lambda tokens: tokens[0])
        np.testing.assert_allclose(first, expected, **CLOSE)


@pytest.mark.parametrize(
    ("mask", "name", "message"),
    [
        (RIGHT, "mask", "'layer': mask may be true at real tokens or at padding"),
        (~RIGHT, "padding_mask", "padding_mask may be true at real tokens or at padding"),
        (RIGHT * 0.5, "attention_mask", "attention_mask holds neither 0 and 1 nor 0 and -inf"),
        (RIGHT * torch.nan, "attention_mask", "holds neither 0 and 1 nor 0 and -inf"),
    ],
)
def test_masks_that_cannot_be_read_are_said_once(mask, name, message):
    model = Encoder()
    with pytest.warns(UserWarning, match=message) as caught:
        found = recorded(model, mask, name, batch_size=2)
    assert len(caught) == 1
    everything = torch.ones(5, 6, dtype=torch.bool)
    np.testing.assert_allclose(found, by_hand(model, everything), **CLOSE)


def test_masks_that_fit_no_layer_are_said_if_something_is_padded():
    model = Encoder(n_virtual=2, at_end=1)
    message = r"'layer': attention_mask \(5, 6\) does not fit its \(5, 9\). Pass reduce="
    with pytest.warns(UserWarning, match=message):
        recorded(model, RIGHT.long())
    recorded(model, torch.ones(5, 6))
    recorded(model, torch.zeros(5, 6))  # one to be added
    recorded(model, RIGHT.long(), reduce="first")  # the first token is none of the padding


def test_padding_in_flattened_layers_is_said():
    with pytest.warns(UserWarning, match="reduce='flatten' makes neurons of padding"):
        recorded(Encoder(), RIGHT.long(), reduce="flatten")


def test_samples_without_a_real_token():
    with pytest.raises(ValueError, match="'layer': sample 1 of a batch has no real token"):
        recorded(Encoder(), torch.tensor([[1, 1, 1, 0, 0, 0], [0] * 6, *[[1] * 6] * 3]))


def test_masks_of_images_fit_their_rows_and_columns():
    pixels = torch.arange(3)[None, :, None] < torch.tensor([1, 2])[:, None, None]
    images = inputs(2, 1, 3, 4)

    class Image(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.out = nn.Conv2d(1, 2, 1), nn.Linear(2, 2)

        def forward(self, pixel_values, pixel_mask):
            return self.out(self.conv(pixel_values).mean((2, 3)))

    model = Image()
    data = {"pixel_values": images, "pixel_mask": pixels.expand(2, 3, 4).long()}
    expected = [model.conv(images)[i, :, : i + 1].mean((1, 2)) for i in range(2)]
    found = valid(quiet(model, data, "conv"), "conv")
    np.testing.assert_allclose(found, torch.stack(expected).detach().numpy().T, **CLOSE)


def test_masks_are_found_by_the_names_of_the_arguments():
    batch = Batch((IDS, RIGHT), {"more": {"inner_attention_mask": LEFT}}, None, 5)
    named = dict(arguments(Calls(), batch))
    assert list(named) == ["ids", "attention_mask", "inner_attention_mask"]
    assert named["attention_mask"] is RIGHT


class Calls(nn.Module):
    def forward(self, ids, attention_mask, more):
        return ids


def test_what_is_no_mask_of_tokens():
    for name, value in (
        ("input_ids", IDS), ("attention_mask", None), ("mask", torch.ones(5)),
        ("src_mask", CAUSAL), ("mask", RIGHT.numpy()),
    ):  # fmt: skip
        assert mask_of(name, value, 5) is None
