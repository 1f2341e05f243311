"""Variational autoencoders: what all have in common, and the fully connected one of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log, pi, prod

import torch
from torch import nn

from infonb.networks.layers import generator_of, linear
from infonb.networks.likelihoods import likelihood_of
from infonb.networks.state import device_and_dtype, eval_mode
from infonb.validate import check_integer

__all__ = ["MLPVAE", "VAE", "log_normal"]


class VAE(nn.Module):
    """
    Base of a variational autoencoder: a subclass writes `features`, `out`, `mean`, `log_variance`.

    Latent variables have a standard normal prior and a diagonal normal posterior.
    """

    n_latent: int
    #: Dims of an image as the decoder gives it, such as (64,).
    shape: tuple[int, ...]
    mean: nn.Module
    log_variance: nn.Module

    def __init__(self, likelihood: str) -> None:
        super().__init__()
        self.likelihood = likelihood_of(likelihood)

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the last hidden layer of the encoder: (sample, feature)."""
        raise NotImplementedError

    def out(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the last layer of the decoder, before the likelihood: (sample, ...)."""
        raise NotImplementedError

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return images again, from the mean of the posterior: nothing is drawn."""
        return self.decode(self.encode(inputs)[0]).reshape(inputs.shape)

    def encode(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log-variance of the posterior, (sample, latent) each."""
        features = self.features(inputs)
        return self.mean(features), self.log_variance(features)

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the mean of each pixel, given latent variables (sample, latent)."""
        return self.likelihood(self.out(latent))

    def log_likelihood(self, inputs: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        """Return log p(x|z) in nats, (..., sample), of latent variables (..., sample, latent)."""
        inputs = inputs.reshape(-1, *self.shape).to(latent.dtype)
        out = self.out(latent.flatten(0, -2)).reshape(*latent.shape[:-1], *self.shape)
        return self.likelihood.log_density(inputs, out).flatten(latent.ndim - 1).sum(dim=-1)

    def sample(self, n: int, *, seed: int = 0) -> torch.Tensor:
        """Return what the decoder makes of draws from the prior: means of pixels, (n, ...)."""
        device, dtype = device_and_dtype(self)
        latent = torch.randn(n, self.n_latent, generator=generator_of(seed, 2))
        with eval_mode(self):
            return self.decode(latent.to(device, dtype)).reshape(n, *self.shape)


class MLPVAE(VAE):
    """
    Fully connected variational autoencoder with ReLU between its layers.

    Dims in: (sample, ...), flattened; dims out: the same, means of pixels.

    Parameters
    ----------
    sizes
        Widths of the encoder, from the input to its last hidden layer; the decoder has the same in
        reverse. ``(64,)`` has no hidden layer: a linear decoder.
    n_latent
        Latent variables.
    likelihood
        ``"bernoulli"``: pixels are 0 or 1. ``"gaussian"``: any numbers, around a mean with one
        variance for all pixels, which is learnt.
    seed
        Of the initial weights; the global random state is not touched.

    Notes
    -----
    The hidden layers are the modules ``encoder.fc1``, ``encoder.relu1``, ...; posterior mean and
    log-variance are ``mean`` and ``log_variance`` (no ReLU); then ``decoder.fc1``, ...,
    ``decoder.out``. Called as a network it gives the image again from the mean of the posterior, so
    that what is recorded of it is not left to chance. ``encode``, ``decode``, ``log_likelihood``
    and ``sample(n)`` are what `infonb.training.NegativeELBO` and
    `infonb.memorization.log_density` use. Weights start uniform on ±1/√inputs, torch's own choice.

    References
    ----------
    Kingma and Welling, *Auto-Encoding Variational Bayes*, ICLR 2014. The sizes are those of van den
    Burg and Williams (2021) for MNIST of 32 x 32 pixels.

    Examples
    --------
    >>> model = MLPVAE((64, 32), n_latent=4)
    >>> images = (torch.arange(5 * 64) % 3 == 0).reshape(5, 1, 8, 8).float()
    >>> mean, log_variance = model.encode(images)
    >>> mean.shape, model.log_likelihood(images, mean).shape
    (torch.Size([5, 4]), torch.Size([5]))
    >>> model(images).shape, model.sample(3).shape
    (torch.Size([5, 1, 8, 8]), torch.Size([3, 64]))
    >>> [name for name, _ in model.named_modules() if name.startswith("decoder.")]
    ['decoder.fc1', 'decoder.relu1', 'decoder.out']
    """

    def __init__(
        self, sizes: Sequence[int] = (1024, 512, 256), n_latent: int = 16,
        likelihood: str = "bernoulli", seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(likelihood)
        self.sizes = [check_integer("sizes", size, 1) for size in sizes]
        if not self.sizes:
            raise ValueError("sizes must have at least the width of the input; it is empty.")
        self.n_latent = check_integer("n_latent", n_latent, 1)
        self.shape = (self.sizes[0],)
        generator = generator_of(seed, 0)
        self.encoder = _chain(self.sizes, generator)
        self.mean = linear(self.sizes[-1], n_latent, generator)
        self.log_variance = linear(self.sizes[-1], n_latent, generator)
        generator = generator_of(seed, 1)
        back = [n_latent, *self.sizes[:0:-1]]
        self.decoder = _chain(back, generator)
        self.decoder.add_module("out", linear(back[-1], self.sizes[0], generator))

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the last hidden layer of the encoder: (sample, feature)."""
        if inputs.ndim < 2 or prod(inputs.shape[1:]) != self.sizes[0]:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; this network takes (sample, ...) with "
                f"{self.sizes[0]} values per sample (sizes[0])."
            )
        values: torch.Tensor = self.encoder(inputs.flatten(1).to(device_and_dtype(self)[1]))
        return values

    def out(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the last layer of the decoder, before the likelihood: (sample, pixel)."""
        values: torch.Tensor = self.decoder(latent)
        return values


def log_normal(
    values: torch.Tensor, mean: torch.Tensor, log_variance: torch.Tensor
) -> torch.Tensor:
    """Return the log-density of a diagonal normal distribution in nats: (..., latent) → (...)."""
    squares = (values - mean).square() * torch.exp(-log_variance)
    return -0.5 * (squares + log_variance + log(2 * pi)).sum(dim=-1)


def _chain(widths: Sequence[int], generator: torch.Generator) -> nn.Sequential:
    """Return linear layers with a ReLU after each."""
    chain = nn.Sequential()
    for i, (n_in, n_out) in enumerate(pairwise(widths), start=1):
        chain.add_module(f"fc{i}", linear(n_in, n_out, generator))
        chain.add_module(f"relu{i}", nn.ReLU())
    return chain
