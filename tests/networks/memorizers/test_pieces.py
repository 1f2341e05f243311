"""Pieces on a line: by hand, against dense sampling, and below the bound."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from infonb.networks import MLP, necessary_points, pieces_on_line, relu_memorizer


def _linear(weight, bias):
    layer = nn.Linear(len(weight[0]), len(weight))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
        layer.bias.copy_(torch.tensor(bias))
    return layer


def test_by_hand():
    # |x| − 1, then the positive part: kinks at −1, 0 (outside the part that is on), 1
    tent = [_linear([[1.0], [-1.0]], [0.0, 0.0]), nn.ReLU()]
    net = nn.Sequential(*tent, _linear([[1.0, 1.0]], [-1.0]), nn.ReLU())
    assert pieces_on_line(net, [-2.0], [2.0]) == 3
    assert pieces_on_line(nn.Sequential(*tent, _linear([[1.0, 1.0]], [0.0])), [-2.0], [2.0]) == 2
    assert pieces_on_line(net, [2.0], [3.0]) == 1
    assert pieces_on_line(nn.Sequential(nn.Hardtanh(-2, 1)), [-4.0], [4.0]) == 3
    assert pieces_on_line(nn.Sequential(nn.LeakyReLU(0.5)), [-1.0], [1.0]) == 2
    assert pieces_on_line(_linear([[1.0]], [0.0]), [0.0], [1.0]) == 1


@pytest.mark.parametrize("seed", range(4))
def test_as_dense_sampling_finds_them(seed):
    net = MLP([3, 4, 3, 1], seed=seed, initialization="default").double()
    start, end = np.random.default_rng(seed).normal(size=(2, 3)) * 8
    steps = torch.linspace(0, 1, 200_001, dtype=torch.float64)[:, None]
    with torch.no_grad():
        said = net(torch.from_numpy(start) + steps * torch.from_numpy(end - start)).numpy().ravel()
    bends = np.flatnonzero(np.abs(np.diff(said, 2)) > 1e-10)
    # a kink between two steps is seen at both of them
    kinks = 1 + int((np.diff(bends) > 1).sum()) if bends.size else 0
    assert pieces_on_line(net, start, end) == 1 + kinks


@pytest.mark.parametrize("widths", [(1, 1), (2, 2), (3, 2)])
def test_never_more_than_the_bound(widths):
    most = 0
    for seed in range(40):
        net = MLP([3, *widths, 1], seed=seed, initialization="default")
        start, end = np.random.default_rng(seed).normal(size=(2, 3)) * 9
        most = max(most, pieces_on_line(net, start, end))
    assert 2 <= most < necessary_points(*widths)


@pytest.mark.parametrize("n", [4, 16, 64])
def test_labels_in_turn_need_a_piece_each(n):
    line = np.arange(float(n))[:, None]
    net = relu_memorizer(line, (-1.0) ** np.arange(n))
    pieces = pieces_on_line(net, line[0], line[-1])
    assert n - 1 <= pieces < necessary_points(net.sizes.d1, net.sizes.d2)


def test_what_has_no_pieces():
    with pytest.raises(ValueError, match="the network has a Tanh"):
        pieces_on_line(nn.Sequential(nn.Linear(1, 2), nn.Tanh()), [0.0], [1.0])
    with pytest.raises(ValueError, match="have 2 features, the network takes 1"):
        pieces_on_line(nn.Linear(1, 2), [0.0, 1.0], [1.0, 1.0])


def test_one_relu_in_several_places():
    same, layers = nn.ReLU(), [nn.Linear(1, 8), nn.Linear(8, 8), nn.Linear(8, 1)]
    shared = nn.Sequential(layers[0], same, layers[1], same, layers[2])
    own = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
    assert pieces_on_line(shared, [-5.0], [5.0]) == pieces_on_line(own, [-5.0], [5.0])


class Written(nn.Module):
    """A network whose nonlinearity is no layer."""

    def __init__(self):
        super().__init__()
        self.first, self.second = MLP([1, 8, 8, 1]), nn.Linear(1, 1)

    def forward(self, inputs):
        return self.second(torch.relu(self.first(inputs)))


def test_functions_that_are_no_layers_are_told():
    with pytest.raises(ValueError, match="does more than its Linear, ReLU"):
        pieces_on_line(Written(), [-50.0], [50.0])


@pytest.mark.parametrize("times", [3.0, 0.7, 1.1, 9.0])
def test_kinks_at_one_place_are_one_kink(times):
    """Two units that bend at 0.1, to rounding; and the units of neighbouring groups."""
    one = _linear([[1.0], [times], [7.0]], [-0.1, -0.1 * times, -0.7]).double()
    with torch.no_grad():
        one.bias.copy_(-0.1 * one.weight[:, 0])
    net = nn.Sequential(one, nn.ReLU(), _linear([[1.0, 1.0, 1.0]], [0.0]).double())
    assert pieces_on_line(net, [-1.0], [1.3]) == 2
    line = np.random.default_rng([0, 16]).uniform(0.6, 1.4, size=16).cumsum()
    turns = relu_memorizer(line[:, None], (-1.0) ** np.arange(16))
    assert pieces_on_line(turns, line[:1], line[-1:]) == 30


def test_ends_that_are_none():
    with pytest.raises(ValueError, match="start and end must be finite"):
        pieces_on_line(nn.Linear(1, 2), [np.nan], [1.0])
    with pytest.raises(ValueError, match="they have 1 and 2 features"):
        pieces_on_line(nn.Linear(1, 2), [0.0], [1.0, 2.0])
