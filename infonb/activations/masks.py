"""Masks of tokens in any of their forms, as one: true at real tokens, false at padding."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from infonb.activations.batch import Batch

__all__ = ["Mask", "arguments", "mask_of", "with_extra"]

_ADDED = -100.0  # what is added to the scores of padding, or less: -inf, finfo.min, -1e4


@dataclass(frozen=True)
class Mask:
    """
    A mask that a model is called with: `tokens` (sample, token), `whole` as it came if of 3 dims.

    `pads` tells whether some tokens are padding; with `problem`, it is not known which.
    """

    name: str
    tokens: torch.Tensor
    pads: bool
    problem: str = ""
    whole: torch.Tensor | None = None

    def at(self, shape: tuple[int, ...]) -> torch.Tensor | None:
        """Return its values for the positions of a layer; None if it does not fit."""
        if self.whole is not None and tuple(self.whole.shape) == shape:
            return self.whole
        return self.tokens if tuple(self.tokens.shape) == shape else None


def arguments(model: nn.Module, batch: Batch) -> list[tuple[str, Any]]:
    """Return the arguments of a call by their names, those in dicts by their keys."""
    try:
        bound = inspect.signature(model.forward).bind(*batch.args, **batch.kwargs)
        named: dict[str, Any] = dict(bound.arguments)
    except (TypeError, ValueError):
        named = {str(i): value for i, value in enumerate(batch.args)} | batch.kwargs
    return list(_named(named))


def mask_of(name: str, value: Any, n_samples: int) -> Mask | None:
    """Return the mask that an argument is, if it is one of the tokens of each sample."""
    if "mask" not in name.lower() or not isinstance(value, torch.Tensor) or value.ndim < 2:
        return None
    if value.ndim > 2 and len(value) == 1 < n_samples:
        value = value.expand(n_samples, *value.shape[1:])
    if len(value) != n_samples or value.is_complex() or value.shape[-1] < 1:
        return None
    marked = value != 0
    added = bool((value < 0).any() or value.isnan().any())
    known = ((value == 0) | (value <= _ADDED)) if added else ((value == marked) | (value > 1))
    if value.is_floating_point() and not added:
        known = value == marked
        added = not marked.any()  # of another kind, no token would be real
    if not known.all():
        return Mask(name, _attended(marked), True, "holds neither 0 and 1 nor 0 and -inf")
    if added:
        return _told(name, ~marked)
    if name.lower().endswith(("attention_mask", "pixel_mask")):
        return _told(name, marked)
    if name.lower().endswith("key_padding_mask"):
        return _told(name, ~marked)
    why = (
        "may be true at real tokens or at padding (known are ...attention_mask: 1 at real tokens, "
        "and ...key_padding_mask: true at padding)"
    )
    return Mask(name, _attended(marked), bool(marked.any() and not marked.all()), why)


def with_extra(mask: torch.Tensor, length: int, where: str) -> torch.Tensor:
    """Return a mask (sample, token) with real tokens added in front or at the back."""
    more = mask.new_ones(len(mask), length - mask.shape[1])
    return torch.cat([more, mask] if where == "front" else [mask, more], 1)


def _told(name: str, real: torch.Tensor) -> Mask:
    """Return a mask whose values are known; of more dims, the last token must see all real ones."""
    tokens, whole = _attended(real), real if real.ndim == 3 else None
    if real.ndim > 2 and not (tokens == real.flatten(1, -2)[:, -1]).all():
        why = "masks other tokens for one token than for another"
        return Mask(name, tokens, True, why, whole)
    return Mask(name, tokens, not bool(tokens.all()), "", whole)


def _attended(real: torch.Tensor) -> torch.Tensor:
    """Return (sample, token): which tokens any head and any other token attends to."""
    return real if real.ndim == 2 else real.flatten(1, -2).any(1)


def _named(values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _named(value)
        else:
            yield str(name), value
