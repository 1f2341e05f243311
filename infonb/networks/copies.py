"""Copies of tensors in memory of the CPU: once, or again and again in the same places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

__all__ = ["Copier", "Tensors", "copy_tensors"]

Tensors = dict[str, torch.Tensor]


def copy_tensors(tensors: Mapping[str, Any]) -> Tensors:
    """Return copies in memory of the CPU that share nothing with each other or the network."""
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous()
        for name, tensor in _only_tensors(tensors).items()
    }


class Copier:
    """
    Copies of the same tensors, many times: new memory, and a call for each, would take longer.

    What `copy` has returned stays as it is until it is called the second time after that.
    """

    def __init__(self) -> None:
        self._now: Tensors = {}
        self._before: Tensors = {}

    def copy(self, tensors: Mapping[str, Any]) -> Tensors:
        """Return copies as `copy_tensors` does, in places of its own."""
        live = {name: one.detach() for name, one in _only_tensors(tensors).items()}
        self._now, self._before = self._before, self._now
        if not live or not _fit(self._now, live):
            self._now = copy_tensors(live)
        else:
            # one call, which Ctrl-C does not cut in two
            torch._foreach_copy_(list(self._now.values()), list(live.values()))
        return self._now


def _only_tensors(tensors: Mapping[str, Any]) -> Tensors:
    return {name: one for name, one in tensors.items() if isinstance(one, torch.Tensor)}


def _fit(places: Tensors, tensors: Tensors) -> bool:
    """Whether tensors have the names, in order, the shapes and the types of the places."""
    return list(places) == list(tensors) and all(
        place.shape == tensor.shape and place.dtype == tensor.dtype
        for place, tensor in zip(places.values(), tensors.values(), strict=True)
    )
