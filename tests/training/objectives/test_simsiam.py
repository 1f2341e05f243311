"""SimSiam by hand, and where no gradient goes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from infonb.training import SimSiam


class Two(nn.Module):
    """A projection and a prediction, each by one matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.projector = nn.Linear(2, 2, bias=False)
        self.predictor = nn.Linear(2, 2, bias=False)

    def forward(self, images):
        projection = self.projector(images)
        return projection, self.predictor(projection)


def alternating(degrees):
    """Views that turn every second time to the left."""
    calls, angle = [], math.radians(degrees)
    turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])

    def views(images, generator=None):
        calls.append(1)
        return images if len(calls) % 2 else images @ turn

    return views


def test_by_hand():
    model = Two()
    with torch.no_grad():
        model.projector.weight.copy_(torch.eye(2))
        # turns by 45 degrees, to the left as the views do
        model.predictor.weight.copy_(torch.tensor([[1.0, -1.0], [1.0, 1.0]]))
    images = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    # p1 is z1 turned by 45°, z2 is z1 turned by 90°: 45° apart; p2 is z1 turned by 135°
    expected = -(math.cos(math.pi / 4) + math.cos(3 * math.pi / 4)) / 2
    with torch.no_grad():
        assert float(SimSiam(alternating(90))(model, images)) == pytest.approx(expected, abs=1e-7)
        # views 45° apart: p1 is at z2, p2 is at a right angle to z1
        assert float(SimSiam(alternating(45))(model, images)) == pytest.approx(-0.5, abs=1e-7)
        assert float(SimSiam(lambda images: images)(model, images)) == pytest.approx(-(0.5**0.5))


def test_no_gradient_goes_through_the_projection_that_is_told():
    torch.manual_seed(0)
    model, images = Two(), torch.randn(6, 2)
    views = alternating(90)
    SimSiam(views)(model, images).backward()
    first, second = views(images), views(images)
    # by hand: targets are numbers, not functions of the weights
    with torch.no_grad():
        targets = model.projector(second), model.projector(first)
    expected = torch.zeros(())
    weights = [one.detach().clone().requires_grad_() for one in model.parameters()]
    for view, target in zip((first, second), targets, strict=True):
        told = view @ weights[0].T @ weights[1].T
        lengths = told.norm(dim=1) * target.norm(dim=1)
        expected = expected - 0.5 * ((told * target).sum(1) / lengths).mean()
    expected.backward()
    for ours, by_hand in zip(model.parameters(), weights, strict=True):
        torch.testing.assert_close(ours.grad, by_hand.grad)


def test_with_the_gradient_it_would_be_another():
    torch.manual_seed(0)
    model, images = Two(), torch.randn(6, 2)
    views = alternating(90)
    SimSiam(views)(model, images).backward()
    ours = model.projector.weight.grad.clone()
    model.zero_grad()
    (z1, p1), (z2, p2) = model(views(images)), model(views(images))
    cosine = nn.functional.cosine_similarity
    (-0.5 * (cosine(p1, z2) + cosine(p2, z1)).mean()).backward()
    assert not torch.allclose(ours, model.projector.weight.grad, atol=1e-3)


def test_errors():
    with pytest.raises(ValueError, match=r"return \(projection, prediction\).* not Tensor"):
        SimSiam(abs)(nn.Identity(), torch.zeros(3, 2))
    with pytest.raises(TypeError, match="views must be a function"):
        SimSiam(None)
