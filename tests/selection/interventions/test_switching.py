"""Neurons that are off put out zero, as with zeroed weights; the model stays as it was."""

from __future__ import annotations

import copy
import threading
from functools import partial

import numpy as np
import pytest
import torch
from activations.models import Calls, Functional, Output, Reused, assert_same, inputs, quiet, state
from torch import nn

from infonb.selection import switched_off

CLOSE = {"rtol": 0, "atol": 1e-6}


def off(model, neurons, x, **options):
    """What the model gives with neurons off."""
    with switched_off(model, neurons, **options), torch.no_grad():
        return model(x)


def zeroed(model, neurons):
    """Return a copy of the model whose neurons have neither incoming weights nor a bias."""
    model = copy.deepcopy(model)
    modules = dict(model.named_modules())
    for name, places in neurons.items():
        with torch.no_grad():
            modules[name].weight[places] = 0
            modules[name].bias[places] = 0
    return model


def convolutional():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 4, 3), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip
    model(inputs(16, 2, 8, 8))  # running statistics that are not 0 and 1
    model[1].weight.data = torch.rand(5) + 0.5
    model[1].bias.data = torch.randn(5)
    return model.eval()


@pytest.mark.parametrize("neurons", [{"first": [0, 3]}, {"first": [4], "second": [1, 2]}])
def test_off_is_what_zeroed_weights_are_in_linear_layers(neurons):
    model, x = Functional(), inputs(20, 4)
    with torch.no_grad():
        torch.testing.assert_close(off(model, neurons, x), zeroed(model, neurons)(x), **CLOSE)
        assert not torch.allclose(off(model, neurons, x), model(x))


@pytest.mark.parametrize("neurons", [{"0": [1, 4]}, {"0": 2, "3": [0]}, {"3": [0, 1, 2, 3]}])
def test_off_is_what_zeroed_weights_are_in_convolutions_also_before_a_batch_norm(neurons):
    model, x = convolutional(), inputs(6, 2, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(off(model, neurons, x), zeroed(model, neurons)(x), **CLOSE)


def test_behind_a_batch_norm_a_zeroed_channel_is_a_constant_and_one_that_is_off_there_is_zero():
    model, x = convolutional(), inputs(6, 2, 8, 8)
    norm = model[1]
    constant = norm.bias - norm.weight * norm.running_mean / torch.sqrt(norm.running_var + norm.eps)
    seen = {}
    for name, at in (("conv", "0"), ("norm", "1")):
        with switched_off(model, {at: [3]}), torch.no_grad():
            seen[name] = model[:2](x)[:, 3]
    torch.testing.assert_close(seen["conv"], constant[3].expand_as(seen["conv"]).detach(), **CLOSE)
    assert (seen["norm"] == 0).all()
    relu = off(model, {"2": [3]}, x)
    torch.testing.assert_close(off(model, {"1": [3]}, x), relu, **CLOSE)


def test_what_is_recorded_inside_is_zero_there_and_nowhere_else():
    model, x = Functional(), inputs(20, 4)
    before = quiet(model, x, ["first", "second"]).activation
    with switched_off(model, {"first": [1, 2]}):
        inside = quiet(model, x, ["first", "second"]).activation
    first = before.sel(layer="first").copy()
    first[[1, 2]] = 0
    np.testing.assert_array_equal(inside.sel(layer="first"), first)
    by_hand = model.second(torch.relu(torch.tensor(first.values.T))).detach().numpy().T
    np.testing.assert_allclose(inside.sel(layer="second")[:3], by_hand, atol=1e-6)


def test_a_call_of_a_module_that_is_used_twice_or_every_one():
    model, x = Reused(), inputs(9, 4)
    a = torch.relu(model.a(x)).detach()
    mask = torch.tensor([0.0, 1, 1, 1, 1, 1])
    both, second = model.relu(model.b(a * mask)).detach() * mask, model.relu(model.b(a)) * mask
    torch.testing.assert_close(off(model, {"relu": [0]}, x), both, **CLOSE)
    torch.testing.assert_close(off(model, {"relu:1": [0]}, x), second.detach(), **CLOSE)
    # the second forward pass counts anew, and so does one after an error
    with switched_off(model, {"relu:1": [0]}), torch.no_grad():
        with pytest.raises(RuntimeError):
            model(inputs(9, 3))
        for _ in range(2):
            torch.testing.assert_close(model(x), second.detach(), **CLOSE)


def test_blocks_stand_in_one_another():
    model, x = Functional(), inputs(20, 4)
    with switched_off(model, {"first": [0]}):
        with switched_off(model, {"first": [3], "second": [1]}), torch.no_grad():
            inner = model(x)
        outer = model(x).detach()
    every = off(model, {"first": [0, 3], "second": [1]}, x)
    torch.testing.assert_close(inner, every, rtol=0, atol=0)
    torch.testing.assert_close(outer, off(model, {"first": [0]}, x), rtol=0, atol=0)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("last", [True, False])
def test_units_of_recurrent_modules_in_all_steps_and_in_the_last_state(kind, batch_first, last):
    torch.manual_seed(0)
    module = kind(3, 4, num_layers=2, bidirectional=True, batch_first=batch_first)

    def forward(self, x):
        states, end = self.rnn(x)
        end = end[0] if isinstance(end, tuple) else end
        return end if last else states

    model, x = Calls(forward, rnn=module), inputs(7, 5, 3)
    whole = model(x).detach()
    found = off(model, {"rnn": [1, 6]}, x)  # unit 1 forwards, unit 2 backwards
    if last:
        whole[-2, :, 1] = whole[-1, :, 2] = 0
    else:
        whole[..., [1, 6]] = 0
    torch.testing.assert_close(found, whole, **CLOSE)  # some processors sum in another order


def test_packed_and_projected_states():
    torch.manual_seed(0)
    module = nn.LSTM(3, 4, proj_size=2, batch_first=True)

    def forward(self, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, [5, 3], batch_first=True)
        states, (hidden, _) = self.rnn(packed)
        return torch.cat([nn.utils.rnn.pad_packed_sequence(states)[0].flatten(), hidden.flatten()])

    model, x = Calls(forward, rnn=module), inputs(2, 5, 3)
    assert (off(model, {"rnn": [0, 1]}, x) == 0).all()
    assert 0 < (off(model, {"rnn": [1]}, x) == 0).float().mean() < 1


def test_transformers_are_off_at_every_token_also_on_the_fast_path():
    layer = nn.TransformerEncoderLayer(6, 2, dim_feedforward=8, batch_first=True)
    model, x = nn.Sequential(layer, nn.Linear(6, 6)).eval(), inputs(4, 3, 6)
    with switched_off(model, {"0": [2]}), torch.no_grad():
        assert (model[0](x)[..., 2] == 0).all()
    with switched_off(model, {"0.linear1": range(8)}), torch.no_grad():
        plain = layer.norm2(layer.norm1(x + layer.self_attn(x, x, x)[0]) + layer.linear2.bias)
        torch.testing.assert_close(model[0](x), plain, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("forward", "select"),
    [
        (lambda self, x: (self.a(x), x), 0),
        (lambda self, x: [x, self.a(x)], 1),
        (lambda self, x: Output(hidden=self.a(x), other=x), "hidden"),
    ],
)
def test_outputs_in_parts(forward, select):
    inner = Calls(forward, a=nn.Linear(4, 4))
    model, x = Calls(lambda self, x: self.inner(x), inner=inner), inputs(5, 4)
    whole = model(x)
    found = off(model, {"inner": [1]}, x, select=select)
    assert type(found) is type(whole)
    assert (found[select][:, 1] == 0).all()
    other = {0: 1, 1: 0, "hidden": "other"}[select]
    torch.testing.assert_close(found[other], whole[other])
    with pytest.raises(ValueError, match=r"layer 'inner' gives a .*; pass select="):
        off(model, {"inner": [1]}, x)
    with pytest.raises(ValueError, match="where select='nothing' finds nothing"):
        off(model, {"inner": [1]}, x, select="nothing")


def test_not_even_nan_passes_and_gradients_flow_through_the_rest():
    model, x = Functional(), inputs(20, 4)
    with torch.no_grad():
        model.first.weight[2] = torch.nan
    with switched_off(model, {"first": [2]}):
        model(x).sum().backward()
    assert (model.first.weight.grad[2] == 0).all()
    assert (model.first.weight.grad[[0, 1, 3, 4]] != 0).any()


def test_the_model_is_left_as_it_was_also_after_an_error():
    model, x = nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5), nn.Linear(6, 2)), inputs(5, 4)
    model.train()
    before = state(model)
    off(model, {"0": [1]}, x)
    assert_same(before, state(model))
    for wrong in ({"0": [6]}, {"0": [1], "nothing": [0]}, {"0": [-1]}, {"0": [0.5]}):
        with pytest.raises(ValueError, match=r"0|nothing"):
            off(model, wrong, x)
        assert_same(before, state(model))
    with pytest.raises(KeyboardInterrupt), switched_off(model, {"0": [1]}):
        raise KeyboardInterrupt
    assert_same(before, state(model))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"firts": [0]}, "layer 'firts' not found in Functional. Did you mean 'first'?"),
        ({"first": [1, 5]}, "layer 'first' has 5 neurons, 0 to 4; there is no neuron 5"),
        ({"first": [-1]}, "must be neurons, whole numbers from 0; not -1"),
        ({"first": [1.0]}, "must be neurons, whole numbers from 0; not 1.0"),
        ({"first": [True]}, "must be neurons, whole numbers from 0; not True"),
        ({"first": [[1]]}, "must be neurons"),
        ({"first:1": [0]}, "layer 'first:1' was never called"),
    ],
)
def test_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        off(Functional(), wrong, inputs(3, 4))


def test_a_layer_that_the_model_does_not_call_is_told_and_nothing_off_is_nothing():
    model = Functional()
    model.unused = nn.Linear(2, 2)
    x = inputs(3, 4)
    with pytest.raises(ValueError, match="layer 'unused' was never called"):
        off(model, {"unused": [0]}, x)
    with switched_off(model, {"unused": [0]}):  # the model was not called
        pass
    for nothing in ({}, {"first": []}):
        torch.testing.assert_close(off(model, nothing, x), model(x).detach(), rtol=0, atol=0)
    with pytest.raises(TypeError, match=r"off must be \{layer: neurons\}; not list"):
        off(model, [3], x)
    with pytest.raises(TypeError, match="select must be a position or a key"):
        off(model, {"first": [0]}, x, select=lambda output: output)


@pytest.mark.parametrize("wrap", [nn.DataParallel, partial(torch.compile, backend="eager")])
def test_wrapped_models_also_one_that_was_compiled_and_run_before(wrap):
    model, x = Functional(), inputs(8, 4)
    wrapped = wrap(model)
    whole = wrapped(x).detach()
    expected = zeroed(model, {"first": [1]})(x).detach()
    torch.testing.assert_close(off(wrapped, {"first": [1]}, x), expected, **CLOSE)
    torch.testing.assert_close(wrapped(x).detach(), whole, **CLOSE)


def test_another_thread_that_records_the_model_waits_until_all_neurons_are_on():
    model, x = Functional(), inputs(10, 4)
    found = []
    with switched_off(model, {"first": [0, 1, 2, 3, 4]}):
        thread = threading.Thread(target=lambda: found.append(quiet(model, x, ["first"])))
        thread.start()
        thread.join(0.2)
        assert not found
    thread.join(30)
    assert (found[0].activation != 0).any()
