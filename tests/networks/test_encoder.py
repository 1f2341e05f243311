"""Encoders with a head for classes: padding changes nothing, and a training resumes bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from activations.padded import SIDES, TEXTS, alone, padded

from infonb.activations import record
from infonb.networks import encoder as module
from infonb.networks import text_classifier
from infonb.training import fit, predict
from infonb.training.warm_up import WarmAdamW

transformers = pytest.importorskip("transformers", reason="extra 'hub' not installed")

CLOSE = {"rtol": 0, "atol": 1e-5}
SIZE = {"n_classes": 2, "n_tokens": 50, "width": 16, "depth": 2, "max_length": 16}


def tiny(**changes):
    return text_classifier("tiny", **SIZE | changes)


def logits(model, *args):
    with torch.no_grad():
        return model(*args).numpy()


def test_is_a_distilbert_with_its_head():
    model = tiny(width=48, depth=3, n_classes=5)
    assert type(model.encoder) is transformers.DistilBertModel
    assert model.encoder.config.n_heads == 4
    assert len(model.encoder.transformer.layer) == 3
    reference = transformers.DistilBertForSequenceClassification(model.encoder.config)
    head = {name for name, _ in reference.named_parameters() if "distilbert" not in name}
    assert {name for name, _ in model.named_parameters() if "encoder" not in name} == head
    reference.classifier = torch.nn.Linear(48, 5)
    reference.load_state_dict(
        {name.replace("encoder.", "distilbert.", 1) if name.startswith("encoder.") else name: tensor
         for name, tensor in model.state_dict().items()}
    )  # fmt: skip
    ids, mask = padded(TEXTS)
    expected = reference.eval()(input_ids=ids, attention_mask=mask).logits.detach().numpy()
    np.testing.assert_allclose(logits(model.eval(), ids), expected, **CLOSE)


def test_the_seed_gives_the_weights_and_leaves_the_global_state_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, same, other = tiny(seed=1), tiny(seed=1), tiny(seed=2)
    assert torch.equal(torch.rand(3), expected)
    for (name, a), b, c in zip(
        one.named_parameters(), same.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(a, b), name
        drawn = "LayerNorm" not in name and "layer_norm" not in name and "bias" not in name
        assert not drawn or not torch.equal(a, c), name


@pytest.mark.parametrize("side", SIDES)
def test_padding_on_either_side_and_the_mask_are_the_same(side):
    model = tiny().eval()
    expected = np.concatenate([logits(model, alone(text)[0]) for text in TEXTS])
    ids, mask = padded(TEXTS, side)
    np.testing.assert_allclose(logits(model, ids), expected, **CLOSE)
    np.testing.assert_allclose(logits(model, ids, mask), expected, **CLOSE)
    noise = torch.where(mask == 1, ids, 7)  # with a mask, what stands at padding says nothing
    np.testing.assert_allclose(logits(model, noise, mask), expected, **CLOSE)


def test_a_token_of_padding_between_words_is_a_word():
    model = tiny()
    ids = torch.tensor([[5, 0, 6, 0, 0]])
    assert model.real_tokens(ids).tolist() == [[True, True, True, False, False]]


@pytest.mark.parametrize("reduce", ["first", "mean"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("batch_size", [2, 5])
def test_recordings_of_padded_texts(batch_size, side, reduce):
    model = tiny()
    options = {"layers": "blocks", "reduce": reduce, "progress": False}
    one_by_one = [record(model, alone(text)[0], **options).activation for text in TEXTS]
    expected = np.concatenate([one.values for one in one_by_one], axis=-1)
    ids, mask = padded(TEXTS, side)
    for data in (ids, {"input_ids": ids, "attention_mask": mask}):
        found = record(model, data, batch_size=batch_size, **options)
        assert found.layer.values.tolist() == [f"encoder.transformer.layer.{i}" for i in (0, 1)]
        np.testing.assert_allclose(found.activation.values, expected, **CLOSE)


def test_batches_are_cut_to_their_longest_text(monkeypatch):
    model, seen = tiny(), []
    model.encoder.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    model(padded(TEXTS, length=16)[0])
    model(padded(TEXTS[1:3], "left", length=16)[0])
    assert seen == [(5, 6), (2, 3)]


def test_many_texts_are_looked_at_in_parts_of_one_length(monkeypatch):
    model = tiny().eval()
    ids, _ = padded(TEXTS, length=16)
    expected = logits(model, ids)
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    shapes = []
    forward = model.encoder.forward

    def seen(input_ids, attention_mask):
        shapes.append(tuple(input_ids.shape))
        return forward(input_ids=input_ids, attention_mask=attention_mask)

    monkeypatch.setattr(model.encoder, "forward", seen)
    np.testing.assert_allclose(logits(model, ids), expected, **CLOSE)
    assert shapes == [(2, 2), (2, 4), (1, 6)]
    shapes.clear()
    model.train()
    model(ids)
    record(model, ids, layers="blocks", reduce="first", progress=False)
    assert {shape[0] for shape in shapes} == {5}, "whole in training, and where it is recorded"


def test_mixed_precision_is_of_training_alone(monkeypatch):
    monkeypatch.setattr(module, "_MIXED", ("cpu",))  # what a GPU does, where there is none
    model, kinds = tiny(), []
    model.encoder.transformer.layer[0].ffn.lin1.register_forward_hook(
        lambda _, args, output: kinds.append(output.dtype)
    )
    ids, _ = padded(TEXTS)
    trained = model.train()(ids)
    trained.sum().backward()
    seen = model.eval()(ids)
    assert kinds == [torch.bfloat16, torch.float32]
    assert trained.dtype == seen.dtype == torch.float32
    assert model.pre_classifier.weight.grad.dtype == torch.float32
    torch.testing.assert_close(trained, seen, rtol=0, atol=0.02)


def texts_with_a_sign(n=80):
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, n)
    ids = generator.integers(10, 50, (n, 12))
    ids[:, 0], ids[:, 5] = 2, 5 + labels
    for row, length in zip(ids, generator.integers(7, 13, n), strict=True):
        row[length:] = 0
    return xr.Dataset({"input": (("sample", "token"), ids), "label": ("sample", labels)})


def warm(parameters):
    return WarmAdamW(parameters, learning_rate=3e-3, weight_decay=0.01, warmup_steps=12)


def test_learns_and_resumes_bit_for_bit(tmp_path):
    data = texts_with_a_sign()
    options = {"optimizer": warm, "batch_size": 16, "keep": "last", "progress": False}

    def made():
        model = tiny(seed=3)
        model.dropout.p = 0.1  # so that random numbers matter
        return model

    whole = made()
    history = fit(whole, data, data, epochs=16, checkpoint=tmp_path / "whole", **options)
    assert float(history.train_accuracy[-1]) > 0.95
    parts = made()
    for epochs in (1, 2, 16):  # the warm-up ends in the third epoch
        parts = made()
        resumed = fit(parts, data, data, epochs=epochs, checkpoint=tmp_path / "parts", **options)
    xr.testing.assert_identical(resumed, history)
    for (name, a), b in zip(whole.named_parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b), name
    np.testing.assert_array_equal(predict(whole, data), predict(parts, data))


def test_a_pretrained_encoder_from_a_folder(tmp_path):
    from networks.test_pretrained import saved

    saved(tmp_path / "roberta", "Roberta", pad_token_id=1, max_position_embeddings=18)
    model = text_classifier(str(tmp_path / "roberta"), n_classes=3, seed=0)
    assert model.pad_id == 1
    assert model.dropout.p == 0.1
    frozen = [name for name, p in model.named_parameters() if not p.requires_grad]
    assert frozen
    assert all("pooler" in name for name in frozen)
    ids, _ = padded([text % 10 + 2 for text in TEXTS], pad=1)
    found = record(model, ids, layers="blocks", reduce="first", progress=False)
    assert found.sizes == {"layer": 2, "neuron": 8, "sample": 5}


def test_what_is_refused():
    model = tiny()
    with pytest.raises(ValueError, match=r"numbers of tokens \(sample, token\), .*not torch.float"):
        model(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="text 1 of a batch has no real token"):
        model(torch.tensor([[5, 6], [0, 0]]))
    some = torch.tensor([[2, 5, 3]])
    for ids, told in [
        (some + 5000, "token 5005 is not in the vocabulary of the encoder, 0 to"),
        (some - 3, "token -1 is not in the vocabulary"),
        (some.bool(), r"not torch.bool of shape \(1, 3\)"),
        (some[:0], r"not torch.int64 of shape \(0, 3\)"),
        (some[:, :0], r"not torch.int64 of shape \(1, 0\)"),
        (some.repeat(1, 100), "a text has 300 tokens, and the encoder reads .* at most. Cut"),
    ]:
        with pytest.raises(ValueError, match=told) as said:
            model(ids)
        assert "\n" not in str(said.value)
    ids, mask = torch.tensor([[5, 6, -1], [5, -1, -1]]), torch.tensor([[1, 1, 0], [1, 0, 0]])
    with pytest.raises(ValueError, match="token -1 is not"):
        model(ids, mask * 0 + 1)
    with pytest.raises(ValueError, match="token -1 is not"):  # padding that is read, too
        model(ids, mask)
    assert torch.equal(model(ids[:1], mask[:1]), model(ids[:1, :2]))  # that is cut off is not
    with pytest.raises(ValueError, match=r"attention_mask must be .* \(1, 3\); not \(1, 5\)"):
        model(some, torch.ones(1, 5))
    with pytest.raises(ValueError, match="pad_id must be"):
        tiny(pad_id=5000)
    for name, value in {"n_classes": 0, "width": 1, "depth": 0, "seed": -1}.items():
        with pytest.raises(ValueError, match=f"{name} must be"):
            tiny(**{name: value})
