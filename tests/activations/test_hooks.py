"""The model is left as it was."""

from __future__ import annotations

import copy
import types

import numpy as np
import pytest
import torch
import xarray as xr
from activations.models import (
    CLOSE,
    Calls,
    Functional,
    assert_same,
    inputs,
    quiet,
    rows,
    state,
    valid,
)
from torch import nn

from infonb.activations import list_layers


def mixed():
    model = nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5),
        nn.Sequential(nn.Linear(6, 5), nn.ReLU()),
        nn.Linear(5, 2),
    )  # fmt: skip
    model.train()
    model[1].eval()  # a frozen batch norm
    model[3][1].eval()
    return model


@pytest.mark.parametrize("hook", ["output", "input"])
def test_model_is_left_as_it_was(hook):
    model = mixed()
    model[0].weight.requires_grad_(False)
    calls = []
    model[0].register_forward_hook(lambda *_: calls.append(1))  # the user's own hook stays
    before = state(model)
    x = inputs(20, 4)
    activations = quiet(model, x, ["0", "1", "2", "3"], hook=hook, batch_size=7)
    assert_same(before, state(model))
    assert len(calls) == 3
    # eval mode: no dropout, and the running statistics of the batch norm
    model.eval()
    inner = model[1](model[0](x))
    by_hand = [model[0](x), inner, inner, model[3](inner)]
    if hook == "input":
        by_hand = [x, model[0](x), inner, inner]
    for layer, expected in zip(activations.layer.values, by_hand, strict=True):
        np.testing.assert_allclose(valid(activations, layer), rows(expected), **CLOSE)


class Interrupted(BaseException):
    """Stands for a KeyboardInterrupt."""


@pytest.mark.parametrize("error", [RuntimeError, KeyError, Interrupted])
@pytest.mark.parametrize("where", ["forward", "reduce", "data"])
def test_model_is_left_as_it_was_after_an_exception(error, where):
    model = mixed()
    count = [0]

    def fail(value=None):
        count[0] += 1
        if count[0] == 2:
            raise error("in the middle")
        return value

    def stream():
        for part in inputs(20, 4).split(6):
            if where == "data":
                fail()
            yield part

    model.register_forward_pre_hook(lambda *_: fail() if where == "forward" else None)
    reduce = fail if where == "reduce" else "mean"
    before = state(model)
    with pytest.raises(error, match="in the middle"):
        quiet(model, stream(), ["0", "3"], reduce=reduce)
    assert_same(before, state(model))


def test_error_of_the_model_says_what_it_was_called_with():
    with pytest.raises(RuntimeError) as caught:
        quiet(Functional(), torch.zeros(3, 9))
    assert caught.value.__notes__ == [
        "infonb: the model was called with a tensor of float32 (3, 9)."
    ]


def test_gradients_flow_after_a_recording_of_a_model_that_caches():
    class Caches(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.cache = nn.Linear(4, 2), None

        def forward(self, x):
            if self.cache is None:
                self.cache = torch.ones(4) * 2
            return self.fc(x * self.cache)

    model = Caches()
    quiet(model, inputs(3, 4))
    model(inputs(3, 4)).sum().backward()
    assert model.fc.weight.grad is not None


def test_lazy_modules_and_wrapped_models():
    lazy = nn.Sequential(nn.LazyLinear(5), nn.ReLU(), nn.Linear(5, 2))
    assert quiet(lazy, inputs(3, 4)).attrs["n_parameters"] == 4 * 5 + 5 + 5 * 2 + 2
    model, x = Functional(), inputs(3, 4)
    expected = quiet(model, x)
    for wrapped in (torch.compile(model, backend="eager"), nn.DataParallel(model)):
        xr.testing.assert_identical(quiet(wrapped, x), expected)


class Attention(nn.Module):
    """Its mask comes first."""

    def forward(self, attention_mask, hidden_states, scale=None, *rest, **more):
        return hidden_states * attention_mask[..., None]


@pytest.mark.parametrize(
    "call",
    [
        lambda part, mask, x: part(mask, x),
        lambda part, mask, x: part(attention_mask=mask, hidden_states=x),
        lambda part, mask, x: part(mask, scale=2, hidden_states=x),
        lambda part, mask, x: part(mask, x, None, mask, other=mask),
    ],
)
def test_hook_input_takes_the_first_argument_that_is_no_mask(call):
    model = Calls(lambda self, x: call(self.part, torch.ones(x.shape[:2]), x), part=Attention())
    x = inputs(6, 5, 4)
    found = quiet(model, x, "part", hook="input", prediction=False)
    np.testing.assert_allclose(valid(found, "part"), rows(x.mean(1)), **CLOSE)


@pytest.mark.parametrize(
    "arguments",
    [
        lambda x: {"position_ids": torch.arange(6).expand(5, 6), "states": x},
        lambda x: {"use_cache": True, "states": x},
        lambda x: {"rotary": (x[0], x[0]), "hidden_states": x},
    ],
)
def test_hook_input_takes_the_hidden_states(arguments):
    x = inputs(5, 6, 4)
    named = arguments(x)
    text = f"lambda self, {', '.join(f'{name}=None' for name in named)}: {list(named)[1]}"
    part = Calls(lambda self: None)
    part.forward = types.MethodType(eval(text), part)
    model = Calls(
        lambda self, x: self.out(self.part(**arguments(x))), part=part, out=nn.Linear(4, 2)
    )
    found = quiet(model, x, "part", hook="input")
    np.testing.assert_allclose(valid(found, "part"), rows(x.mean(1)), **CLOSE)


def test_hook_input_of_attention_called_with_keywords_is_the_query():
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    model = Calls(lambda self, x: self.part(value=x * 3, key=x * 2, query=x)[0], part=attention)
    x = inputs(6, 5, 4)
    found = quiet(model, x, "part", hook="input", prediction=False)
    np.testing.assert_allclose(valid(found, "part"), rows(x.mean(1)), **CLOSE)


def test_parts_that_are_compiled_give_their_layers():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x):
            return x + torch.relu(self.a(x))

    model, x = nn.Sequential(Block(), Block(), nn.Linear(4, 2)), inputs(5, 4)
    expected = quiet(model, x)
    compiled = copy.deepcopy(model)
    compiled[0].compile(backend="eager")
    compiled[1] = torch.compile(compiled[1], backend="eager")
    compiled.compile(backend="eager")
    with torch.no_grad():
        compiled(x)
    found = quiet(compiled, x)
    xr.testing.assert_identical(found, expected)
    assert list(quiet(compiled, x, ["1", "1._orig_mod.a"]).layer.values) == ["1._orig_mod.a", "1"]
    table = list_layers(compiled, x)
    assert list(table["calls"]) == [1, 1, 1, 1, 1]
    assert list(table.index[table["default"]]) == ["0.a", "1.a"]


def test_a_torch_that_cannot_run_compiled_parts_as_they_were(monkeypatch):
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    model[0].compile(backend="eager")
    monkeypatch.delattr(torch.compiler, "set_stance", raising=False)
    with pytest.raises(ValueError, match=r"parts of the model are compiled, .* torch 2.6 or newer"):
        quiet(model, inputs(5, 4))
