"""Two views of an image shall tell each other, with nothing to push others away: SimSiam."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from infonb.training.objectives.views import check_views

__all__ = ["SimSiam"]


@dataclass(frozen=True)
class SimSiam:
    r"""
    The loss of SimSiam on two views of each image: an objective for `infonb.fit`.

    Dims in: images (sample, ...), which the model maps to a projection and a prediction, both
    (sample, feature); out: the mean loss, -1 (all views alike) to 1.

    Parameters
    ----------
    views
        A function of images that returns changed ones of the same shape, each time others, such as
        `infonb.data.ImageViews`; it draws from torch's global random state.

    Notes
    -----
    With projections z and predictions p of the two views,
    :math:`L = -(\cos(p_1, z_2) + \cos(p_2, z_1)) / 2`, where no gradient goes through z: without
    that all images end at one point. The views go through the network one after the other.

    References
    ----------
    Chen and He, *Exploring Simple Siamese Representation Learning*, CVPR 2021, equations 1 to 4.

    Examples
    --------
    >>> import infonb as inb
    >>> from infonb.data import load_digits
    >>> from infonb.networks import MLPEncoder, Predicting
    >>> def noisy(images, generator=None):
    ...     return images + 0.1 * torch.randn(images.shape, generator=generator)
    >>> digits = load_digits().isel(sample=slice(100))
    >>> model = Predicting(MLPEncoder((64, 32)), (32, 16, 16))
    >>> history = inb.fit(model, digits, objective=SimSiam(noisy), epochs=5, progress=False)
    >>> bool(history.train_loss[-1] < history.train_loss[0])
    True
    """

    views: Callable[..., torch.Tensor]

    variables: ClassVar[tuple[str, ...]] = ("input",)

    def __post_init__(self) -> None:
        check_views(self.views)

    def __call__(self, model: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of a batch of images."""
        (first, told_first), (second, told_second) = (
            _pair(model(self.views(images))) for _ in range(2)
        )
        alike = _alike(told_first, second) + _alike(told_second, first)
        return -0.5 * alike


def _pair(found: Any) -> tuple[torch.Tensor, torch.Tensor]:
    if not isinstance(found, tuple) or len(found) != 2:
        raise ValueError(
            "the model must return (projection, prediction), as infonb.networks.Predicting does; "
            f"not {type(found).__name__}."
        )
    return found


def _alike(prediction: torch.Tensor, projection: torch.Tensor) -> torch.Tensor:
    """Return the mean cosine, through whose second part no gradient goes."""
    return functional.cosine_similarity(prediction, projection.detach(), dim=1).mean()
