"""How probable a sample is to a model with latent variables: importance sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.validate import check_integer

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["log_density"]


def log_density(
    model: nn.Module, inputs: Any, *, n_samples: int = 64, seed: int = 0, batch_size: int = 128
) -> xr.DataArray:
    r"""
    Return the log-density of each sample under a variational autoencoder: (sample).

    .. math:: \log \hat p(x) = \log \frac 1 S \sum_{s=1}^S
        \frac{p(x|z_s)\, p(z_s)}{q(z_s|x)}, \quad z_s \sim q(z|x)

    Parameters
    ----------
    model
        A network with ``encode(inputs)`` → mean and log-variance (sample, latent) of the posterior
        q, and ``log_likelihood(inputs, latent)`` → log p(x|z), of latent (draw, sample, latent):
        `infonb.networks.MLPVAE`, ``ConvVAE``, or one of your own. The prior p(z) is standard
        normal. It is run in eval mode and left as it was.
    inputs
        A dataset with ``input`` (sample, ...), an array, a tensor, or a DataLoader that does not
        shuffle. Pixels are taken as they are: binarize them once, so that all models are asked of
        the same ones.
    n_samples
        Draws S for each sample.
    seed
        Of the draws; each sample has its own, the same whatever `batch_size` is, and for every
        model with as many latent variables.
    batch_size
        Samples in a batch: the decoder is run on `batch_size` x `n_samples` rows at once.

    Returns
    -------
    xarray.DataArray
        (sample), in nats (of discrete data log-probabilities), with the coordinates of the
        samples. Attributes: ``units``, ``measure``, ``n_samples``, ``n`` (of samples).

    Raises
    ------
    ValueError
        If the model lacks one of the two methods, or they return other shapes; if a loader
        shuffles; or if a log-density is NaN or infinite: the first such sample is named.

    Notes
    -----
    The estimate of the *density* is right on average; its logarithm is too low, the less so the
    more draws, by about half the variance of the weights over S, and no lower on average than the
    evidence lower bound (S = 1). With the same draws for all models, part of it cancels where two
    of them are compared, as for the memorization ``infonb.memorization.in_out`` of each sample.

    References
    ----------
    Rezende, Mohamed and Wierstra, *Stochastic Backpropagation*, ICML 2014, section 5; van den Burg
    and Williams, *On Memorization in Probabilistic Deep Generative Models*, NeurIPS 2021,
    section 3.2 (S = 256 for MNIST).

    Examples
    --------
    With all weights 0 each pixel is 1 with probability 1/2, whatever z is:

    >>> import torch
    >>> from infonb.networks import MLPVAE
    >>> model = MLPVAE((4,), n_latent=2)
    >>> with torch.no_grad():
    ...     for values in model.parameters():
    ...         _ = values.zero_()
    >>> images = np.array([[0, 1, 0, 1], [1, 1, 1, 1]], dtype=np.float32)
    >>> log_density(model, images, n_samples=3).values.round(3), np.round(4 * np.log(0.5), 3)
    (array([-2.773, -2.773]), np.float64(-2.773))
    """
    from infonb.data.tensor_batches import TensorBatches
    from infonb.networks.state import device_and_dtype, eval_mode
    from infonb.training.dynamics import check_order

    for name in ("encode", "log_likelihood"):
        if not callable(getattr(model, name, None)):
            raise ValueError(f"the model has no {name}(...), as infonb.networks.MLPVAE has.")
    check_integer("n_samples", n_samples, 1)
    check_integer("batch_size", batch_size, 1)
    check_order(inputs)
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    device, dtype = device_and_dtype(model)
    batches = TensorBatches(inputs, variables=("input",), device=device, dtype=dtype, name="inputs")
    with eval_mode(model):
        found = [_of_batch(model, one, n_samples, rng) for (one,) in batches(batch_size)]
    values = np.concatenate(found)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(
            f"the log-density of {bad.size:,} of {values.size:,} samples is NaN or infinite, of "
            f"place {bad[0]} {values[bad[0]]}: the training has diverged, or pixels are not what "
            "the likelihood is of."
        )
    return xr.DataArray(
        values, _known(inputs, values.size), ("sample",), "log_density",
        {"units": "nat", "long_name": "log-density", "measure": "log p(x) by importance sampling",
         "n_samples": n_samples, "n": values.size},
    )  # fmt: skip


def _of_batch(
    model: Any, images: torch.Tensor, n_samples: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the log-density of each image, (sample,)."""
    import torch

    from infonb.networks.vae import log_normal

    mean, log_variance = _posterior(model.encode(images), len(images))
    # one sample's draws after the other's, so that batches of any size have the same
    drawn = rng.standard_normal((len(images), n_samples, mean.shape[1]), dtype=np.float32)
    noise = torch.from_numpy(drawn).to(mean).transpose(0, 1)
    latent = mean + torch.exp(0.5 * log_variance) * noise
    zero = torch.zeros_like(mean)
    likelihood = model.log_likelihood(images, latent)
    if likelihood.shape != latent.shape[:-1]:  # another shape might be broadcast, unnoticed
        raise ValueError(
            f"log_likelihood(inputs, latent) must return (draw, sample), {tuple(latent.shape[:-1])}"
            f"; it has returned {tuple(likelihood.shape)}: sum over pixels alone."
        )
    weights = (
        likelihood.double()
        + log_normal(latent, zero, zero).double()
        - log_normal(latent, mean, log_variance).double()
    )
    total: np.ndarray = (torch.logsumexp(weights, dim=0) - np.log(n_samples)).cpu().numpy()
    return total


def _posterior(found: Any, n: int) -> Any:
    """Return mean and log-variance; raise unless they are of each sample and alike."""
    shapes = [tuple(one.shape) for one in found] if isinstance(found, tuple | list) else "no pair"
    if len(shapes) != 2 or shapes[0] != shapes[1] or len(shapes[0]) != 2 or shapes[0][0] != n:
        raise ValueError(
            f"encode(inputs) must return mean and log-variance, ({n}, latent) each; it has "
            f"returned {shapes}."
        )
    return found


def _known(inputs: Any, n: int) -> dict[str, Any]:
    """Return what is known of the samples."""
    coords: Any = inputs.coords if isinstance(inputs, xr.Dataset | xr.DataArray) else {}
    known = {str(name): one.variable for name, one in coords.items() if one.dims == ("sample",)}
    return {"sample": np.arange(n), **known}
