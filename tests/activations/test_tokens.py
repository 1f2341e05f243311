"""A mask belongs to the layers of its own sequence, not to all of its length."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import CLOSE, quiet, valid
from activations.test_masks import IDS, LEFT, RIGHT
from torch import nn

OWN = {"attention_mask": RIGHT, "decoder_attention_mask": LEFT}


class Both(nn.Module):
    """Two layers of as many tokens, whose names may say what they are."""

    def __init__(self, first="encoder", second="decoder"):
        super().__init__()
        self.names, self.embed, self.out = (first, second), nn.Embedding(9, 4), nn.Linear(3, 2)
        self.add_module(first, nn.Linear(4, 3))
        self.add_module(second, nn.Linear(4, 3))

    def forward(
        self, input_ids, attention_mask, decoder_input_ids=None, decoder_attention_mask=None
    ):
        ids = input_ids if decoder_input_ids is None else decoder_input_ids
        first, second = (getattr(self, name) for name in self.names)
        return self.out(first(self.embed(input_ids)).mean(1) + second(self.embed(ids)).mean(1))


def recorded(model, layer, **more):
    return valid(quiet(model, {"input_ids": IDS, **more}, layer), layer)


def by_hand(model, layer, real):
    hidden = getattr(model, layer)(model.embed(IDS))
    return torch.stack([hidden[i, real[i]].mean(0) for i in range(5)]).detach().numpy().T


@pytest.mark.parametrize("names", [("encoder", "decoder"), ("enc", "dec"), ("src_fc", "tgt_fc")])
def test_each_sequence_has_its_own_mask(names):
    model = Both(*names)
    for layer, real in zip(names, (RIGHT, LEFT), strict=True):
        found = recorded(model, layer, decoder_input_ids=IDS, **OWN)
        np.testing.assert_allclose(found, by_hand(model, layer, real), **CLOSE)


@pytest.mark.parametrize("more", [{}, {"decoder_input_ids": IDS}])
def test_the_mask_of_the_encoder_is_none_of_the_decoder(more):
    model = Both()
    found = recorded(model, "encoder", attention_mask=RIGHT, **more)
    np.testing.assert_allclose(found, by_hand(model, "encoder", RIGHT), **CLOSE)
    with pytest.warns(UserWarning, match="attention_mask may be of the model's other sequence"):
        recorded(model, "decoder", attention_mask=RIGHT, **more)


def test_names_that_do_not_say_it():
    model = Both("a", "b")
    for layer in "ab":
        with pytest.warns(UserWarning, match="may be of the model's other sequence"):
            recorded(model, layer, decoder_input_ids=IDS, **OWN)
    # nothing is padded: all count in any case
    ones = torch.ones(5, 6)
    recorded(model, "a", attention_mask=ones, decoder_input_ids=IDS, decoder_attention_mask=ones)


def test_a_transformer_of_torch():
    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Transformer(4, 2, 1, 1, 8, dropout=0, batch_first=True)

        def forward(self, src, tgt, src_key_padding_mask, tgt_key_padding_mask):
            masks = {"src_key_padding_mask": src_key_padding_mask}
            masks["tgt_key_padding_mask"] = tgt_key_padding_mask
            return self.inner(src, tgt, memory_key_padding_mask=src_key_padding_mask, **masks)

    model, x = Whole(), torch.randn(5, 6, 4)
    data = {"src": x, "tgt": x, "src_key_padding_mask": ~RIGHT, "tgt_key_padding_mask": ~LEFT}
    names = ["inner.encoder.layers.0.norm2", "inner.decoder.layers.0.norm3"]
    tokens = {}

    def keep(module, args, output):
        tokens[module] = output

    modules = dict(model.named_modules())
    for name in names:
        modules[name].register_forward_hook(keep)
    found = quiet(model, data, names)
    for name, real in zip(names, (RIGHT, LEFT), strict=True):
        hidden = tokens[modules[name]]
        expected = torch.stack([hidden[i, real[i]].mean(0) for i in range(5)]).numpy().T
        np.testing.assert_allclose(valid(found, name), expected, **CLOSE)
