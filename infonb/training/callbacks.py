"""What is called along a training: objects with ``step(model, epoch)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from infonb.networks.state import modes_restored, random_state

__all__ = ["Callbacks"]


class Callbacks:
    """Objects that look at a network as it learns, in order, without any trace in the training."""

    def __init__(self, callbacks: Iterable[Any], model: nn.Module, device: torch.device) -> None:
        if isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
            raise TypeError(
                f"callbacks must be a list of objects; not {type(callbacks).__name__}. Write "
                "callbacks=[...]."
            )
        self._all, self._model, self._device = list(callbacks), model, device
        for one in self._all:
            if isinstance(one, type) or not callable(getattr(one, "step", None)):
                what = f"the class {one.__name__}" if isinstance(one, type) else repr(one)
                raise TypeError(
                    f"each of callbacks must be an object with step(model, epoch); not {what}."
                    " (A function (epoch, values) goes to callback=.)"
                )

    def start(self, epoch: int) -> None:
        """Tell them, if they have a ``start``, at which epoch training begins or goes on."""
        self._call("start", epoch)

    def step(self, epoch: int) -> None:
        """Tell them that an epoch is done."""
        self._call("step", epoch)

    def finish(self) -> None:
        """Tell them, if they have a ``finish``, that training is over."""
        self._call("finish")

    def _call(self, name: str, *epoch: int) -> None:
        for one in self._all:
            method = getattr(one, name, None)
            if method is not None:
                # what a callback draws or switches must not change the weights of the next epoch
                with modes_restored(self._model), random_state(self._device):
                    method(self._model, *epoch)
