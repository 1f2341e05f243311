"""Heads on an encoder: to be contrasted, to tell another view, to tell classes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from infonb.networks.layers import features_of, generator_of, linear
from infonb.validate import check_integer

__all__ = ["Classified", "Predicting", "Projected"]


class Projected(nn.Module):
    """
    An encoder and a projector, to be trained by `infonb.training.Contrastive`.

    Dims in: those of the encoder; dims out: (sample, ``sizes[-1]``), embeddings.

    Parameters
    ----------
    encoder
        Any module that gives features (sample, feature).
    sizes
        Widths from the features to the embeddings; linear layers with ReLU between them.
    seed
        Of the weights of the projector; the global random state is not touched.

    Notes
    -----
    ``encoder`` is what is used after the training, and the names of its layers begin with it.

    Examples
    --------
    >>> from infonb.networks import MLPEncoder
    >>> model = Projected(MLPEncoder((64, 256, 256)), sizes=(256, 128, 64))
    >>> model(torch.zeros(5, 64)).shape, model.encoder(torch.zeros(5, 64)).shape
    (torch.Size([5, 64]), torch.Size([5, 256]))
    """

    def __init__(
        self, encoder: nn.Module, sizes: Sequence[int] = (256, 128, 64), *, seed: int = 0
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = _chain(features_of(encoder, sizes), generator_of(seed, 1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the embeddings (sample, feature) of inputs (sample, ...)."""
        return self.projector(self.encoder(inputs))


class Predicting(nn.Module):
    """
    An encoder, a projector and a predictor, to be trained by `infonb.training.SimSiam`.

    Dims in: those of the encoder; dims out: projection and prediction, both (sample,
    ``sizes[-1]``).

    Parameters
    ----------
    encoder
        Any module that gives features (sample, feature).
    sizes
        Widths from the features to the projections; linear layers, each with batch normalisation,
        and ReLU between them.
    hidden
        Width of the predictor's middle, less than that of the projections.
    seed
        Of the weights of both; the global random state is not touched.

    References
    ----------
    Chen and He, *Exploring Simple Siamese Representation Learning*, CVPR 2021, section 3.

    Examples
    --------
    >>> from infonb.networks import MLPEncoder
    >>> model = Predicting(MLPEncoder((64, 256, 256)))
    >>> projection, prediction = model(torch.zeros(5, 64))
    >>> projection.shape == prediction.shape == (5, 128)
    True
    """

    def __init__(
        self, encoder: nn.Module, sizes: Sequence[int] = (256, 128, 128), *, hidden: int = 32,
        seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.encoder = encoder
        widths = features_of(encoder, sizes)
        self.projector = _chain(widths, generator_of(seed, 1), is_normalized=True)
        # the projections are normalised without a scale: nothing else keeps their spread
        self.projector.add_module("bn", nn.BatchNorm1d(widths[-1], affine=False))
        middle = check_integer("hidden", hidden, 1)
        self.predictor = _chain(
            [widths[-1], middle, widths[-1]], generator_of(seed, 2), is_normalized=True
        )

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return projection and prediction (sample, feature) of inputs (sample, ...)."""
        projection = self.projector(self.encoder(inputs))
        return projection, self.predictor(projection)


class Classified(nn.Module):
    """
    An encoder and a linear layer of logits: the supervised twin of an encoder, or a linear probe.

    Dims in: those of the encoder; dims out: (sample, class), logits.

    Parameters
    ----------
    encoder
        Any module that gives features (sample, feature) and says by ``n_features`` how many.
    n_classes
        Logits.
    seed
        Of the weights of the last layer; the global random state is not touched.

    Examples
    --------
    >>> from infonb.networks import MLPEncoder
    >>> Classified(MLPEncoder((64, 256)), n_classes=10)(torch.zeros(5, 64)).shape
    torch.Size([5, 10])
    """

    def __init__(self, encoder: nn.Module, n_classes: int, *, seed: int = 0) -> None:
        super().__init__()
        self.encoder = encoder
        (width,) = features_of(encoder)
        self.out = linear(width, check_integer("n_classes", n_classes, 1), generator_of(seed, 3))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits (sample, class) of inputs (sample, ...)."""
        return self.out(self.encoder(inputs))


def _chain(
    widths: Sequence[int], generator: torch.Generator, *, is_normalized: bool = False
) -> nn.Sequential:
    """Return linear layers with ReLU between them."""
    chain = nn.Sequential()
    for i, (n_in, n_out) in enumerate(pairwise(widths), start=1):
        chain.add_module(f"fc{i}", linear(n_in, n_out, generator))
        if i < len(widths) - 1:
            if is_normalized:
                chain.add_module(f"bn{i}", nn.BatchNorm1d(n_out))
            chain.add_module(f"relu{i}", nn.ReLU())
    return chain
