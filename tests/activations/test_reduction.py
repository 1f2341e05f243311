"""Outputs of more dims, and outputs that are no tensors, become rows (sample, neuron)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import (
    CLOSE,
    Calls,
    Functional,
    inputs,
    quiet,
    rows,
    valid,
)
from torch import nn

from infonb.activations import list_layers


def test_convolution_channels_are_the_neurons():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 4, 2))
    x = inputs(5, 2, 6, 7)
    conv = model[0](x)
    by_hand = {
        "mean": conv.mean((2, 3)),
        "first": conv[:, :, 0, 0],
        "flatten": conv.reshape(5, -1),
    }
    for reduce, expected in by_hand.items():
        activations = quiet(model, x, "0", reduce=reduce)
        np.testing.assert_allclose(valid(activations, "0"), rows(expected), **CLOSE)
        assert activations.attrs["reduce"] == reduce
    largest = quiet(model, x, ["0", "2"], reduce=lambda tensor: tensor.amax((2, 3)))
    np.testing.assert_array_equal(valid(largest, "0"), rows(conv.amax((2, 3))))
    assert list(largest.width.values) == [3, 4]


def test_dim_of_the_neurons_follows_the_type_of_module():
    x = inputs(5, 6, 8)  # sample, token or channel, feature or position
    tokens = quiet(nn.Sequential(nn.Linear(8, 3), nn.ReLU()), x, ["0", "1"])
    assert list(tokens.width.values) == [3, 3]
    signal = nn.Sequential(nn.Conv1d(6, 4, 3), nn.BatchNorm1d(4), nn.ReLU())
    assert list(quiet(signal, x, ["0", "1"]).width.values) == [4, 4]
    assert list(quiet(signal, x, neuron_dim=1, layers="2").width.values) == [4]
    volume = quiet(nn.Sequential(nn.Conv3d(1, 2, 2), nn.ReLU()), inputs(2, 1, 3, 3, 3), ["0", "1"])
    assert list(volume.width.values) == [2, 2]
    last = nn.Sequential(nn.LayerNorm(7), nn.Linear(7, 9))  # images with their channels last
    grid = inputs(2, 4, 4, 7)
    assert list(quiet(last, grid, ["0", "1"]).width.values) == [7, 9]
    np.testing.assert_allclose(
        valid(quiet(last, grid, "1"), "1"), rows(last(grid).mean((1, 2))), **CLOSE
    )
    with pytest.raises(ValueError, match=r"neuron_dim=3, but layer '0' gives a tensor of float32"):
        quiet(nn.Sequential(nn.Linear(8, 3)), x, neuron_dim=3)


def test_one_value_per_sample_is_one_neuron():
    model = Calls(lambda self, x: self.norm(x).sum(1), norm=nn.Identity())
    model.add_module("energy", Calls(lambda self, x: x.sum(1)))
    model.function = lambda self, x: self.energy(self.norm(x))
    activations = quiet(model, inputs(4, 3), "energy")
    assert activations.activation.shape == (1, 1, 4)
    np.testing.assert_array_equal(activations.activation[0, 0], inputs(4, 3).sum(1))


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_other_types_become_floats_before_they_are_averaged(kind):
    model = Calls(lambda self, x: self.cast(x), cast=Calls(lambda self, x: (x > 0).to(kind)))
    x = inputs(5, 7, 3)
    activations = quiet(model, x, "cast", dtype="float64")
    expected = rows((x > 0).double().mean(1))
    np.testing.assert_allclose(valid(activations, "cast"), expected, rtol=1e-15)
    assert quiet(model, x, "cast").activation.dtype == np.float32


def test_bfloat16_model_is_recorded_in_its_own_precision():
    model, x = Functional().to(torch.bfloat16), inputs(5, 4)
    activations = quiet(model, x.numpy(), "first")
    np.testing.assert_array_equal(
        valid(activations, "first"), rows(model.first(x.to(torch.bfloat16)).float())
    )


def test_dtype_float64_keeps_what_a_float64_model_computes():
    model, x = Functional().double(), inputs(5, 4).double()
    np.testing.assert_array_equal(
        valid(quiet(model, x, "first", dtype="float64"), "first"), rows(model.first(x))
    )


@pytest.mark.parametrize(
    ("reduce", "message"),
    [
        (lambda tensor: tensor, r"reduce must return a tensor of dims \(sample, neuron\); it made"),
        (lambda tensor: 3, r"it made int of a tensor of float32"),
        (lambda tensor: tensor[0], r"gives 6 rows.* for a batch of 5 samples"),
        (lambda tensor: tensor[:, 0, :0], r"has no neurons"),
    ],
)
def test_reduce_functions_are_checked(reduce, message):
    with pytest.raises(ValueError, match=message):
        quiet(nn.Linear(8, 3), inputs(5, 6, 8), reduce=reduce)


def last_step(self, x):
    return self.out(self.lstm(x)[0][:, -1])


def test_recurrent_modules_give_their_hidden_states():
    model = Calls(last_step, lstm=nn.LSTM(3, 4, batch_first=True), out=nn.Linear(4, 2))
    x = inputs(6, 5, 3)
    outputs, (hidden, _) = model.lstm(x)
    by_hand = rows(outputs.mean(1))
    for layers, select in ((None, None), ("lstm", None), ("lstm", 0), (["lstm", "out"], 0)):
        activations = quiet(model, x, layers, select=select)
        np.testing.assert_allclose(valid(activations, "lstm"), by_hand, **CLOSE)
    # the other layer's output is a tensor, from which select takes nothing
    np.testing.assert_allclose(valid(activations, "out"), rows(model(x)), **CLOSE)
    state = quiet(model, x, "lstm", select=lambda output: output[1][0][-1])
    np.testing.assert_allclose(valid(state, "lstm"), rows(hidden[-1]), **CLOSE)
    with pytest.raises(ValueError, match=r"select=1 leads to a tuple of 2"):
        quiet(model, x, "lstm", select=1)
    with pytest.raises(ValueError, match=r"select=5 finds nothing \(IndexError"):
        quiet(model, x, "lstm", select=5)


def test_text_with_an_embedding_and_a_recurrent_module_is_recorded_by_default():
    parts = {
        "embed": nn.Embedding(20, 3),
        "gru": nn.GRU(3, 4, bidirectional=True, batch_first=True),
    }
    model = Calls(
        lambda self, ids: self.out(self.gru(self.embed(ids))[1][-1]), **parts, out=nn.Linear(4, 2)
    )
    ids = torch.arange(12).reshape(4, 3)
    activations = quiet(model, ids)
    assert list(activations.layer.values) == ["gru"]
    np.testing.assert_allclose(
        valid(activations, "gru"), rows(model.gru(model.embed(ids))[0].mean(1)), **CLOSE
    )
    table = list_layers(model, ids)
    assert list(table.index[table["default"]]) == ["gru"]
    assert table.loc["gru", "neurons"] == 8


def test_outputs_with_the_time_first_are_turned():
    # as many samples as steps: the shape does not tell one from the other
    x = inputs(5, 5, 4)
    lstm, attention = nn.LSTM(4, 4), nn.MultiheadAttention(4, 2)
    model = Calls(
        lambda self, x: self.attention(*[self.lstm(x.transpose(0, 1))[0]] * 3)[0].mean(0),
        lstm=lstm, attention=attention,
    )  # fmt: skip
    hidden = lstm(x.transpose(0, 1))[0]
    mixed = attention(hidden, hidden, hidden)[0]
    activations = quiet(model, x, ["lstm", "attention"], select=0)
    np.testing.assert_allclose(valid(activations, "lstm"), rows(hidden.mean(0)), **CLOSE)
    np.testing.assert_allclose(valid(activations, "attention"), rows(mixed.mean(0)), **CLOSE)
    came_in = quiet(model, x, ["lstm", "attention"], hook="input")
    np.testing.assert_allclose(valid(came_in, "lstm"), rows(x.mean(1)), **CLOSE)
    np.testing.assert_allclose(valid(came_in, "attention"), rows(hidden.mean(0)), **CLOSE)


def test_packed_sequences_need_a_function():
    pack = nn.utils.rnn.pack_padded_sequence
    model = Calls(
        lambda self, x: self.lstm(pack(x, [2, 2, 1], batch_first=True))[1][0][-1],
        lstm=nn.LSTM(3, 4, batch_first=True),
    )
    x = inputs(3, 2, 3)
    with pytest.raises(ValueError, match=r"'lstm' gives a PackedSequence; pass select= a function"):
        quiet(model, x)
    state = quiet(model, x, select=lambda output: output[1][0][-1])
    np.testing.assert_allclose(valid(state, "lstm"), rows(model(x)), **CLOSE)


def test_samples_in_the_second_dim_are_an_error_with_the_remedy():
    model = Calls(lambda self, x: self.fc(x.transpose(0, 1))[-1], fc=nn.Linear(3, 4))
    x = inputs(6, 5, 3)
    with pytest.raises(ValueError, match=r"gives 5 rows.* for a batch of 6 samples"):
        quiet(model, x, "fc")
    activations = quiet(model, x, "fc", reduce=lambda output: output.mean(0))
    assert activations.activation.shape == (1, 4, 6)


def test_attention_and_mappings():
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    model = Calls(lambda self, x: {"hidden": self.attention(x, x, x)[0]}, attention=attention)
    outer = Calls(lambda self, x: self.inner(x)["hidden"], inner=model)
    x = inputs(3, 5, 4)
    expected = rows(attention(x, x, x)[0].mean(1))
    kwargs = {"rtol": 1e-4, "atol": 1e-6}
    activations = quiet(outer, x, "inner.attention", select=0)
    np.testing.assert_allclose(valid(activations, "inner.attention"), expected, **kwargs)
    activations = quiet(outer, x, "inner", select="hidden")
    np.testing.assert_allclose(valid(activations, "inner"), expected, **kwargs)
    with pytest.raises(ValueError, match=r"a dict with the keys 'hidden'.* pass select='hidden'"):
        quiet(outer, x, "inner")
    with pytest.raises(ValueError, match=r"'inner.attention.out_proj' .* never called"):
        quiet(outer, x, "inner.attention.out_proj")


def test_transformer_layers_call_their_modules_in_eval_mode():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    before = torch.backends.mha.get_fastpath_enabled()
    activations = quiet(model, inputs(3, 5, 8))
    assert list(activations.layer.values) == [
        "layers.0.linear1", "layers.0.linear2", "layers.1.linear1",
    ]  # fmt: skip
    assert torch.backends.mha.get_fastpath_enabled() == before
