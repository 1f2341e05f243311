"""Layers that suit the architecture, chosen without their names."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations import architectures as made
from activations.models import (
    CLOSE,
    Calls,
    Functional,
    assert_same,
    before_each_call,
    inputs,
    quiet,
    rows,
    state,
    valid,
)
from torch import nn

from infonb.activations import list_layers
from infonb.networks import MLP, ResNet18

IDS = torch.arange(30).reshape(6, 5) % 20
IMAGES, TOKENS = inputs(6, 3, 8, 8), inputs(6, 7, made.D)


def numbered(pattern, n, start=0):
    return [pattern.format(i) for i in range(start, start + n)]


CASES = {
    "tuples come out": (made.Bert, IDS, numbered("encoder.layer.{}", 3), "3 blocks encoder.layer"),
    "a single block": (lambda: made.Bert(1), IDS, ["encoder.layer.0"], "block 'encoder.layer.0'"),
    "in a ModuleDict": (made.GPT, IDS, numbered("transformer.h.{}", 4), "4 blocks transformer.h.0"),
    "in a Sequential": (made.ViT, IMAGES, ["blocks.0", "blocks.1"], "2 blocks blocks.0 and"),
    "wrapped": (
        lambda: nn.DataParallel(nn.Sequential(made.GPT())), IDS,
        numbered("0.transformer.h.{}", 4), "4 blocks 0.transformer.h.0 to 0.transformer.h.3",
    ),
    "encoder and decoder": (
        made.seq2seq, IDS, [*numbered("encoder.layers.{}", 2), *numbered("decoder.layers.{}", 3)],
        "encoder.layers.1 (TransformerEncoderLayer); the 3 blocks decoder.layers.0 to",
    ),
    "stages": (made.ResNet, IMAGES, numbered("layer{}", 4, 1), "4 stages layer1 to layer4"),
    "stages of one": (
        lambda: made.ResNet((1, 1)), IMAGES, ["layer1", "layer2"], "2 stages layer1 and layer2",
    ),
    "a single stage": (
        lambda: made.ResNet((3,)), IMAGES, numbered("layer1.{}", 3), "3 blocks layer1.0 to",
    ),
    "our own": (
        lambda: ResNet18(width=4, stem="small"), IMAGES, numbered("stage{}", 4, 1),
        "4 stages stage1 to stage4 (Sequential of BasicBlock)",
    ),
    "stages, channels last": (made.swin, IMAGES, ["1", "3"], "2 stages 1 and 3"),
    "stages of signals": (
        lambda: made.ResNet((2, 2), nn.Conv1d), inputs(6, 3, 9), ["layer1", "layer2"], "2 stages",
    ),
    "mixed Sequentials": (
        made.mixer, inputs(6, 7, 5), ["1", "2", "3"], "3 blocks 1 to 3 (Sequential)",
    ),
    "lists of pairs": (
        made.pairs_in_lists, TOKENS, ["layers.0.0", "layers.0.1", "layers.1.0", "layers.1.1"],
        "2 blocks layers.0.0 and layers.1.0 (Attention); the 2 blocks layers.0.1 and",
    ),
    "called again": (
        made.again, TOKENS, numbered("block:{}", 3), "block 'block' (Permuted), called 3 times",
    ),
    "two towers": (
        made.towers, TOKENS,
        ["left.layers.0", "left.layers.1", "right.layers.0", "right.layers.1"], "4 blocks left",
    ),
    "parallel heads": (
        made.parallel_heads, inputs(6, 4),
        ["body.0", "body.2", "heads.0.net.0", "heads.0.net.2", "heads.1.net.0"], "linear layers",
    ),
    "convolutions": (
        made.vgg, IMAGES, ["a2", "b2", "fc"],
        "the last convolution at each resolution and the linear layers, without the output",
    ),
    "convolutions at one resolution": (
        lambda: nn.Sequential(*(nn.Conv1d(3, 3, 3, padding=1) for _ in range(3))),
        inputs(6, 3, 9), ["0", "1"], "the convolutions, without the output",
    ),
    "recurrent": (made.lstm, IDS, ["first", "second"], "the recurrent layers"),
    "linear": (lambda: MLP([4, 5, 6, 1]), inputs(6, 4), ["fc1", "fc2"], "the linear layers, with"),
    "two halves alike": (
        made.autoencoder, inputs(6, 6), ["encoder.0", "encoder.2", "decoder.0"], "linear layers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_chosen(case):
    make, data, expected, why = CASES[case]
    model = make()
    found = quiet(model, data, "blocks")
    assert list(found.layer.values) == expected
    assert why in found.attrs["layers"]
    table = list_layers(model, data)
    assert list(table.index[table["block"]]) == list(
        dict.fromkeys(name.partition(":")[0] for name in expected)
    )
    assert table.attrs["blocks"] == found.attrs["layers"]


def test_values_are_those_of_the_modules():
    model = made.Bert().eval()
    mask = (torch.arange(5) < torch.tensor([[2], [5], [3], [1], [4], [5]])).long()
    found = quiet(model, {"input_ids": IDS, "attention_mask": mask}, "blocks")
    x = model.embeddings(IDS)
    for layer in model.encoder.layer:
        x = layer(x, attention_mask=mask)[0]
    by_hand = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    np.testing.assert_allclose(valid(found, "encoder.layer.2"), rows(by_hand), **CLOSE)


@pytest.mark.parametrize(
    ("case", "layer", "part"),
    [
        ("stages", "layer2", lambda m, x: m.layer2(m.layer1(m.conv1(x))).mean((2, 3))),
        ("stages of signals", "layer1", lambda m, x: m.layer1(m.conv1(x)).mean(2)),
        ("stages, channels last", "1", lambda m, x: m[:2](x).mean((1, 2))),
        (
            "encoder and decoder", "encoder.layers.0",
            lambda m, x: m.encoder.layers[0](m.embed(x).transpose(0, 1)).mean(0),
        ),
    ],
)  # fmt: skip
def test_neurons_are_channels_or_features(case, layer, part):
    make, data, _, _ = CASES[case]
    model = make().eval()
    found = quiet(model, data, "blocks")
    np.testing.assert_allclose(valid(found, layer), rows(part(model, data)), **CLOSE)


def test_a_module_that_is_called_blocks():
    model = made.ViT()
    assert list(quiet(model, IMAGES, ["blocks"]).layer.values) == ["blocks"]
    assert list(quiet(model, IMAGES, {"all": "blocks"}).layer.values) == ["all"]
    assert "layers" not in quiet(model, IMAGES, ["blocks"]).attrs


def test_the_model_is_left_as_it_was_and_draws_nothing_more():
    model = made.again()
    model.block.register_forward_hook(lambda m, a, output: output + torch.rand_like(output))
    before, random = state(model), torch.get_rng_state()
    found = quiet(model, TOKENS, "blocks", batch_size=4)
    assert_same(before, state(model))
    torch.set_rng_state(random)
    np.testing.assert_array_equal(
        found.activation.values,
        quiet(model, TOKENS, {f"block:{i}": f"block:{i}" for i in range(3)}, batch_size=4)
        .activation.values,
    )  # fmt: skip


def test_nothing_to_choose_from():
    with pytest.raises(ValueError, match=r"ReLU has no Linear, Conv or recurrent module"):
        quiet(nn.ReLU(), inputs(3, 4), "blocks")
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    model = Calls(
        lambda self, x: self.out(self.up(self.attention(x, x, x)[0]).mean(1)),
        attention=attention, up=nn.Linear(8, 5), out=nn.Linear(5, 2),
    )  # fmt: skip
    found = quiet(model, TOKENS, "blocks")
    assert found.attrs["layers"].startswith("the default layers, since nothing that looks like")
    assert list(found.layer.values) == ["up"]


def test_a_block_that_is_called_more_often_later():
    def forward(self, x):
        for _ in range(2 if len(x) == 4 else 3):
            x = self.block(x)
        return x

    with pytest.raises(ValueError, match="'block' was called 2 times in the first batch, but 3"):
        quiet(Calls(forward, block=made.Permuted(8)), TOKENS, "blocks", batch_size=4)


def test_on_disk_they_are_the_same_recording(tmp_path):
    model, path = made.ResNet(), tmp_path / "a.zarr"

    def stop(module, args):
        calls.append(1)
        if len(calls) == 3:  # the look, and two batches
            raise KeyboardInterrupt

    calls = []
    handle = before_each_call(model, stop)
    with pytest.raises(KeyboardInterrupt):
        quiet(model, IMAGES, "blocks", to=path, batch_size=2)
    handle.remove()
    stored = quiet(model, IMAGES, "blocks", to=path, batch_size=2)
    assert stored.load().identical(quiet(model, IMAGES, "blocks", batch_size=2))
    named = quiet(model, IMAGES, numbered("layer{}", 4, 1), to=path, batch_size=2)
    assert named.load().identical(stored)
    with pytest.raises(ValueError, match=r"layers is 'the default' now, 'the blocks' there"):
        quiet(model, IMAGES, to=path, batch_size=2)
    other = tmp_path / "b.zarr"
    quiet(Functional(), inputs(6, 4), to=other)
    with pytest.raises(ValueError, match=r"layers is 'the blocks' now, 'the default' there"):
        quiet(Functional(), inputs(6, 4), "blocks", to=other)


def test_a_guess_without_data():
    for case in ("tuples come out", "stages", "linear", "recurrent"):
        make, _, expected, _ = CASES[case]
        table = list_layers(make())
        assert list(table.index[table["block"]]) == expected
