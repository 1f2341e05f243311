"""Encoders and their heads: parameters by hand, forward by the formula, seeds, a few steps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

import infonb as inb
from infonb.networks import (
    Classified,
    MaskedAutoencoder,
    MLPEncoder,
    Predicting,
    Projected,
    ResNet9,
)
from infonb.training import Contrastive, MaskedReconstruction, SimSiam, fit

SMALL = {"in_channels": 1, "size": 8, "patch": 2, "width": 16, "depth": 2, "heads": 2,
         "decoder_width": 8}  # fmt: skip


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def noisy(inputs, generator=None):
    return inputs + 0.1 * torch.randn(inputs.shape, generator=generator)


MADE = {
    "mlp": lambda seed: MLPEncoder((12, 8, 4), seed=seed),
    "resnet9": lambda seed: ResNet9(width=0.25, seed=seed),
    "projected": lambda seed: Projected(MLPEncoder((12, 8)), (8, 6, 5), seed=seed),
    "predicting": lambda seed: Predicting(MLPEncoder((12, 8)), (8, 6, 5), hidden=3, seed=seed),
    "classified": lambda seed: Classified(MLPEncoder((12, 8)), 3, seed=seed),
    "masked": lambda seed: MaskedAutoencoder(**SMALL, seed=seed),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_same_seed_same_weights_and_the_global_state_is_left_alone(make):
    state = torch.get_rng_state()
    first, second, other = make(3), make(3), make(4)
    assert torch.equal(torch.get_rng_state(), state)
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    pairs = zip(first.parameters(), other.parameters(), strict=True)
    assert not all(torch.equal(a, b) for a, b in pairs)


def test_numbers_of_parameters_by_hand():
    layer = lambda n_in, n_out: (n_in + 1) * n_out  # noqa: E731
    assert count(MLPEncoder((12, 8, 4))) == layer(12, 8) + 2 * 8 + layer(8, 4) + 2 * 4
    assert count(MLPEncoder()) == layer(64, 256) + 3 * layer(256, 256) + 4 * 2 * 256
    channels = (3, 32, 64, 64, 64, 128, 256, 256, 256)
    pairs = list(pairwise(channels))
    assert count(ResNet9()) == sum(9 * a * b + 2 * b for a, b in pairs) == 1_643_552
    encoder = MLPEncoder((12, 8))
    head = layer(8, 6) + layer(6, 5)
    assert count(Projected(encoder, (8, 6, 5))) == count(encoder) + head
    assert count(Classified(encoder, 3)) == count(encoder) + layer(8, 3)
    found = count(Predicting(encoder, (8, 6, 5), hidden=3))
    # a scale and a shift after all but the last layers
    assert found == count(encoder) + head + 2 * 6 + layer(5, 3) + 2 * 3 + layer(3, 5)

    def block(w):
        return 4 * w + layer(w, 3 * w) + layer(w, w) + layer(w, 4 * w) + layer(4 * w, w)

    encoder_part = layer(4, 16) + 16 * 16 + 2 * block(16) + 2 * 16
    decoder = layer(16, 8) + 8 + 16 * 8 + block(8) + 2 * 8 + layer(8, 4)
    assert count(MaskedAutoencoder(**SMALL)) == encoder_part + decoder


def test_an_mlp_encoder_is_the_formula():
    model = MLPEncoder((12, 8, 4), seed=2).double()
    for layer in model.children():  # running means and spreads of their own
        layer.bn.running_mean.uniform_(-1, 1)
        layer.bn.running_var.uniform_(0.5, 2)
    inputs = np.random.default_rng(0).normal(size=(7, 3, 4))
    values = inputs.reshape(7, 12)
    for layer in model.eval().children():
        w, b = layer.linear.weight.detach().numpy(), layer.linear.bias.detach().numpy()
        mean, var = layer.bn.running_mean.numpy(), layer.bn.running_var.numpy()
        values = np.maximum((values @ w.T + b - mean) / np.sqrt(var + 1e-5), 0)
    with torch.no_grad():
        np.testing.assert_allclose(model(torch.tensor(inputs)).numpy(), values, rtol=1e-10)


def test_resnet9_has_the_papers_layers_and_sums():
    model, seen = ResNet9(seed=1).eval(), {}
    for name, module in model.named_children():
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: out}))
    with torch.no_grad():
        features = model(images(2, 3, 32, 32))
    shapes = {name: tuple(out.shape[1:]) for name, out in seen.items()}
    assert list(shapes) == [
        "conv1", "conv2", "conv3", "conv4", "res2", "conv5", "conv6", "conv7", "conv8", "res6",
    ]  # fmt: skip
    sizes = (16, 8, 8, 8, 8, 4, 2, 2, 2, 2)
    channels = (32, 64, 64, 64, 64, 128, 256, 256, 256, 256)
    assert list(shapes.values()) == [(c, s, s) for c, s in zip(channels, sizes, strict=True)]
    assert torch.equal(seen["res2"], seen["conv2"] + seen["conv4"])
    assert torch.equal(seen["res6"], seen["conv6"] + seen["conv8"])
    torch.testing.assert_close(features, seen["res6"].mean(dim=(2, 3)))
    assert (features >= 0).all()


def test_resnet9_without_a_sum_would_be_another():
    model = ResNet9(width=0.25).eval()
    with torch.no_grad():
        whole = model(images(2, 3, 16, 16))
        model.res6.forward = lambda shortcut, values: values
        assert not torch.allclose(whole, model(images(2, 3, 16, 16)))


def test_recorded_channels_are_the_means_over_space():
    model, inputs = ResNet9(width=0.25).eval(), images(4, 3, 32, 32)
    found = inb.record(model, inputs.numpy(), layers=["conv3", "res2"], progress=False)
    with torch.no_grad():
        expected = model.conv3(model.conv2(model.conv1(inputs))).mean(dim=(2, 3)).T
    np.testing.assert_allclose(found.activation.sel(layer="conv3"), expected, atol=1e-5)


def test_patches_are_cut_row_by_row():
    model = MaskedAutoencoder(**SMALL)
    inputs = torch.arange(64.0).reshape(1, 1, 8, 8)
    patches = model.patches(inputs)
    assert patches.shape == (1, 16, 4)
    assert patches[0, 0].tolist() == [0, 1, 8, 9]
    assert patches[0, 5].tolist() == [18, 19, 26, 27]
    # with channels: the values of each channel after the other
    two = MaskedAutoencoder(**SMALL | {"in_channels": 2})
    both = two.patches(torch.cat([inputs, -inputs], dim=1))
    assert both[0, 0].tolist() == [0, 1, 8, 9, 0, -1, -8, -9]


def test_what_is_hidden_is_not_seen():
    model = MaskedAutoencoder(**SMALL, seed=1)
    inputs = images(3, 1, 8, 8)
    masked = torch.zeros(3, 16, dtype=torch.bool)
    masked[:, ::2] = True  # each second column of patches: columns 0, 1, 4, 5 of the images
    other = inputs.clone()
    other[..., [0, 1, 4, 5]] = 0.5
    with torch.no_grad():
        told = model.reconstruct(inputs, masked)
        assert torch.equal(told, model.reconstruct(other, masked))
        seen = inputs.clone()
        seen[..., 2] = 0.5
        assert not torch.allclose(told, model.reconstruct(seen, masked), atol=1e-4)
        # which patches are hidden counts for each image by itself
        mixed = masked.clone()
        mixed[1] = ~masked[1]
        found = model.reconstruct(inputs, mixed)
    torch.testing.assert_close(found[[0, 2]], told[[0, 2]])
    assert not torch.allclose(found[1], told[1], atol=1e-4)


def test_attention_is_the_formula():
    model = MaskedAutoencoder(**SMALL).double()
    attention, values = model.block1.attention, images(2, 5, 16).double()
    with torch.no_grad():
        asked = values @ attention.asked.weight.T + attention.asked.bias
        expected = torch.empty(2, 5, 16, dtype=torch.float64)
        for head in range(2):
            part = slice(8 * head, 8 * head + 8)
            query, key, value = (asked[..., 16 * i : 16 * i + 16][..., part] for i in range(3))
            weights = (query @ key.transpose(1, 2) / 8**0.5).softmax(dim=2)
            expected[..., part] = weights @ value
        expected = expected @ attention.out.weight.T + attention.out.bias
        torch.testing.assert_close(attention(values), expected)


@pytest.mark.parametrize(
    ("model", "objective"),
    [
        (Projected(MLPEncoder((64, 32, 32)), (32, 16, 8)), Contrastive(noisy)),
        (Predicting(MLPEncoder((64, 32, 32)), (32, 16, 16), hidden=8), SimSiam(noisy)),
        (MaskedAutoencoder(**SMALL), MaskedReconstruction(0.5)),
    ],
    ids=["contrastive", "simsiam", "masked"],
)
def test_each_learns_by_its_objective(model, objective):
    data = images(64, 1, 8, 8).numpy()
    history = fit(model, data, objective=objective, epochs=15, batch_size=32, learning_rate=0.005,
                  progress=False)  # fmt: skip
    assert float(history.train_loss[-1]) < float(history.train_loss[0]) - 0.01


def test_resnet9_learns_by_contrast_and_as_a_classifier():
    data = images(16, 3, 16, 16).numpy()
    labels = np.arange(16) % 2
    model = Projected(ResNet9(width=0.25), (64, 32, 16))
    history = fit(model, data, objective=Contrastive(noisy), epochs=6, progress=False)
    assert float(history.train_loss[-1]) < float(history.train_loss[0])
    twin = Classified(ResNet9(width=0.25), 2)
    history = fit(twin, (data, labels), epochs=10, progress=False)
    assert float(history.train_loss[-1]) < 0.5 * float(history.train_loss[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLPEncoder((5,)), "at least the widths of input and features"),
        (lambda: MLPEncoder((5, 3))(torch.zeros(2, 4)), "takes .* 5 values per sample"),
        (lambda: ResNet9()(torch.zeros(2, 1, 32, 32)), r"3 channel\(s\)"),
        (lambda: ResNet9()(torch.zeros(2, 3, 8, 32)), "images have 8 x 32 pixels.* 16 x 16"),
        (lambda: ResNet9(width=-1), "width must be at least"),
        (lambda: Projected(MLPEncoder((5, 3))), r"gives 3 features.*begins with 256.*\(3, ...\)"),
        (lambda: Classified(nn.Identity(), 3), "Identity does not say by n_features"),
        (lambda: Predicting(MLPEncoder((5, 3)), (3, 2), hidden=0), "hidden must be at least 1"),
        (lambda: MaskedAutoencoder(size=8, patch=3), "patch must divide size=8; not 3"),
        (lambda: MaskedAutoencoder(heads=5), "heads must divide width=64; not 5"),
        (lambda: MaskedAutoencoder(**SMALL)(torch.zeros(1, 1, 8, 6)), "8 x 6 pixels.* 8 x 8"),
        (
            lambda: MaskedAutoencoder(**SMALL).reconstruct(
                torch.zeros(2, 1, 8, 8), torch.arange(32).reshape(2, 16) < 5
            ),
            "as many patches of each image",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
