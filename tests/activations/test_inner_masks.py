"""Models that make their masks, or change those they get: padding counts nowhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import CLOSE
from activations.padded import SIDES, TEXTS, activations, alone, one_by_one, padded
from torch import nn

from infonb.activations.inner_masks import InnerMasks

REDUCE = ("first", "mean")


class Block(nn.Module):
    """Tokens see the mean of the real ones."""

    def __init__(self):
        super().__init__()
        self.own, self.other = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, hidden, attention_mask):
        real = attention_mask[..., None].float()
        mean = (hidden * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)
        return torch.tanh(self.own(hidden) + self.other(mean))


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])

    def forward(self, hidden, attention_mask):
        for block in self.blocks:
            hidden = block(hidden, attention_mask)
        return hidden


class MakesItsMask(nn.Module):
    """Is given texts alone; what stands at padding is NaN."""

    def __init__(self, prompt=0):
        super().__init__()
        self.embed, self.body = nn.Embedding(50, 4), Body()
        self.prompt = nn.Parameter(torch.randn(prompt, 4))

    def forward(self, input_ids):
        real = input_ids != 0
        hidden = self.embed(input_ids)
        n = len(input_ids)
        hidden = torch.cat([self.prompt.expand(n, *self.prompt.shape), hidden], 1)
        real = torch.cat([real.new_ones(n, len(self.prompt)), real], 1)
        return self.body(hidden, attention_mask=real.long())[:, 0]


class Cuts(MakesItsMask):
    """Moves real tokens to the left and cuts the batch to its longest text."""

    def forward(self, input_ids, attention_mask):
        order = (1 - attention_mask).argsort(dim=1, stable=True)
        longest = int(attention_mask.sum(1).max())
        return super().forward(input_ids.gather(1, order)[:, :longest])


@pytest.mark.parametrize("reduce", REDUCE)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("prompt", [0, 2])
def test_a_model_that_makes_its_mask(prompt, side, reduce):
    torch.manual_seed(0)
    model = MakesItsMask(prompt)
    expected = one_by_one(model, [alone(text)[0] for text in TEXTS], reduce, layers="blocks")
    found = activations(model, padded(TEXTS, side)[0], reduce, layers="blocks")
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("reduce", REDUCE)
@pytest.mark.parametrize("side", SIDES)
def test_a_model_that_changes_its_mask(side, reduce):
    torch.manual_seed(0)
    model = Cuts()
    names = ("input_ids", "attention_mask")
    calls = [dict(zip(names, alone(text), strict=True)) for text in TEXTS]
    expected = one_by_one(model, calls, reduce, layers="blocks")
    data = dict(zip(names, padded(TEXTS, side), strict=True))
    for size in (2, 5):  # batches that are cut to other lengths
        found = activations(model, data, reduce, layers="blocks", batch_size=size)
        np.testing.assert_allclose(found, expected, **CLOSE)


def test_own_functions_get_the_mask_that_the_layer_has():
    torch.manual_seed(0)
    model = Cuts()
    data = dict(zip(("input_ids", "attention_mask"), padded(TEXTS, "left"), strict=True))
    seen = []

    def count(states, mask):
        seen.append(mask.sum(1).tolist())
        return states[:, 0]

    activations(model, data, count, layers="blocks")
    assert seen[0] == [len(text) for text in TEXTS]


def test_a_transformer_of_torch_that_is_told_within():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
            self.embed = nn.Embedding(50, 4)
            self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

        def forward(self, input_ids):
            return self.layers(self.embed(input_ids), src_key_padding_mask=input_ids == 0)[:, 0]

    torch.manual_seed(0)
    model = Model()
    expected = one_by_one(model, [alone(text)[0] for text in TEXTS], "mean", layers="blocks")
    found = activations(model, padded(TEXTS)[0], "mean", layers="blocks")
    np.testing.assert_allclose(found, expected, **CLOSE)


def test_hooks_are_taken_off_and_two_masks_tell_nothing():
    model = Body()
    masks = InnerMasks(model)
    masks.watch(["blocks.0.own"])
    masks.begin(5)
    hidden, (_, mask) = torch.randn(5, 8, 4), padded(TEXTS)
    model(hidden, mask)
    assert masks.of("blocks.0.own", (5, 8)).tokens.tolist() == mask.bool().tolist()
    assert masks.of("blocks.0.own", (5, 9)) is None
    assert masks.of("blocks.1.own", (5, 8)) is None
    masks.close()
    assert not any(module._forward_pre_hooks for module in model.modules())

    class Two(Block):
        def forward(self, hidden, attention_mask, encoder_attention_mask):
            return self.own(hidden)

    two = nn.ModuleDict({"decoder": Two()})
    masks = InnerMasks(two)
    masks.watch(["decoder.own"])
    masks.begin(5)
    two.decoder(hidden, mask, mask)
    assert masks.of("decoder.own", (5, 8)) is None
    masks.close()
