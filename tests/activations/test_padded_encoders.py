"""Encoders of transformers: padding on either side gives what each text gives alone."""

from __future__ import annotations

import numpy as np
import pytest
from activations.padded import OTHERS, SIDES, TEXTS, activations, alone, one_by_one, padded

from infonb.networks.state import random_state, seed_random_state

pytestmark = pytest.mark.slow

transformers = pytest.importorskip("transformers", reason="extra 'hub' not installed")
torch = pytest.importorskip("torch")

CLOSE = {"rtol": 0, "atol": 1e-5}
SMALL = {
    "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 32, "max_position_embeddings": 32,
}  # fmt: skip


def made(name, **config):
    kind = getattr(transformers, f"{name}Model")
    with random_state(torch.device("cpu")):
        seed_random_state(torch.device("cpu"), 0)
        return kind(getattr(transformers, f"{name}Config")(**config))


@pytest.mark.parametrize("reduce", ["first", "mean"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", ["Bert", "Roberta", "GPTNeoX"])
def test_padding_on_either_side(name, side, reduce):
    model = made(name, **SMALL)
    ids, mask = padded(TEXTS, side, pad=model.config.pad_token_id or 0)
    data = {"input_ids": ids, "attention_mask": mask}
    if name != "Roberta":  # which counts the positions of real tokens by itself
        data["position_ids"] = (mask.cumsum(1) - 1).clamp(min=0)
    calls = [dict(zip(("input_ids", "attention_mask"), alone(t), strict=True)) for t in TEXTS]
    expected = one_by_one(model, calls, reduce, layers="blocks")
    found = activations(model, data, reduce, layers="blocks")
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("reduce", ["first", "mean"])
@pytest.mark.parametrize("lengths", [(7, 9), (8, 8)])
@pytest.mark.parametrize(("name", "side"), [("Bart", "right"), ("T5", "right"), ("T5", "left")])
def test_encoder_and_decoder_each_by_its_mask(name, side, lengths, reduce):
    config = {
        "Bart": {
            "vocab_size": 50, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2,
            "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32, "max_position_embeddings": 32,
        },
        "T5": {
            "vocab_size": 50, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2,
            "num_heads": 2,
        },
    }[name]  # fmt: skip
    model = made(name, **config)
    names = ("input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask")
    both = (*padded(TEXTS, side, lengths[0]), *padded(OTHERS, side, lengths[1]))
    calls = [
        dict(zip(names, (*alone(text), *alone(other)), strict=True))
        for text, other in zip(TEXTS, OTHERS, strict=True)
    ]
    expected = one_by_one(model, calls, reduce, layers="blocks")
    found = activations(model, dict(zip(names, both, strict=True)), reduce, layers="blocks")
    assert len(found) == 4
    np.testing.assert_allclose(found, expected, **CLOSE)
