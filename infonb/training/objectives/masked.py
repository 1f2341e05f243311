"""What is hidden of an image shall be told from the rest: masked autoencoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from infonb.validate import check_number

__all__ = ["MaskedReconstruction", "draw_masked"]


@dataclass(frozen=True)
class MaskedReconstruction:
    """
    The loss of a masked autoencoder, on the hidden patches only: an objective for `infonb.fit`.

    Dims in: images (sample, ...), which the model's ``patches`` cuts into (sample, patch, value)
    and its ``reconstruct(images, masked)`` tells again in these dims; out: the mean squared error.

    Parameters
    ----------
    ratio
        The share of patches of an image that is hidden; at least one is, and one is not.

    Raises
    ------
    ValueError
        If the model has no ``patches`` or ``reconstruct``, or an image a single patch.

    Notes
    -----
    Which patches are hidden is drawn for each image from torch's global random state, as many in
    all. The images are not changed otherwise.

    References
    ----------
    He, Chen, Xie, Li, Dollár and Girshick, *Masked Autoencoders Are Scalable Vision Learners*,
    CVPR 2022, section 3.

    Examples
    --------
    >>> import infonb as inb
    >>> import numpy as np
    >>> from infonb.networks import MaskedAutoencoder
    >>> images = np.random.default_rng(0).random((32, 1, 8, 8), dtype=np.float32)
    >>> model = MaskedAutoencoder(in_channels=1, size=8, patch=2, width=16, depth=1)
    >>> history = inb.fit(model, images, objective=MaskedReconstruction(0.5), epochs=20,
    ...                   progress=False)
    >>> bool(history.train_loss[-1] < history.train_loss[0])
    True
    """

    ratio: float = 0.75

    variables: ClassVar[tuple[str, ...]] = ("input",)

    def __post_init__(self) -> None:
        check_number("ratio", self.ratio, 0.0, 1.0)

    def __call__(self, model: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """Return the mean squared error over the hidden patches of a batch."""
        for name in ("patches", "reconstruct"):
            if not callable(getattr(model, name, None)):
                raise ValueError(
                    f"the model has no {name}(...), as infonb.networks.MaskedAutoencoder has."
                )
        known: Any = model
        target = known.patches(images)
        masked = draw_masked(len(target), target.shape[1], self.ratio, images.device)
        told = known.reconstruct(images, masked)
        if told.shape != target.shape:
            raise ValueError(
                f"reconstruct gives {tuple(told.shape)}, but the patches are "
                f"{tuple(target.shape)}, (sample, patch, value)."
            )
        return (told - target)[masked].square().mean()


def draw_masked(n: int, n_patches: int, ratio: float, device: torch.device) -> torch.Tensor:
    """Return which patches are hidden, (sample, patch), as many of each image."""
    if n_patches < 2:
        raise ValueError("an image of 1 patch has nothing to be told from: take smaller patches.")
    hidden = min(max(round(ratio * n_patches), 1), n_patches - 1)
    places = torch.rand(n, n_patches, device=device).argsort(dim=1)[:, :hidden]
    masked = torch.zeros(n, n_patches, dtype=torch.bool, device=device)
    return masked.scatter_(1, places, True)
