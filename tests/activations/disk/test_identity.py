"""What makes it another recording: more than weights and inputs."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from activations.models import Functional, before_each_call, inputs, quiet
from torch import nn
from torch.nn import functional

from infonb.activations.batch import Batch
from infonb.activations.disk.identity import Inputs, differences, model_fingerprint, of_function

X, Y = inputs(20, 4), torch.arange(20)


class Scaled(nn.Module):
    def __init__(self, temperature=1.0, mask=1.0, act=functional.relu, shape=(1, 2)):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(4, 5), nn.Linear(5, 2)
        self.temperature, self.act, self.shape = temperature, act, shape
        self.register_buffer("mask", torch.full((4,), mask), persistent=False)
        self.seen = []

    def forward(self, x):
        self.seen.append(len(x))
        return self.b(self.act(self.a(x * self.mask) / self.temperature))


def stopped(model, path, data=X, **kwargs):
    calls = []

    def stop(module, args):
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt

    handle = before_each_call(model, stop)
    with pytest.raises(KeyboardInterrupt):
        quiet(model, data, to=path, batch_size=4, **kwargs)
    handle.remove()


@pytest.mark.parametrize("finished", [True, False])
def test_models_that_differ_in_no_weight(tmp_path, finished):
    path = tmp_path / "a.zarr"
    if finished:
        quiet(Scaled(), X, to=path, batch_size=4)
    else:
        stopped(Scaled(), path)

    def hooked(hook):
        model = Scaled()
        model.a.register_forward_hook(hook)
        return model

    for other, message in (
        (Scaled(temperature=2.0), "the attributes 'temperature' differ"),
        (Scaled(mask=2.0), "the buffers 'mask' differ"),
        (Scaled(act=functional.gelu), "the attributes 'act' differ"),
        (Scaled(temperature=2.0, shape=(1, 3)), "the attributes 'shape', 'temperature' differ"),
        (hooked(lambda module, args, output: output + 100), "the hooks on the model differ"),
    ):
        with pytest.raises(ValueError, match=message):
            quiet(other, X, to=path, batch_size=4)
    model = Scaled()
    model.seen.append(3)  # what it keeps for itself
    quiet(model, X, to=path, batch_size=4)


def test_hooks_are_told_apart_by_code_and_what_they_carry():
    def steer(vector):
        return lambda module, args, output: output + vector

    class Steer:
        def __call__(self, module, args, output):
            return output

    def described(hook):
        model = Scaled()
        model.b.register_forward_hook(hook)
        return model_fingerprint(model)

    one, two = torch.ones(2), torch.arange(2.0)
    assert described(steer(one)) == described(steer(one.clone())) != described(steer(two))
    assert described(Steer()) == described(Steer()) != model_fingerprint(Scaled())
    part = functools.partial
    assert of_function(part(np.add, 1)) == of_function(part(np.add, 1))
    assert of_function(part(np.add, 1)) != of_function(part(np.add, 2))


@pytest.mark.parametrize("finished", [True, False])
def test_labels_coords_and_attrs(tmp_path, finished):
    model, path = Functional(), tmp_path / "a.zarr"
    known = {"coords": {"group": np.arange(20) % 3}, "attrs": {"epoch": 3, "note": None}}
    if finished:
        quiet(model, (X, Y), to=path, batch_size=4, **known)
    else:
        stopped(model, path, (X, Y), **known)
    group = {"group": np.arange(20) % 2}
    for data, other, message in (
        ((X, Y.flip(0)), known, "the coords 'label' differ"),
        (X, known, "the coords 'label' differ"),
        ((X, Y), known | {"coords": group}, "the coords 'group' differ"),
        ((X, Y), known | {"attrs": {"epoch": 9, "note": None}}, "the attrs 'epoch' differ"),
    ):
        with pytest.raises(ValueError, match=f"another recording: {message}"):
            quiet(model, data, to=path, batch_size=4, **other)
    quiet(model, (X, Y), to=path, batch_size=4, **known)


@pytest.mark.parametrize("finished", [True, False])
def test_the_default_layers_named_one_by_one(tmp_path, finished):
    model, path = Functional(), tmp_path / "a.zarr"
    if finished:
        quiet(model, X, to=path, batch_size=4)
    else:
        stopped(model, path)
    for layers in (["first"], ["first", "second", "out"], {"one": "first", "second": "second"}):
        with pytest.raises(ValueError, match=r"layers is .* now, 'the default' there"):
            quiet(model, X, layers, to=path, batch_size=4)
    for layers in (["second", "first"], None):
        recorded = quiet(model, X, layers, to=path, batch_size=4)
        assert recorded.load().identical(quiet(model, X, batch_size=4))


def test_functions_are_told_apart_by_code_and_plain_values():
    def power(n):
        return lambda x: x**n

    def kinds(x):
        return x in {"a", "b", "c"}

    assert of_function(power(2)) == of_function(power(2)) != of_function(power(3))
    assert of_function(kinds).startswith("kinds (")
    assert of_function(len) == "len"
    assert of_function("mean") == "mean"


def test_inputs_are_the_same_however_they_are_divided():
    whole, parts = Inputs(), Inputs()
    whole.update(Batch((X,), {}, None, len(X)))
    for part in X.split(7):
        parts.update(Batch((part,), {}, None, len(part)))
    assert str(whole) == str(parts)
    parts.update(Batch((X[:1],), {}, None, 1))
    assert str(whole) != str(parts)


def test_differences_are_told_in_words_that_help():
    now, there = {"hook": "input", "the weights": "a1"}, {"hook": "output", "the weights": "b2"}
    assert differences(now, there) == ("hook is 'input' now, 'output' there; the weights differ")
    assert differences(now, dict(now)) == ""
