"""Two views of an image shall be alike, and unlike those of all others: SimCLR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from infonb.training.objectives.views import check_views
from infonb.validate import check_number

__all__ = ["Contrastive", "nt_xent"]


@dataclass(frozen=True)
class Contrastive:
    r"""
    The loss of SimCLR on two views of each image: an objective for `infonb.fit`.

    Dims in: images (sample, ...), which the model maps to embeddings (sample, feature); out: the
    mean loss in nats.

    Parameters
    ----------
    views
        A function of images that returns changed ones of the same shape, each time others, such as
        `infonb.data.ImageViews`; it draws from torch's global random state.
    temperature
        By which cosines are divided: the lower, the more the nearest of the others count.

    Raises
    ------
    ValueError
        If a batch has a single sample, which has nothing to be contrasted with.

    Notes
    -----
    For the 2n views z of a batch, i and j(i) of the same image,

    .. math:: L = -\frac{1}{2n} \sum_i \log
        \frac{\exp(\cos(z_i, z_{j(i)}) / t)}{\sum_{k \ne i} \exp(\cos(z_i, z_k) / t)}

    ("NT-Xent"). Both views go through the network in one batch: BatchNorm sees all 2n.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton, *A Simple Framework for Contrastive Learning of Visual
    Representations*, ICML 2020, equation 1.

    Examples
    --------
    >>> import infonb as inb
    >>> from infonb.data import load_digits
    >>> from infonb.networks import MLP
    >>> def noisy(images, generator=None):
    ...     return images + 0.1 * torch.randn(images.shape, generator=generator)
    >>> digits, model = load_digits().isel(sample=slice(100)), MLP([64, 32, 16])
    >>> history = inb.fit(model, digits, objective=Contrastive(noisy), epochs=5, progress=False)
    >>> list(history), bool(history.train_loss[-1] < history.train_loss[0])
    (['train_loss'], True)
    """

    views: Callable[..., torch.Tensor]
    temperature: float = 0.1

    variables: ClassVar[tuple[str, ...]] = ("input",)

    def __post_init__(self) -> None:
        check_views(self.views)
        check_number("temperature", self.temperature, 0.0)
        if not self.temperature:
            raise ValueError("temperature must be above 0; not 0.")

    def __call__(self, model: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of a batch of images, in nats."""
        if len(images) < 2:
            raise ValueError(
                "a batch of 1 sample has nothing to be contrasted with: give more samples, or "
                "another batch_size."
            )
        found: Any = model(torch.cat([self.views(images), self.views(images)]))
        if not isinstance(found, torch.Tensor) or found.ndim != 2:
            what = tuple(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
            raise ValueError(f"the model must return embeddings (sample, feature); not {what}.")
        first, second = found.chunk(2)
        return nt_xent(first, second, self.temperature)


def nt_xent(first: torch.Tensor, second: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return the mean loss of two views of the same images, both (sample, feature), in nats."""
    n = len(first)
    rows = functional.normalize(torch.cat([first, second]), dim=1)
    logits = rows @ rows.T / temperature
    # no view is contrasted with itself
    logits = logits.masked_fill(torch.eye(2 * n, dtype=torch.bool, device=rows.device), -torch.inf)
    partner = torch.arange(2 * n, device=rows.device).roll(n)
    return functional.cross_entropy(logits, partner)
