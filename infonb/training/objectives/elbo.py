"""The objective of variational autoencoders: the evidence lower bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from infonb.validate import check_choice

__all__ = ["NegativeELBO"]


@dataclass(frozen=True)
class NegativeELBO:
    r"""
    The negative evidence lower bound of a variational autoencoder: an objective for `infonb.fit`.

    Dims in: images (sample, ...); out: the mean over samples, in nats, of

    .. math:: -\log p(x|z) + \mathrm{KL}(q(z|x) \,\|\, p(z)), \quad z \sim q(z|x),

    which is on average no less than :math:`-\log p(x)`.

    Parameters
    ----------
    binarize
        ``"static"``: images as they are. ``"fresh"``: each pixel is a probability, and is drawn as
        0 or 1 anew each time it is seen, as in the paper. It keeps a network from knowing the
        pixels of one draw by heart.

    Raises
    ------
    ValueError
        If the model has no ``encode`` or ``log_likelihood``, or if a network of 0 and 1 or
        ``"fresh"`` is given pixels outside 0 .. 1.

    Notes
    -----
    One z is drawn for each image, from torch's global random state; the divergence is that of two
    normal distributions, exact. The paper adds the losses of a batch where this takes their mean:
    Adam, which it trains with, makes nothing of that factor.

    References
    ----------
    Kingma and Welling, *Auto-Encoding Variational Bayes*, ICLR 2014, equation 10; van den Burg and
    Williams, *On Memorization in Probabilistic Deep Generative Models*, NeurIPS 2021, section 4.

    Examples
    --------
    >>> import infonb as inb
    >>> import numpy as np
    >>> from infonb.networks import MLPVAE
    >>> images = (np.random.default_rng(0).random((64, 16)) < 0.2).astype(np.float32)
    >>> model = MLPVAE((16, 8), n_latent=2)
    >>> history = inb.fit(model, images, objective=NegativeELBO(), epochs=20, progress=False,
    ...                   learning_rate=0.01)
    >>> bool(history.train_loss[-1] < history.train_loss[0])
    True
    """

    binarize: str = "static"

    variables: ClassVar[tuple[str, ...]] = ("input",)

    def __post_init__(self) -> None:
        check_choice("binarize", self.binarize, ["static", "fresh"])

    def __call__(self, model: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """Return the mean negative bound over a batch, in nats."""
        for name in ("encode", "log_likelihood"):
            if not callable(getattr(model, name, None)):
                raise ValueError(f"the model has no {name}(...), as infonb.networks.MLPVAE has.")
        if self.binarize == "fresh":
            _check_pixels(images)
            images = torch.bernoulli(images)
        mean, log_variance = model.encode(images)  # type: ignore[operator]
        latent = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        likelihood = model.log_likelihood(images, latent)  # type: ignore[operator]
        return (divergence(mean, log_variance) - likelihood).mean()


def divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Return KL(q‖p) in nats of diagonal normal distributions from the standard one: (sample)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=-1)


def _check_pixels(images: torch.Tensor) -> None:
    low, high = float(images.min()), float(images.max())
    if not (low >= 0 and high <= 1):  # nor NaN
        raise ValueError(
            f"binarize='fresh' takes each pixel as a probability, but they are {low:.3g} .. "
            f"{high:.3g}: divide them by the largest possible value."
        )
