"""Variational autoencoders: sizes as published, their densities by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm

import infonb as inb
from infonb.networks import MLPVAE, ConvVAE
from infonb.networks.likelihoods import likelihood_of
from infonb.networks.vae import log_normal


def test_parameters_are_counted_as_published():
    # 1024-512-256-(16, 16)-256-512-1024, each layer with its biases
    widths = [(1024, 512), (512, 256), (256, 16), (256, 16), (16, 256), (256, 512), (512, 1024)]
    expected = sum(n_in * n_out + n_out for n_in, n_out in widths)
    assert sum(one.numel() for one in MLPVAE().parameters()) == expected == 1_325_600


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: MLPVAE((64, 16, 8), n_latent=3, seed=seed),
        lambda seed: ConvVAE(size=8, channels=4, n_latent=3, likelihood="gaussian", seed=seed),
    ],
)
def test_seed_gives_the_weights_and_layers_are_found(make):
    before = torch.get_rng_state()
    one, same, other = make(1), make(1), make(2)
    assert torch.equal(torch.get_rng_state(), before)
    for name, values in one.state_dict().items():
        assert torch.equal(values, same.state_dict()[name]), name
        assert name == "likelihood.log_variance" or not torch.equal(
            values, other.state_dict()[name]
        )
    images = np.random.default_rng(0).random((7, 1, 8, 8), dtype=np.float32)
    layers = ["encoder.relu1", "encoder.relu2", "mean"]
    recorded = inb.record(one, images, layers=layers, progress=False)
    assert recorded.width.values.tolist()[-1] == 3
    mean = one.encode(torch.from_numpy(images))[0].detach().numpy()
    np.testing.assert_allclose(
        recorded.activation.sel(layer="mean").values[:3].T, mean, atol=1e-6, rtol=1e-5
    )
    assert one(torch.from_numpy(images)).shape == images.shape
    assert torch.equal(one.sample(4, seed=3), one.sample(4, seed=3))
    assert not torch.equal(one.sample(4, seed=3), one.sample(4, seed=4))


def test_likelihoods_by_hand():
    out = torch.tensor([[0.3, -2.0]])
    pixels = torch.tensor([[1.0, 0.0]])
    p = 1 / (1 + np.exp(-out.numpy()))
    bernoulli = likelihood_of("bernoulli")
    np.testing.assert_allclose(
        bernoulli.log_density(pixels, out), [[np.log(p[0, 0]), np.log(1 - p[0, 1])]], rtol=1e-6
    )
    gaussian = likelihood_of("gaussian")
    for variance, effective in ((0.5, 0.5), (1e-9, np.exp(-7))):
        gaussian.log_variance.data.fill_(np.log(variance))
        expected = norm.logpdf(pixels.numpy(), out.numpy(), np.sqrt(effective))
        np.testing.assert_allclose(gaussian.log_density(pixels, out).detach(), expected, rtol=1e-5)
    expected = norm.logpdf([0.1, -3.0], [0.0, 1.0], [2.0, 0.5]).sum()
    found = log_normal(
        torch.tensor([0.1, -3.0]), torch.tensor([0.0, 1.0]), torch.tensor([4.0, 0.25]).log()
    )
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_log_likelihood_is_that_of_each_draw_and_image():
    for model in (MLPVAE((64, 8), n_latent=2), ConvVAE(size=8, channels=2, n_latent=2)):
        images = (torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0)) < 0.4).float()
        latent = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(1))
        found = model.log_likelihood(images, latent)
        assert found.shape == (3, 5)
        means = model.decode(latent[2, 4:]).detach().reshape(-1)
        pixels = images[4].reshape(-1)
        expected = (pixels * means.log() + (1 - pixels) * (1 - means).log()).sum()
        assert float(found[2, 4].detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_errors():
    with pytest.raises(ValueError, match=r"takes \(sample, ...\) with 4 values per sample"):
        MLPVAE((4, 3))(torch.zeros(2, 5))
    with pytest.raises(ValueError, match="must have at least the width of the input"):
        MLPVAE(())
    with pytest.raises(ValueError, match="one of 'bernoulli', 'gaussian'; not 'normal'"):
        MLPVAE((4,), likelihood="normal")
    with pytest.raises(ValueError, match="size must be a multiple of 4, to be halved 2 times"):
        ConvVAE(size=14)
    with pytest.raises(ValueError, match="this network takes 8 x 8"):
        ConvVAE(size=8)(torch.zeros(2, 1, 16, 16))
    with pytest.raises(ValueError, match=r"pixels are 0 .. 16, but likelihood='bernoulli'"):
        MLPVAE((2,)).log_likelihood(torch.tensor([[0.0, 16.0]]), torch.zeros(1, 16))
    with pytest.raises(ValueError, match=r"pixels are nan .. nan, but likelihood='bernoulli'"):
        MLPVAE((2,)).log_likelihood(torch.full((1, 2), torch.nan), torch.zeros(1, 16))
