"""Importance sampling against the exact density of a linear-Gaussian model, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from torch.utils.data import DataLoader, TensorDataset

from infonb.memorization import log_density
from infonb.networks import MLPVAE, ConvVAE

N_PIXELS, VARIANCE = 5, 0.3


def linear_gaussian(*, exact=True):
    """
    Return x = W z + b + noise as a network, with its covariance.

    The columns of W are orthogonal, so that the exact posterior is a diagonal normal one.
    """
    rng = np.random.default_rng(0)
    weight = np.linalg.qr(rng.normal(size=(N_PIXELS, 2)))[0] * [1.5, 0.6]
    bias = rng.normal(size=N_PIXELS)
    spread = 1 / (1 + (weight**2).sum(axis=0) / VARIANCE)
    back = (weight / VARIANCE * spread).T
    model = MLPVAE((N_PIXELS,), n_latent=2, likelihood="gaussian").double()
    off = 0.0 if exact else 0.4
    given = {
        "mean.weight": back, "mean.bias": -back @ bias + off,
        "log_variance.weight": 0 * back, "log_variance.bias": np.log(spread) + off,
        "decoder.out.weight": weight, "decoder.out.bias": bias,
        "likelihood.log_variance": np.log(VARIANCE),
    }  # fmt: skip
    model.load_state_dict({name: torch.as_tensor(one) for name, one in given.items()})
    covariance = weight @ weight.T + VARIANCE * np.eye(N_PIXELS)
    inputs = rng.multivariate_normal(bias, covariance, size=40)
    return model, inputs, multivariate_normal(bias, covariance).logpdf(inputs)


@pytest.mark.parametrize("n_samples", [1, 3])
def test_with_the_exact_posterior_one_draw_is_exact(n_samples):
    model, inputs, expected = linear_gaussian()
    found = log_density(model, inputs, n_samples=n_samples)
    # what is drawn has the precision of float32; its weight is computed in that of the network
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_with_another_posterior_it_comes_near_from_below():
    model, inputs, expected = linear_gaussian(exact=False)
    off = [
        np.mean([log_density(model, inputs, n_samples=n, seed=s) for s in range(20)]) -
        expected.mean() for n in (1, 16, 256)
    ]  # fmt: skip
    assert off[0] < off[1] < off[2] < 0.01
    assert off[0] < -0.1
    assert abs(off[2]) < 0.01


def test_the_density_is_right_on_average():
    model, inputs, expected = linear_gaussian(exact=False)
    found = np.array([log_density(model, inputs, n_samples=4, seed=s) for s in range(400)])
    mean = logsumexp(found, axis=0) - np.log(len(found))
    error = np.exp(found - expected).std(axis=0) / np.sqrt(len(found))
    assert (abs(np.exp(mean - expected) - 1) < 4.5 * error).all()


@pytest.mark.parametrize("n_samples", [1, 2, 64])
def test_a_decoder_that_makes_nothing_of_z_has_its_density_for_any_number_of_draws(n_samples):
    model = MLPVAE((6,), n_latent=3)
    for name, values in model.named_parameters():
        if name != "decoder.out.bias":  # and the posterior is the prior, as it is once trained
            values.data.zero_()
    pixels = (np.random.default_rng(1).random((9, 6)) < 0.5).astype(np.float32)
    p = 1 / (1 + np.exp(-model.decoder.out.bias.detach().numpy()))
    expected = (pixels * np.log(p) + (1 - pixels) * np.log(1 - p)).sum(axis=1)
    np.testing.assert_allclose(log_density(model, pixels, n_samples=n_samples), expected, rtol=1e-6)


def test_against_a_plain_loop():
    model = MLPVAE((4, 3), n_latent=2, seed=3)
    pixels = (np.random.default_rng(1).random((3, 4)) < 0.5).astype(np.float32)
    found = log_density(model, pixels, n_samples=5, seed=7)
    rng = np.random.default_rng(7)
    for i, image in enumerate(pixels):
        mean, log_variance = (
            one[0].detach().numpy() for one in model.encode(torch.from_numpy(image[None]))
        )
        spread, weights = np.exp(0.5 * log_variance), []
        for noise in rng.standard_normal((5, 2), dtype=np.float32):
            z = mean + spread * noise
            p = model.decode(torch.from_numpy(z[None]))[0].detach().numpy()
            told = np.log(np.where(image == 1, p, 1 - p)).sum()
            weights.append(told + norm.logpdf(z).sum() - norm.logpdf(z, mean, spread).sum())
        assert float(found[i]) == pytest.approx(logsumexp(weights) - np.log(5), rel=1e-5)


def test_batches_of_any_size_are_the_same_and_chance_is_given_back():
    model = ConvVAE(size=8, channels=2, n_latent=2).train()
    pixels = (np.random.default_rng(1).random((11, 1, 8, 8)) < 0.5).astype(np.float32)
    before = torch.get_rng_state()
    data = xr.Dataset(
        {"input": (("sample", "channel", "row", "column"), pixels)},
        {"role": ("sample", ["train"] * 11), "sample": np.arange(11) + 5},
    )
    whole = log_density(model, data, n_samples=3)
    assert model.training
    assert torch.equal(torch.get_rng_state(), before)
    for size in (1, 4, 11):
        part = log_density(model, data, n_samples=3, batch_size=size)
        np.testing.assert_allclose(part, whole, rtol=1e-6)
    assert whole.sample.values.tolist() == list(range(5, 16))
    assert whole.role.dims == ("sample",)
    assert whole.attrs["units"] == "nat"
    assert whole.attrs["n_samples"] == 3
    loader = DataLoader(TensorDataset(torch.from_numpy(pixels)), batch_size=4)
    np.testing.assert_allclose(log_density(model, loader, n_samples=3), whole, rtol=1e-6)
    assert not np.allclose(log_density(model, data, n_samples=3, seed=1), whole)


def test_errors():
    model = MLPVAE((4,), n_latent=2)
    with pytest.raises(ValueError, match="the model has no encode"):
        log_density(torch.nn.Identity(), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="n_samples must be at least 1; not 0"):
        log_density(model, np.zeros((2, 4)), n_samples=0)
    with pytest.raises(ValueError, match="a DataLoader that does not give its samples in their"):
        log_density(model, DataLoader(TensorDataset(torch.zeros(4, 4)), shuffle=True))
    model.mean.bias.data.fill_(np.nan)
    with pytest.raises(ValueError, match="of 3 of 3 samples is NaN or infinite, of place 0 nan"):
        log_density(model, np.zeros((3, 4), np.float32))


class Wrong(torch.nn.Module):
    """Says what it is told to say."""

    def __init__(self, encoded, likelihood):
        super().__init__()
        self.encoded, self.likelihood = encoded, likelihood

    def encode(self, inputs):
        return self.encoded

    def log_likelihood(self, inputs, latent):
        return self.likelihood


def test_a_model_of_ones_own_must_return_the_right_shapes():
    """A likelihood summed over all samples would be broadcast to each of them."""
    pair = (torch.zeros(3, 2), torch.zeros(3, 2))
    images = np.zeros((3, 4), np.float32)
    assert log_density(Wrong(pair, torch.zeros(5, 3)), images, n_samples=5).shape == (3,)
    for shape in ((), (3,), (5, 1), (5, 3, 4)):
        with pytest.raises(ValueError, match=r"must return \(draw, sample\), \(5, 3\); it has"):
            log_density(Wrong(pair, torch.zeros(shape)), images, n_samples=5)
    for encoded in (pair[0], pair[:1], (pair[0], torch.zeros(3, 1)), (torch.zeros(3),) * 2):
        with pytest.raises(ValueError, match=r"must return mean and log-variance, \(3, latent\)"):
            log_density(Wrong(encoded, torch.zeros(5, 3)), images, n_samples=5)
