"""What a decoder says of pixels: their probability, given what comes out of its last layer."""

from __future__ import annotations

from math import log, pi
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from infonb.validate import check_choice

__all__ = ["Bernoulli", "Gaussian", "likelihood_of"]

#: The least log-variance of a Gaussian: below it one pixel could have any density.
_LEAST = -7.0


class Bernoulli(nn.Module):
    """Pixels 0 or 1, each by itself; the last layer gives logits."""

    def forward(self, out: torch.Tensor) -> torch.Tensor:
        """Return the mean of each pixel, in the dims of what the last layer gives."""
        return torch.sigmoid(out)

    def log_density(self, inputs: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        """Return the log-probability of each pixel in nats; dims in are broadcast."""
        low, high = inputs.aminmax()
        if not (low >= 0 and high <= 1):  # nor NaN
            raise ValueError(
                f"pixels are {float(low):.3g} .. {float(high):.3g}, but likelihood='bernoulli' is "
                "of 0 .. 1: binarize them, or take likelihood='gaussian'."
            )
        inputs = inputs.expand(out.shape)
        return -functional.binary_cross_entropy_with_logits(out, inputs, reduction="none")


class Gaussian(nn.Module):
    """Pixels around a mean, which the last layer gives, with one variance that is learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.log_variance = nn.Parameter(torch.tensor(-2.0))

    def forward(self, out: torch.Tensor) -> torch.Tensor:
        """Return the mean of each pixel, in the dims of what the last layer gives."""
        return out

    def log_density(self, inputs: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        """Return the log-density of each pixel in nats; dims in are broadcast."""
        spread = self.log_variance.clamp(min=_LEAST)
        return -0.5 * ((inputs - out).square() / spread.exp() + spread + log(2 * pi))


def likelihood_of(name: str) -> Any:
    """Return what a decoder says of pixels, by its name."""
    check_choice("likelihood", name, ["bernoulli", "gaussian"])
    return {"bernoulli": Bernoulli, "gaussian": Gaussian}[name]()
