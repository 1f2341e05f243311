"""Which tokens of a layer are real: the mask that belongs to it, of those the model gets."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from infonb.activations.batch import Batch
from infonb.activations.inner_masks import InnerMasks
from infonb.activations.masks import Mask, arguments, mask_of, with_extra

__all__ = ["Tokens"]

_DECODER = re.compile(r"(^|[._])(dec|tgt|target|trg)|decoder")
_ENCODER = re.compile(r"(^|[._])(enc|src|source)|encoder")
# in a decoder, what looks at the encoder
_ACROSS = re.compile(r"cross|enc|multihead_attn")
# what stands beside the tokens, one for each, and is no sequence of its own
_BESIDE = re.compile(r"mask|type|pos|segment|label|bbox|lang|weight")


@dataclass
class Short:
    """A mask that is shorter than a layer, if there is one."""

    mask: Mask | None = None


class Tokens:
    """
    The masks of one batch, asked layer by layer.

    A mask fits a layer by its shape, which is not enough where the model has two sequences: then
    the names of layer and mask must say to which of them they belong. Of one sequence, what a
    module around the layer is called with comes first: the model may make a mask, or change it.
    """

    def __init__(
        self, model: nn.Module, batch: Batch, inner: InnerMasks | None = None, extra: str = ""
    ) -> None:
        self.n_samples, self._where, self._inner = batch.size, "", inner
        # where the model adds tokens of its own, and the mask that does not know them
        self._extra, self.short = extra, Short()
        named = arguments(model, batch)
        masks = [mask_of(name, value, batch.size) for name, value in named]
        self.masks = [mask for mask in masks if mask is not None]
        self._lengths = {
            name: value.shape[1] for name, value in named if _is_sequence(name, value, batch.size)
        }
        self._sided = False
        if any(mask.pads for mask in self.masks):
            names = [name for name, _ in model.named_modules()]
            both = any(map(_DECODER.search, names)) and any(map(_ENCODER.search, names))
            given = [*self._lengths, *(mask.name for mask in self.masks)]
            self._sided = both or any(map(_DECODER.search, given))

    def within(self, module: str) -> Tokens:
        """Return the same for what runs in a module, whose name says of which sequence it is."""
        inside = copy(self)
        inside._where = f"{module}."
        return inside

    def of(self, layer: str, shape: tuple[int, ...]) -> tuple[torch.Tensor | None, str]:
        """
        Return which positions (sample, ...) of a layer are real, and what is not known about it.

        The former is None where all count: nothing is padded, or it is not known what.
        """
        nearest = self._nearest(layer, shape)
        if nearest is not None:
            return (nearest.tokens if nearest.pads else None), ""
        if not any(mask.pads for mask in self.masks):
            return None, ""
        mine = self._belonging(layer, shape)
        fitting = [mask for mask in mine if mask.at(shape) is not None]
        if not mine:
            names = ", ".join(mask.name for mask in self.masks if mask.pads)
            return None, f"{names} may be of the model's other sequence"
        if not fitting:
            padded = next((mask for mask in mine if mask.pads), None)
            if padded is None:
                return None, ""
            if len(shape) == 2 and padded.tokens.shape[1] < shape[1] and not padded.problem:
                self.short.mask = padded
                if self._extra:
                    return with_extra(padded.tokens, shape[1], self._extra), ""
            return None, f"{padded.name} {tuple(padded.tokens.shape)} does not fit its {shape}"
        return _agreed(fitting, shape)

    def for_function(self, layer: str, shape: tuple[int, ...]) -> tuple[torch.Tensor | None, str]:
        """Return the mask of a layer, also where nothing is padded, or where it does not fit."""
        nearest = self._nearest(layer, shape)
        if nearest is not None:
            return nearest.tokens, ""
        if not self.masks:
            return None, ""
        mine = self._belonging(layer, shape) if any(mask.pads for mask in self.masks) else []
        mine = mine or ([] if any(mask.pads for mask in self.masks) else self.masks)
        if not mine:
            return None, "no mask is known to be of it"
        fitting = [mask for mask in mine if mask.at(shape) is not None] or mine
        return _agreed(fitting, shape)

    def _nearest(self, layer: str, shape: tuple[int, ...]) -> Mask | None:
        """Return the mask that a module around a layer is called with; None of two sequences."""
        if self._inner is None or self._sided:
            return None
        return self._inner.of(self._where + layer, shape)

    def _belonging(self, layer: str, shape: tuple[int, ...]) -> list[Mask]:
        """Return the masks that may belong to a layer; none if its sequence is not known."""
        several = sum(length == shape[1] for length in self._lengths.values()) > 1
        if not (self._sided or several):
            return self.masks
        layer = self._where + layer
        here, there = _DECODER.search(layer), _ENCODER.search(layer)
        if here and (there is None or here.start() < there.start()):
            across = _ACROSS.search(layer, here.end())
            return [] if across else [m for m in self.masks if _DECODER.search(m.name)]
        given = [*self._lengths, *(mask.name for mask in self.masks)]
        if not there and (several or any(map(_DECODER.search, given))):
            return []
        return [mask for mask in self.masks if not _DECODER.search(mask.name)]


def _agreed(masks: list[Mask], shape: tuple[int, ...]) -> tuple[torch.Tensor | None, str]:
    """Return what several masks say alike."""
    for mask in masks:
        of_tokens = mask.whole is None or tuple(mask.whole.shape) != shape
        if mask.problem and mask.pads and of_tokens:
            return None, f"{mask.name} {mask.problem}"
    found = [mask.tokens if (at := mask.at(shape)) is None else at for mask in masks]
    for mask, other in zip(masks, found, strict=True):
        if other.shape != found[0].shape or not torch.equal(other, found[0]):
            return None, f"{masks[0].name} and {mask.name} differ"
    return found[0], ""


def _is_sequence(name: str, value: Any, n_samples: int) -> bool:
    if not isinstance(value, torch.Tensor) or _BESIDE.search(name.lower()):
        return False
    if value.ndim < 2 or len(value) != n_samples:
        return False
    return value.ndim == 3 or (value.ndim == 2 and not value.is_floating_point())
