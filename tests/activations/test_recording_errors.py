"""Errors name the value, the choices and the remedy."""

from __future__ import annotations

import pytest
import torch
from activations.models import (
    Calls,
    Functional,
    assert_same,
    inputs,
    quiet,
    state,
)
from torch import nn

from infonb.activations import record


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        (
            "frist",
            ValueError,
            r"'frist' not found in Functional. Did you mean 'first'\? infonb.list",
        ),
        ({"a": "x"}, ValueError, r"layer 'x' not found"),
        (["first", "first"], ValueError, r"names one twice"),
        ([], ValueError, r"layers is empty"),
        ([1], TypeError, r"names of modules; not 1"),
    ],
)
def test_unknown_layers(layers, error, message):
    with pytest.raises(error, match=message):
        quiet(Functional(), inputs(3, 4), layers)


def test_layers_that_are_never_or_only_sometimes_called():
    model = Functional()
    model.add_module("spare", nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"layer 'spare' \(Linear\) was never called"):
        quiet(model, inputs(3, 4), ["first", "spare"])
    sometimes = Calls(lambda self, x: self.a(x) if len(x) == 2 else x, a=nn.Linear(4, 4))
    with pytest.raises(ValueError, match=r"'a' was called in the first batch, but not in batch 1"):
        quiet(sometimes, inputs(3, 4), batch_size=2)
    with pytest.raises(ValueError, match=r"none of the Linear, .* modules was called"):
        quiet(Calls(lambda self, x: x, a=nn.Linear(4, 4)), inputs(3, 4))
    with pytest.raises(ValueError, match=r"ReLU has no Linear, .* such as \['ReLU'\]"):
        quiet(nn.ReLU(), inputs(3, 4))
    assert list(quiet(nn.ReLU(), inputs(3, 4), "ReLU").layer.values) == ["ReLU"]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"hook": "outputs"}, ValueError, r"hook must be one of .* Did you mean 'output'\?"),
        ({"reduce": "max"}, ValueError, r"reduce must be one of 'mean', 'first', 'flatten'"),
        ({"dtype": "float16"}, ValueError, r"dtype must be one of"),
        ({"batch_size": 0}, ValueError, r"batch_size must be at least 1"),
        ({"progress": "yes"}, ValueError, r"progress|show must be one of"),
        ({"select": 1.5}, TypeError, r"select must be a position, a key or a function; not 1.5"),
        ({"select": True}, TypeError, r"select must be a position"),
        ({"neuron_dim": 0}, ValueError, r"neuron_dim must not be 0"),
        ({"seed": 1.5}, TypeError, r"seed must be a whole number"),
        ({"max_bytes": 100}, ValueError, r"do not fit: 2 layers × up to 5 neurons × 3 samples: 12"),
    ],
)
def test_wrong_arguments(kwargs, error, message):
    model = Functional()
    before = state(model)
    with pytest.raises(error, match=message):
        record(model, inputs(3, 4), **({"progress": False} | kwargs))
    assert_same(before, state(model))


def test_model_must_be_a_module():
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module; not function"):
        quiet(lambda x: x, inputs(3, 4))


def test_complex_outputs_and_single_numbers():
    fft = Calls(lambda self, x: self.fft(x).abs(), fft=Calls(lambda self, x: torch.fft.fft(x)))
    with pytest.raises(ValueError, match=r"'fft' gives complex numbers"):
        quiet(fft, inputs(3, 4), "fft")
    total = Calls(lambda self, x: self.total(x), total=Calls(lambda self, x: x.sum()))
    with pytest.raises(ValueError, match=r"'total' gives a single number"):
        quiet(total, inputs(3, 4), "total")


def test_too_large_streams_stop_before_they_fill_the_memory():
    model, seen = Functional(), []

    def endless():
        while True:
            seen.append(1)
            yield inputs(10, 4)

    with pytest.raises(ValueError, match=r"so far 2 layers .* but max_bytes is 1.0 kB"):
        quiet(model, endless(), max_bytes=1000)
    assert len(seen) == 3  # 400 bytes a batch


def test_free_memory_is_the_limit(monkeypatch):
    monkeypatch.setattr("infonb.activations.size.available_memory", lambda: 499)
    with pytest.raises(ValueError, match=r"400 B .*80 % of .* is 399 B\. Record to disk"):
        quiet(Functional(), inputs(10, 4))
    monkeypatch.setattr("infonb.activations.size.available_memory", lambda: 500)
    assert quiet(Functional(), inputs(10, 4)).activation.nbytes == 400
