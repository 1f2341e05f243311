"""Masks that modules within a model are called with: where it makes them, or changes those it gets.

A model that is given texts alone makes the mask itself; one that puts a prompt before its texts, or
cuts a batch to its longest text, passes on another mask than the one it gets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from torch import nn

from infonb.activations.batch import Batch
from infonb.activations.masks import Mask, arguments, mask_of
from infonb.activations.modules import named_modules

__all__ = ["InnerMasks"]

_KNOWN = {"attention_mask", "key_padding_mask", "src_key_padding_mask"}
# what looks at another sequence than its own
_ACROSS = re.compile(r"cross|multihead_attn|enc_?dec")


class InnerMasks:
    """The mask of tokens that each module around some layers was called with last."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._handles: dict[str, Any] = {}
        self._masks: dict[str, Mask] = {}
        self._n_samples = 0

    def begin(self, n_samples: int) -> None:
        """Forget the masks of the batch before."""
        self._masks, self._n_samples = {}, n_samples

    def watch(self, layers: Iterable[str]) -> None:
        """Look at the calls of what is around these layers, and of themselves."""
        wanted = {scope for layer in layers for scope in _scopes(layer)}
        modules = named_modules(self._model)
        for name in wanted - self._handles.keys():
            if name in modules and not _ACROSS.search(name):
                hook = self._hook(name)
                self._handles[name] = modules[name].register_forward_pre_hook(
                    hook, with_kwargs=True
                )

    def close(self) -> None:
        """Take all hooks off."""
        for handle in self._handles.values():
            handle.remove()
        self._handles, self._masks = {}, {}

    def of(self, layer: str, shape: tuple[int, ...]) -> Mask | None:
        """Return the mask nearest to a layer that fits its positions (sample, token)."""
        for name in reversed(_scopes(layer)):
            mask = self._masks.get(name)
            if mask is not None and tuple(mask.tokens.shape) == shape:
                return mask
        return None

    def _hook(self, name: str) -> Any:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            mask = self._found(module, args, kwargs)
            if mask is None:
                self._masks.pop(name, None)
            else:
                self._masks[name] = mask

        return hook

    def _found(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Mask | None:
        """Return the one mask (sample, token) of a call; None if there is none, or several."""
        named = arguments(module, Batch(args, kwargs, None, self._n_samples))
        masks = [
            mask for name, value in named
            if getattr(value, "ndim", 0) == 2
            and (mask := mask_of(name, value, self._n_samples)) is not None
        ]  # fmt: skip
        if len(masks) == 1 and masks[0].name in _KNOWN and not masks[0].problem:
            return masks[0]
        return None


def _scopes(layer: str) -> list[str]:
    """Return the names of a layer and of all modules around it but the model, outer ones first."""
    parts = layer.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]
