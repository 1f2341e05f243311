"""Predictions of a single output: what made it is looked at, where its values do not tell."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from activations.models import Calls, inputs, quiet
from torch import nn
from torch.nn import functional

X = inputs(40, 4)


class Wrapped:
    def __init__(self, logits):
        self.logits = logits


PROBABILITIES = {
    "function": torch.sigmoid,
    "method": lambda z: z.sigmoid(),
    "in place": lambda z: z.sigmoid_(),
    "of one dim": lambda z: torch.sigmoid(z).squeeze(1),
    "of one dim before": lambda z: torch.sigmoid(z[:, 0]),
    "other type": lambda z: torch.sigmoid(z).double(),
    "in parts": lambda z: torch.cat([torch.sigmoid(z[:3]), torch.sigmoid(z[3:])]),
    "hard": functional.hardsigmoid,
    "special": torch.special.expit,
    "as logits": lambda z: Wrapped(torch.sigmoid(z)),
}
LOGITS = {"plain": lambda z: z, "of one dim": lambda z: z[:, 0], "as logits": Wrapped}
UNKNOWN = {
    "the other class": lambda z: 1 - torch.sigmoid(z),
    "of two": lambda z: torch.softmax(torch.cat([z, -z], 1), 1)[:, 0],
    "logarithm": functional.logsigmoid,
    "cut": lambda z: z.clamp(0, 1),
    "square": lambda z: z**2,
}


def model_of(function, bias=0.0):
    torch.manual_seed(0)
    model = Calls(lambda self, x: function(self.out(self.inner(x))),
                  early=nn.Sigmoid(), inner=nn.Linear(4, 5), out=nn.Linear(5, 1))  # fmt: skip
    with torch.no_grad():
        model.out.weight *= 0.1
        model.out.bias += bias
        return model, (model.out(model.inner(X))[:, 0] > 0).numpy()


@pytest.mark.parametrize("bias", [0.0, 0.5])
@pytest.mark.parametrize("name", PROBABILITIES)
def test_probabilities_are_told_by_half(name, bias):
    model, positive = model_of(PROBABILITIES[name], bias)
    np.testing.assert_array_equal(quiet(model, X, batch_size=7).prediction, positive)


@pytest.mark.parametrize("bias", [0.0, 0.5, -0.5])
@pytest.mark.parametrize("name", LOGITS)
def test_logits_are_told_by_their_sign(name, bias):
    model, positive = model_of(LOGITS[name], bias)
    assert bias == 0 or len(set(positive)) == 1  # their values look like probabilities
    np.testing.assert_array_equal(quiet(model, X, batch_size=7).prediction, positive)


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_may_be_either_is_left_out(name):
    model, _ = model_of(UNKNOWN[name], 0.5)
    assert "prediction" not in quiet(model, X).coords


def test_a_module_that_ends_the_model_though_it_was_made_first():
    model, positive = model_of(lambda z: z)
    model.function = lambda self, x: self.early(self.out(self.inner(x)))
    np.testing.assert_array_equal(quiet(model, X).prediction, positive)


def test_a_model_that_runs_only_once_has_no_prediction_of_one_sign():
    calls = []

    def forward(self, x):
        calls.append(1)
        return torch.sigmoid(self.out(x)) / (len(calls) < 2)

    model = Calls(forward, out=nn.Linear(4, 1))
    found = quiet(model, X, "out")
    assert "prediction" not in found.coords
    assert math.isfinite(found.activation.sum())
