"""Curvature of the loss: exact on quadratics, against the whole Hessian, and its estimate."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from infonb.memorization import loss_curvature
from infonb.networks import MLP

RNG = np.random.default_rng(0)
INPUTS, LABELS = RNG.normal(size=(6, 4)), np.array([0, 1, 2, 0, 1, 2])


class Same(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs * self.scale


def quadratic(matrix: np.ndarray):
    a = torch.tensor(matrix)
    return lambda logits, labels: 0.5 * torch.einsum("bi,ij,bj->b", logits, a, logits)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3)).double()


def hessians(model: nn.Module) -> list[np.ndarray]:
    model.eval()
    found = []
    for x, y in zip(torch.tensor(INPUTS), torch.tensor(LABELS), strict=True):
        whole = torch.autograd.functional.hessian(
            lambda one, y=y: functional.cross_entropy(model(one[None]), y[None]), x
        )
        found.append(whole.numpy())
    model.train()
    return found


def test_of_a_quadratic_it_is_exact():
    half = RNG.normal(size=(4, 4))
    matrix = half + half.T
    options = {"loss": quadratic(matrix), "probes": None}
    found = loss_curvature(Same(), (INPUTS, LABELS), of="trace", **options)
    np.testing.assert_allclose(found, np.trace(matrix), rtol=1e-12)
    found = loss_curvature(Same(), (INPUTS, LABELS), of="square", **options)
    np.testing.assert_allclose(found, np.trace(matrix @ matrix), rtol=1e-12)


def test_of_a_diagonal_one_any_single_probe_is_exact():
    diagonal = np.diag([3.0, -1.0, 0.5, 2.0])
    found = loss_curvature(
        Same(), (INPUTS, LABELS), of="trace", loss=quadratic(diagonal), probes=1, seed=4
    )
    np.testing.assert_allclose(found, 4.5, rtol=1e-12)


def test_bends_up_and_down_cancel_in_the_trace_only():
    saddle = {"loss": quadratic(np.diag([1.0, -1.0, 0.0, 0.0])), "probes": None}
    assert abs(loss_curvature(Same(), (INPUTS, LABELS), of="trace", **saddle)).max() < 1e-12
    np.testing.assert_allclose(loss_curvature(Same(), (INPUTS, LABELS), **saddle), 2.0)


@pytest.mark.parametrize("of", ["trace", "square"])
def test_as_the_whole_hessian(of):
    model = network()
    expected = [np.trace(h if of == "trace" else h @ h) for h in hessians(model)]
    found = loss_curvature(model, (INPUTS, LABELS), of=of, probes=None, batch_size=4)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert model.training, "left in its mode"
    assert all(parameter.grad is None for parameter in model.parameters())


def test_one_logit_is_two_of_which_one_is_zero():
    torch.manual_seed(0)
    one = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)).double()

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = one

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            logit = self.one(inputs)
            return torch.cat([torch.zeros_like(logit), logit], dim=1)

    data = INPUTS, LABELS % 2
    np.testing.assert_allclose(loss_curvature(one, data), loss_curvature(Two(), data), rtol=1e-12)


def test_the_estimate_comes_near_and_its_probes_are_seeded():
    model, data = network(), (INPUTS, LABELS)
    exact = loss_curvature(model, data, of="trace", probes=None)
    near, nearer = (
        float(abs(loss_curvature(model, data, of="trace", probes=n) - exact).mean())
        for n in (20, 2000)
    )
    assert nearer < near / 3
    again = [loss_curvature(model, data, seed=seed) for seed in (1, 1, 2)]
    assert again[0].identical(again[1])
    assert not again[0].equals(again[2])


def test_it_leaves_no_trace_and_is_the_same_in_any_batch():
    model = network()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    whole = loss_curvature(model, (INPUTS, LABELS))
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_allclose(loss_curvature(model, (INPUTS, LABELS), batch_size=1), whole)
    assert whole.label.values.tolist() == LABELS.tolist()
    assert (whole.probes, whole.memorized, whole.n) == (10, "high", 6)


def test_a_loss_that_is_linear_in_the_input_has_none():
    found = loss_curvature(Same(), (INPUTS, LABELS), loss=lambda logits, labels: logits.sum(dim=1))
    assert not found.any()


def test_errors():
    with pytest.raises(ValueError, match="label 2, but the network tells 2 classes apart"):
        loss_curvature(MLP([4, 3, 1]), (INPUTS, LABELS))
    with pytest.raises(ValueError, match="one number for each of 6 samples; not shape"):
        loss_curvature(Same(), (INPUTS, LABELS), loss=lambda logits, labels: logits.sum())
    with pytest.raises(ValueError, match="of must be one of 'square', 'trace'"):
        loss_curvature(Same(), (INPUTS, LABELS), of="sqare")
    with pytest.raises(ValueError, match="probes must be at least 1"):
        loss_curvature(Same(), (INPUTS, LABELS), probes=0)
