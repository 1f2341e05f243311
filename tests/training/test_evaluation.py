from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from infonb.data import concentric_circles
from infonb.networks.mlp import MLP
from infonb.training import accuracy, predict

CIRCLES = concentric_circles(50)


def test_predict_does_not_depend_on_batches_or_form() -> None:
    model = MLP([2, 8, 3])
    inputs = CIRCLES.input.values
    with torch.no_grad():
        expected = model(torch.tensor(inputs)).numpy()
    loader = DataLoader(TensorDataset(torch.tensor(inputs)), batch_size=7)
    forms = [CIRCLES, CIRCLES.input, inputs, torch.tensor(inputs), (inputs, CIRCLES.label)]
    for data in forms:
        np.testing.assert_allclose(predict(model, data, batch_size=7), expected, atol=1e-6)
    loader = DataLoader(torch.tensor(inputs), batch_size=7)
    np.testing.assert_allclose(predict(model, loader), expected, atol=1e-6)


def test_eval_mode_and_restored() -> None:
    model = nn.Sequential(MLP([2, 8, 1]), nn.Dropout(0.5)).train()
    assert np.array_equal(predict(model, CIRCLES), predict(model[0], CIRCLES))
    assert accuracy(model, CIRCLES) == accuracy(model[0], CIRCLES)
    assert all(module.training for module in model.modules())


def test_accuracy_counts() -> None:
    inputs = np.array([[-1.0], [1.0], [2.0], [-2.0]])
    one_logit, two_logits = nn.Linear(1, 1), nn.Linear(1, 2)
    with torch.no_grad():
        one_logit.weight[:], one_logit.bias[:] = 1, 0
        two_logits.weight[:] = torch.tensor([[0.0], [1.0]])
        two_logits.bias[:] = 0
    for model in (one_logit, two_logits):
        assert accuracy(model, (inputs, [0, 1, 0, 0]), batch_size=3) == 0.75
        assert accuracy(model, (inputs, [True, False, False, True])) == 0.0


def test_a_model_without_parameters() -> None:
    np.testing.assert_allclose(predict(nn.Identity(), CIRCLES), CIRCLES.input, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy(MLP([2, 1]), CIRCLES.assign(label=CIRCLES.label + 5)), "has the label 6"),
        (lambda: accuracy(MLP([2, 1]), CIRCLES.input), "no labels"),
        (lambda: predict(MLP([3, 1]), CIRCLES), "3 features per sample"),
        (lambda: predict(MLP([2, 1]), CIRCLES, batch_size=0), "batch_size must be at least"),
        (lambda: predict(nn.Linear(3, 1), CIRCLES), r"fails on inputs of shape \(50, 2\)"),
    ],
)
def test_errors(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
