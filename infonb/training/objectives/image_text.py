"""Images and their captions shall find each other: CLIP."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from infonb.validate import check_number

__all__ = ["ImageText", "image_text_loss"]

#: The scale of cosines is not let above this, as in CLIP, where training becomes unstable.
_LARGEST = math.log(100)


@dataclass(frozen=True)
class ImageText:
    r"""
    The symmetric loss of CLIP on images and captions: an objective for `infonb.fit`.

    Dims in: images (sample, ...) and captions (sample, token), which the model maps to image and
    text embeddings (sample, feature) and the logarithm of a scale; out: the mean loss in nats. The
    data have the variables ``input`` and ``caption``.

    Parameters
    ----------
    mask
        The share of caption tokens that are replaced by ``model.mask_token`` while the network is
        trained (each token drawn by itself, from torch's global random state); padding, if the
        model says by ``pad_token`` what that is, stays.

    Raises
    ------
    ValueError
        If a batch has a single sample, or the model has no ``mask_token`` where tokens are masked.

    Notes
    -----
    With unit embeddings u of images and v of captions and scale s, of n pairs,

    .. math:: L = -\frac{1}{2n} \sum_i \Big( \log \frac{e^{s u_i v_i}}{\sum_k e^{s u_i v_k}}
        + \log \frac{e^{s u_i v_i}}{\sum_k e^{s u_k v_i}} \Big)

    ("InfoNCE" in both directions), s at most 100.

    References
    ----------
    Radford et al., *Learning Transferable Visual Models From Natural Language Supervision*, ICML
    2021, section 2.3.

    Examples
    --------
    >>> class Pairs(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.images, self.texts = nn.Linear(4, 2), nn.EmbeddingBag(10, 2)
    ...         self.log_scale = nn.Parameter(torch.zeros(()))
    ...     def forward(self, images, captions):
    ...         return self.images(images), self.texts(captions), self.log_scale
    >>> loss = ImageText()(Pairs(), torch.rand(5, 4), torch.randint(10, (5, 3)))
    >>> loss.shape, bool(loss > 0)
    (torch.Size([]), True)
    """

    mask: float = 0.0

    variables: ClassVar[tuple[str, ...]] = ("input", "caption")

    def __post_init__(self) -> None:
        check_number("mask", self.mask, 0.0, 1.0)

    def __call__(self, model: nn.Module, /, *tensors: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of a batch, its images and its captions, in nats."""
        images, captions = tensors
        if len(images) < 2:
            raise ValueError(
                "a batch of 1 pair has nothing to be contrasted with: give more samples, or "
                "another batch_size."
            )
        found: Any = model(images, self._masked(model, captions) if self.mask else captions)
        if not isinstance(found, tuple) or len(found) != 3:
            raise ValueError(
                "the model must return (image_embedding, text_embedding, log_scale); not "
                f"{type(found).__name__}."
            )
        return image_text_loss(*found)

    def _masked(self, model: nn.Module, captions: torch.Tensor) -> torch.Tensor:
        if not model.training:
            return captions
        token: Any = getattr(model, "mask_token", None)
        if token is None:
            raise ValueError(
                f"mask={self.mask} replaces tokens by model.mask_token, which "
                f"{type(model).__name__} does not have."
            )
        hidden = torch.rand(captions.shape, device=captions.device) < self.mask
        pad: Any = getattr(model, "pad_token", None)
        if pad is not None:
            hidden &= captions != pad
        return captions.masked_fill(hidden, int(token))


def image_text_loss(
    images: torch.Tensor, texts: torch.Tensor, log_scale: torch.Tensor
) -> torch.Tensor:
    """Return the mean loss of image and text embeddings (sample, feature), in nats."""
    images, texts = (functional.normalize(rows, dim=1) for rows in (images, texts))
    logits = log_scale.clamp(max=_LARGEST).exp() * images @ texts.T
    pairs = torch.arange(len(logits), device=logits.device)
    both = functional.cross_entropy(logits, pairs) + functional.cross_entropy(logits.T, pairs)
    return 0.5 * both
