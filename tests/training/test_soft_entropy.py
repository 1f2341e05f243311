"""Soft bins against hard ones, closed forms, a plain loop, and the gradient by differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import xarray as xr

import infonb as inb
from infonb.training import soft_entropy

RNG = np.random.default_rng(0)
VALUES = torch.tensor(RNG.normal(size=(200, 5)) * [1, 2, 0.1, 5, 1])


def binned(values: torch.Tensor, edges: object, bins: int) -> np.ndarray:
    acts = xr.DataArray(values.numpy().T, dims=("neuron", "sample"))
    return inb.entropy(acts, bins=bins, edges=edges).values


def plain_loop(values: np.ndarray, low: float, high: float, bins: int, softness: float) -> float:
    """Divide each value between the bins on both sides of each inner edge, one at a time."""
    width = (high - low) / bins
    share = np.zeros(bins)
    for value in values:
        # the part above each edge; before the first edge all, behind the last nothing
        above = [1.0]
        for j in range(1, bins):
            above.append(min(1.0, max(0.0, ((value - low) / width - j) / softness + 0.5)))
        above.append(0.0)
        share += np.array(above[:-1]) - np.array(above[1:])
    share /= len(values)
    return -sum(p * math.log(p) for p in share if p > 1 / len(values)) - sum(
        p * math.log(1 / len(values)) for p in share if 0 < p <= 1 / len(values)
    )


@pytest.mark.parametrize("edges", ["common", "neuron", (-3.0, 4.0)])
@pytest.mark.parametrize("softness", [1.0, 0.4])
def test_equals_a_plain_loop(edges, softness):
    found = soft_entropy(VALUES, bins=12, edges=edges, softness=softness).numpy()
    for i, column in enumerate(VALUES.numpy().T):
        of = VALUES.numpy() if edges == "common" else column
        ends = edges if isinstance(edges, tuple) else (of.min(), of.max())
        assert found[i] == pytest.approx(plain_loop(column, *ends, 12, softness), abs=1e-12)


@pytest.mark.parametrize("edges", ["common", "neuron"])
@pytest.mark.parametrize("bins", [1, 2, 30])
def test_becomes_the_binned_entropy_as_softness_falls(edges, bins):
    hard = binned(VALUES, edges, bins)
    softness = [1.0, 0.3, 0.1, 0.01, 1e-7]
    distance = [
        float(abs(soft_entropy(VALUES, bins=bins, edges=edges, softness=s).numpy() - hard).max())
        for s in softness
    ]
    assert distance[-1] < 1e-12
    assert bins == 1 or distance[0] > distance[2] > distance[-1]


def test_a_fixed_range_is_that_of_given_edges():
    found = soft_entropy(VALUES, bins=20, edges=(-30.0, 30.0), softness=1e-7)
    np.testing.assert_allclose(found.numpy(), binned(VALUES, np.linspace(-30, 30, 21), 20))


def test_values_beyond_a_fixed_range_count_in_the_bins_at_its_ends():
    values = torch.tensor([[-9.0], [-2.0], [0.5], [9.0]])
    found = soft_entropy(values, bins=3, edges=(-1.0, 2.0), softness=0.1)
    share = np.array([0.5, 0.25, 0.25])
    np.testing.assert_allclose(found.numpy(), -(share * np.log(share)).sum(), rtol=1e-6)


def test_a_uniform_neuron_has_all_that_there_is():
    middles = (torch.arange(8, dtype=torch.float64) + 0.5).repeat(4)[:, None]
    found = soft_entropy(middles, bins=8, edges=(0.0, 8.0))
    assert float(found) == pytest.approx(math.log(8))


@pytest.mark.parametrize("edges", ["common", "neuron", (-3.0, 4.0)])
@pytest.mark.parametrize("softness", [1.0, 0.5])
def test_gradient(edges, softness):
    values = VALUES[:12, :3].clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: soft_entropy(x, bins=5, edges=edges, softness=softness), values, eps=1e-7
    )


@pytest.mark.parametrize("edges", ["common", "neuron", (0.1, 1.0)])
def test_constant_neurons_have_none_and_a_finite_gradient(edges):
    values = torch.zeros(6, 3).add_(0.107).requires_grad_()
    found = soft_entropy(values, edges=edges, softness=0.5)
    assert found.tolist() == [0.0, 0.0, 0.0]
    found.sum().backward()
    assert torch.isfinite(values.grad).all()


def test_a_constant_neuron_on_an_edge_of_others_is_in_two_bins():
    values = torch.tensor([[0.0, 2.0], [1.0, 2.0], [4.0, 2.0]])
    assert float(soft_entropy(values, bins=4)[1]) == pytest.approx(math.log(2))


def test_neither_the_order_of_samples_nor_that_of_neurons_counts():
    found = soft_entropy(VALUES)
    order = torch.randperm(len(VALUES), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(soft_entropy(VALUES[order]), found)
    torch.testing.assert_close(soft_entropy(VALUES[:, [4, 2, 0, 1, 3]]), found[[4, 2, 0, 1, 3]])


def test_scale_does_not_count_unless_the_range_is_fixed():
    torch.testing.assert_close(soft_entropy(3 * VALUES - 7), soft_entropy(VALUES))
    fixed = [soft_entropy(scale * VALUES, edges=(-9.0, 9.0)).mean() for scale in (0.1, 1.0)]
    assert fixed[0] < fixed[1]


def test_a_step_along_the_gradient_raises_the_binned_entropy():
    values = torch.tensor(RNG.exponential(size=(500, 4))).requires_grad_()
    before = binned(values.detach(), (edges := np.linspace(0, 20, 21)), 20)
    for _ in range(200):
        (gradient,) = torch.autograd.grad(
            soft_entropy(values, bins=20, edges=(0.0, 20.0)).sum(), values
        )
        values = (values + 20 * gradient).clamp(0, 20).detach().requires_grad_()
    assert (binned(values.detach(), edges, 20) > before + 0.3).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bins": 0}, "bins must be at least 1; not 0"),
        ({"softness": 0.0}, "softness must be above 0; not 0.0"),
        ({"softness": 2.0}, "softness must be at most 1.0; not 2.0"),
        ({"edges": "shared"}, r"give the range itself, edges=\(low, high\)"),
        ({"edges": "neurons"}, "edges must be one of 'common', 'neuron'.*Did you mean 'neuron'"),
        ({"edges": (1.0, 1.0)}, r"\(low, high\) with low below high; not \(1.0, 1.0\)"),
        ({"edges": (1.0,)}, r"edges must be \(low, high\)"),
    ],
)
def test_choices_that_are_none_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        soft_entropy(VALUES, **options)


def test_what_is_no_activation_is_named():
    with pytest.raises(ValueError, match=r"dims \(sample, neuron\).*not the shape \(3,\)"):
        soft_entropy(torch.zeros(3))
    with pytest.raises(ValueError, match=r"the shape \(0, 2\)"):
        soft_entropy(torch.zeros(0, 2))
    with pytest.raises(TypeError, match=r"floating point; not torch\.int64"):
        soft_entropy(torch.zeros(3, 2, dtype=torch.int64))
    with pytest.raises(TypeError, match="floating point; not float64"):
        soft_entropy(np.zeros((3, 2)))
