from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from infonb.networks.mlp import MLP


def test_forward_is_the_formula() -> None:
    model = MLP([6, 4, 3, 2], seed=5).double()
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    inputs = np.random.default_rng(0).normal(size=(7, 6))
    values = inputs
    for name in ("fc1", "fc2"):
        values = np.maximum(values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], 0)
    values = values @ weights["out.weight"].T + weights["out.bias"]
    with torch.no_grad():
        found = model(torch.tensor(inputs.reshape(7, 2, 3)))
    np.testing.assert_allclose(found.numpy(), values, rtol=1e-12, atol=1e-14)


def test_xavier_uniform_weights_and_zero_biases() -> None:
    model = MLP([392, 256, 256, 256, 1])
    for name, n_in, n_out in [("fc1", 392, 256), ("fc2", 256, 256), ("out", 256, 1)]:
        layer = getattr(model, name)
        bound = math.sqrt(6 / (n_in + n_out))
        assert layer.weight.shape == (n_out, n_in)
        assert 0.95 * bound < layer.weight.abs().max().item() <= bound
        assert not layer.bias.any()
    # the standard deviation of a uniform distribution on ±bound is bound / √3
    assert model.fc2.weight.std().item() == pytest.approx(math.sqrt(2 / 512), rel=0.02)


def test_default_initialization() -> None:
    layer = MLP([100, 400, 1], initialization="default").fc1
    for values in (layer.weight, layer.bias):
        assert 0.09 < values.abs().max().item() <= 0.1
        assert values.std().item() == pytest.approx(0.1 / math.sqrt(3), rel=0.1)


@pytest.mark.parametrize("initialization", ["xavier", "default"])
def test_seeded_without_touching_the_global_state(initialization: str) -> None:
    before = torch.get_rng_state()
    first, same, other = (MLP([5, 4, 1], seed=s, initialization=initialization) for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.fc1.weight, same.fc1.weight)
    assert not torch.equal(first.fc1.weight, other.fc1.weight)
    assert not torch.equal(first.fc1.weight.flatten()[:4], first.out.weight.flatten())


def test_pre_activations_survive_the_relu() -> None:
    model, seen = MLP([2, 8, 1]), {}
    for name in ("fc1", "relu1"):
        getattr(model, name).register_forward_hook(
            lambda module, args, output, name=name: seen.update({name: output})
        )
    model(torch.randn(50, 2, generator=torch.Generator().manual_seed(0)))
    assert (seen["fc1"] < 0).any()
    assert torch.equal(seen["relu1"], seen["fc1"].clamp(min=0))


def test_inputs_of_another_dtype_are_cast() -> None:
    assert MLP([2, 3, 1])(torch.zeros(4, 2, dtype=torch.float64)).dtype == torch.float32


def test_a_network_without_hidden_layers() -> None:
    assert [name for name, _ in MLP([3, 2]).named_children()] == ["out"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP([5]), "at least an input and an output"),
        (lambda: MLP([5, 0, 1]), "sizes must be at least 1; not 0"),
        (lambda: MLP([5, 1], initialization="xavir"), "Did you mean 'xavier'"),
        (lambda: MLP([5, 1], seed=-1), "seed must be at least 0"),
        (lambda: MLP([5, 1])(torch.zeros(3, 4)), r"inputs have shape \(3, 4\); .* 5 features"),
        (lambda: MLP([5, 1])(torch.zeros(5)), r"inputs have shape \(5,\)"),
    ],
)
def test_errors(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
