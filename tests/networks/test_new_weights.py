"""A network with new weights: the same kind, drawn by a seed, the old one left alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from infonb.networks import CNN, MLP, ResNet18, untrained


@pytest.mark.parametrize(
    "model", [MLP([4, 3, 2]), CNN(1, 2), ResNet18(n_classes=2), nn.MultiheadAttention(4, 2)]
)
def test_all_weights_are_new_and_the_seed_draws_them(model):
    state = torch.get_rng_state()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    one, again, other = untrained(model, 1), untrained(model, 1), untrained(model, 2)
    assert torch.equal(torch.get_rng_state(), state)
    assert type(one) is type(model)
    for name, value in model.named_parameters():
        assert torch.equal(value, before[name])
        if value.ndim > 1:
            assert not torch.equal(one.get_parameter(name), value)
            assert not torch.equal(one.get_parameter(name), other.get_parameter(name))
        assert torch.equal(one.get_parameter(name), again.get_parameter(name))


def test_running_statistics_begin_anew():
    norm = nn.BatchNorm1d(3)
    norm(torch.randn(10, 3) + 5)
    new = untrained(norm)
    assert torch.equal(new.running_mean, torch.zeros(3))
    assert norm.running_mean.abs().min() > 0


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(3))


def test_weights_that_nobody_can_draw_are_named():
    with pytest.raises(ValueError, match=r"module 'own' \(Own\) has weights of its own"):
        untrained(nn.ModuleDict({"own": Own()}))
