"""Each token shall be told from those before it: language models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

__all__ = ["NextToken"]


@dataclass(frozen=True)
class NextToken:
    r"""
    The loss of a language model, each token given those before it: an objective for `infonb.fit`.

    Dims in: tokens (sample, position), whole numbers, the variable ``tokens`` of the data; the
    model maps them to logits (sample, position, token), or an object with ``logits``. Out: the mean
    loss of a token, in nats.

    Raises
    ------
    ValueError
        If tokens are no whole numbers or not in the model's vocabulary, sequences have a single
        token, or the model's logits do not fit them.

    Notes
    -----
    Of sequences of T tokens

    .. math:: L = -\frac{1}{T - 1} \sum_{t=1}^{T-1} \log p(x_t \mid x_0, \dots, x_{t-1})

    The first token has none before it and does not count.

    References
    ----------
    Biderman et al., *Pythia*, ICML 2023 (trained on this loss).

    Examples
    --------
    >>> class Even(nn.Module):
    ...     def forward(self, tokens):
    ...         return torch.zeros(*tokens.shape, 32)
    >>> round(float(NextToken()(Even(), torch.randint(32, (5, 16)))), 3)  # log 32
    3.466
    """

    variables: ClassVar[tuple[str, ...]] = ("tokens",)

    def __call__(self, model: nn.Module, /, *tensors: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of a token of a batch, in nats."""
        (tokens,) = tensors
        if tokens.ndim != 2 or tokens.shape[1] < 2:
            raise ValueError(
                "tokens must be (sample, position) with two positions at least; not of shape "
                f"{tuple(tokens.shape)}."
            )
        if tokens.is_floating_point():
            raise ValueError(f"tokens must be whole numbers; not {tokens.dtype}.")
        try:
            return self._loss(model, tokens)
        except IndexError as error:  # not looked at before: that would wait for a GPU at each step
            raise ValueError(
                f"the model does not know all tokens from {int(tokens.min())} to "
                f"{int(tokens.max())} ({error}). Take the sequences that belong to its vocabulary."
            ) from error

    def _loss(self, model: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of tokens that are whole numbers."""
        found: Any = model(tokens)
        logits = getattr(found, "logits", found)
        if logits.ndim != 3 or logits.shape[:2] != tokens.shape:
            raise ValueError(
                f"the model must give logits (sample, position, token) of tokens "
                f"{tuple(tokens.shape)}; not {tuple(logits.shape)}."
            )
        return functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
