"""Which networks can be stacked."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from infonb.networks import MLP
from infonb.training.group.chain import chain_of, signature


def kinds(model):
    layers = chain_of(model)
    return None if layers is None else [type(layer).__name__ for layer in layers]


def test_chains_are_unfolded():
    assert kinds(MLP([4, 3, 2])) == ["Flatten", "Linear", "ReLU", "Linear"]
    inner = nn.Sequential(nn.Linear(4, 3), nn.Tanh())
    assert kinds(nn.Sequential(nn.Flatten(), inner, nn.Linear(3, 1, bias=False))) == [
        "Flatten", "Linear", "Tanh", "Linear",
    ]  # fmt: skip
    relu = nn.ReLU()
    assert kinds(nn.Sequential(nn.Linear(4, 3), relu, nn.Linear(3, 3), relu)) == [
        "Linear", "ReLU", "Linear", "ReLU",
    ]  # fmt: skip
    assert kinds(nn.Linear(2, 2)) == ["Linear"]


class Own(nn.Sequential):
    def forward(self, inputs):
        return 2 * super().forward(inputs)


def hooked():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model[1].register_forward_hook(lambda *_: None)
    return model


def frozen():
    model = MLP([2, 2])
    model.out.bias.requires_grad_(False)
    return model


def twice():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.ReLU(), layer)


def parametrized():
    model = nn.Sequential(nn.Linear(2, 2))
    nn.utils.parametrizations.weight_norm(model[0])
    return model


@pytest.mark.parametrize(
    "model",
    [
        Own(nn.Linear(2, 2)), hooked(), frozen(), twice(), parametrized(), nn.Sequential(),
        nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)), nn.Sequential(nn.Conv1d(1, 2, 3)),
        nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)),
        nn.Sequential(nn.Linear(2, 2), nn.PReLU()), nn.Sequential(nn.Flatten(0), nn.Linear(2, 2)),
        nn.Sequential(nn.Linear(2, 2), nn.Flatten(), nn.Linear(2, 2)),
        nn.Sequential(nn.Linear(2, 2)).to(torch.bfloat16),
        nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double()),
    ],
)  # fmt: skip
def test_what_is_no_plain_chain_is_left_alone(model):
    assert chain_of(model) is None


def test_networks_with_other_functions_do_not_go_together():
    def of(*layers):
        model = nn.Sequential(nn.Linear(3, 2), *layers)
        return signature(model, chain_of(model))

    assert of(nn.LeakyReLU(0.1)) == of(nn.LeakyReLU(0.1))
    assert len({of(nn.LeakyReLU(0.1)), of(nn.LeakyReLU(0.2)), of(nn.ReLU()), of()}) == 4
