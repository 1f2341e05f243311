"""Whole networks: sizes as published, weights on disk, recordings of zeros and ones."""

from __future__ import annotations

import networks.logic_gates.plain as plain
import numpy as np
import pytest
import torch

import infonb as inb
from infonb.networks import LogicNet, LogicTreeNet, load_weights, save_weights
from infonb.networks.logic_gates.dense import LogicDense


def dense(seed=0, **options):
    return LogicNet([64, 60, 40], [0.25, 0.5, 0.75], tau=2.0, seed=seed, **options)


def trees(seed=0, **options):
    sizes = {"first_kernel": 3, "blocks": 2, "widths": (80, 40)}
    return LogicTreeNet(4, (1, 8, 8), [0.25, 0.5, 0.75], tau=2.0, seed=seed, **sizes | options)


def images(n=7, seed=0):
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def sizes_of(model):
    return {
        name: tuple(module.logits.shape[:-1])
        for name, module in model.named_children()
        if hasattr(module, "logits")
    }


def test_sizes_are_those_of_the_paper():
    model = LogicTreeNet(32, (3, 32, 32), [0.2, 0.5, 0.8], tau=20, first_kernel=3, blocks=4)
    assert sizes_of(model) == {
        "conv1": (32, 7), "conv2": (128, 7), "conv3": (512, 7), "conv4": (1024, 7),
        "gates1": (40960,), "gates2": (20480,), "gates3": (10240,),
    }  # fmt: skip
    assert model.gates1.in_features == 128 * 32
    mnist = LogicTreeNet(2, (1, 28, 28), [0.5], tau=6.5)
    assert sizes_of(mnist) == {
        "conv1": (2, 7), "conv2": (6, 7), "conv3": (18, 7),
        "gates1": (2560,), "gates2": (1280,), "gates3": (640,),
    }  # fmt: skip
    assert (mnist.conv1.kernel_size, mnist.conv1.padding, mnist.gates1.in_features) == (5, 0, 162)
    # one channel for a tree of the first convolution, two in others
    for name, most in (("conv1", 1), ("conv2", 2)):
        channels = getattr(model, name).connections[..., 0]
        assert {len(own.unique()) for own in channels} == {most}


@pytest.mark.parametrize("make", [dense, trees])
def test_forward_is_that_of_its_layers_in_order(make):
    model = make(init="normal")
    for soft in (True, False):
        model.train(soft)
        values = images() if make is trees else images().flatten(1)
        for module in model.children():
            if isinstance(module, LogicDense):
                values = plain.plain_dense(module, values.flatten(1))
            else:
                values = module(values)
        torch.testing.assert_close(model(images()), values, atol=1e-5, rtol=1e-5)
    assert model(images(0)).shape == (0, 10)


@pytest.mark.parametrize("make", [dense, trees])
def test_outputs_are_counts_and_recordings_bits(make):
    model = make(init="normal")
    with torch.no_grad():
        counts = model.eval()(images()) * 2
    assert torch.equal(counts, counts.round())
    layers = [name for name, _ in model.named_children() if name != "sum"]
    recorded = inb.record(
        model, images(9).numpy(), layers=layers, reduce="flatten", progress=False
    ).activation
    values = recorded.values[~np.isnan(recorded.values)]
    assert set(np.unique(values)) == {0.0, 1.0}
    expected = model.get_submodule("gates1")
    assert recorded.sel(layer="gates1").notnull().all("sample").sum() == expected.out_features


@pytest.mark.parametrize("make", [dense, trees])
def test_seed_weights_and_disk(make, tmp_path):
    before = torch.get_rng_state()
    one, same, other = (make(seed, init="normal") for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    for name, values in one.state_dict().items():
        assert torch.equal(values, same.state_dict()[name]), name
        if "thermometer" not in name:
            assert not torch.equal(values, other.state_dict()[name]), name
    one.gates1.logits.data[0, 3] = 9
    save_weights(one, tmp_path / "gates.safetensors")
    load_weights(other, tmp_path / "gates.safetensors")
    for mode in (True, False):
        assert torch.equal(one.train(mode)(images()), other.train(mode)(images()))


def test_layers_of_a_network_are_wired_unlike():
    model = LogicNet([50, 50, 50], None, tau=1.0, init="normal")
    assert not torch.equal(model.gates1.connections, model.gates2.connections)
    assert not torch.equal(model.gates1.logits, model.gates2.logits)
    both = trees(init="normal")
    for one, other in ((both.conv1, both.gates1), (both.conv1, both.conv2)):
        shared = one.logits.flatten()[:100] == other.logits.flatten()[:100]
        assert int(shared.sum()) < 10


def test_a_network_learns_a_vote_of_bits():
    bits = torch.rand(400, 6, generator=torch.Generator().manual_seed(0)).round()
    labels = (bits[:, :5].sum(dim=1) > 2).long()
    model = LogicNet([6, 60, 40], None, n_classes=2, tau=2.0)
    for _ in range(40):
        loss = torch.nn.functional.cross_entropy(model(bits), labels)
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for values, gradient in zip(model.parameters(), gradients, strict=True):
                values -= 0.2 * gradient.sign()
    with torch.no_grad():
        hard = (model.eval()(bits).argmax(dim=1) == labels).float().mean()
    assert float(hard) > 0.95


def test_errors():
    with pytest.raises(ValueError, match=r"45 gates cannot be divided into 10 .* such as 40"):
        LogicNet([4, 45], [0.5], tau=1.0)
    with pytest.raises(ValueError, match="at least one layer of gates"):
        LogicNet([4], [0.5], tau=1.0)
    with pytest.raises(ValueError, match=r"takes \(sample, ...\) with 64 values per sample"):
        dense()(torch.zeros(2, 1, 7, 7))
    with pytest.raises(ValueError, match=r"gates take values in 0 .. 1"):
        LogicNet([4, 10], None, tau=1.0)(torch.full((1, 4), 16.0))
    with pytest.raises(ValueError, match="all thresholds are below 1"):
        dense()(images() * 255)
    with pytest.raises(ValueError, match="first_kernel must be one of 3, 5"):
        trees(first_kernel=4)
    with pytest.raises(ValueError, match="blocks must be between 1 and 4"):
        trees(blocks=5)
    with pytest.raises(ValueError, match=r"nothing is left after pool4\. Take blocks=3"):
        trees(blocks=4)
    with pytest.raises(ValueError, match="cannot be divided into 10 groups"):
        trees(widths=(80, 41))
    with pytest.raises(ValueError, match="widths must have at least one dense layer"):
        trees(widths=())
    with pytest.raises(ValueError, match=r"image_shape must be \(channel, row, column\)"):
        LogicTreeNet(4, (8, 8), [0.5], tau=1.0)
    with pytest.raises(ValueError, match=r"takes \(sample, \*\(1, 8, 8\)\) \(image_shape\)"):
        trees()(torch.zeros(2, 1, 9, 8))
