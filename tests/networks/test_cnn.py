"""The small convolutional network: parameters by hand, seeds, and what record sees of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import infonb as inb
from infonb.networks import CNN


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


def test_number_of_parameters_by_hand():
    model = CNN(in_channels=2, n_classes=5, channels=(4, 8, 16))
    expected = (9 * 2 + 1) * 4 + (9 * 4 + 1) * 8 + (9 * 8 + 1) * 16 + (16 + 1) * 5
    assert sum(p.numel() for p in model.parameters()) == expected


def test_all_but_the_last_convolution_halve_rows_and_columns():
    model, shapes = CNN(channels=(2, 3, 4)), []
    for name in ("conv1", "conv2", "conv3"):
        module = model.get_submodule(name)
        module.register_forward_hook(lambda _m, _i, output: shapes.append(tuple(output.shape[1:])))
    assert model(images(5, 3, 12, 16)).shape == (5, 2)
    assert shapes == [(2, 12, 16), (3, 6, 8), (4, 3, 4)]


def test_same_seed_same_weights_and_the_global_state_is_left_alone():
    state = torch.get_rng_state()
    first, second, other = CNN(seed=3), CNN(seed=3), CNN(seed=4)
    assert torch.equal(torch.get_rng_state(), state)
    for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)


def test_he_normal_weights():
    weight = CNN(channels=(64, 128), seed=0).conv2.weight
    assert float(weight.detach().std()) == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)


def test_recorded_convolutions_are_the_means_over_space():
    model, inputs = CNN(channels=(4, 6)), images(7, 3, 8, 8)
    recorded = inb.record(model, inputs.numpy(), layers=["conv1"], progress=False)
    expected = model.conv1(inputs).mean(dim=(2, 3)).detach().numpy().T
    np.testing.assert_allclose(recorded.activation.sel(layer="conv1").values, expected, atol=1e-6)


def test_other_inputs_and_no_convolution_are_refused():
    with pytest.raises(ValueError, match="row, column\\) with 3 channel"):
        CNN()(images(2, 1, 8, 8))
    with pytest.raises(ValueError, match="at least one convolution"):
        CNN(channels=())
