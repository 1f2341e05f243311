"""What is minimised, as words: cross-entropy on true or noisy labels, with a regularizer or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from infonb.parameters import ParameterError

__all__ = ["CE", "CLEAN", "Loss", "all_levels", "first_of", "loss_of"]

#: Cross-entropy on true labels, the null, and on noisy ones: what all others are compared with.
CLEAN, CE = "clean", "ce"

_FORMS = "'clean', 'ce', 'elr WEIGHT', 'kl WEIGHT', or one of the last two with ' beta BETA'"


class Loss(NamedTuple):
    """A kind of loss, the weight of its regularizer, and the momentum of its table, if its own."""

    mode: str
    lam: float = 0.0
    beta: float | None = None


def loss_of(words: str) -> Loss:
    """Return what words such as ``"elr 7"`` mean; raise a ParameterError if nothing."""
    if words in (CLEAN, CE):
        return Loss("ce")
    parts = words.split()
    try:
        numbers = [float(part) for part in parts[1::2]]
    except ValueError:
        numbers = []
    is_form = parts[:1] in (["elr"], ["kl"]) and (len(parts) == 2 or parts[2:-1] == ["beta"])
    if not is_form or not numbers:
        raise ParameterError(f"loss must be {_FORMS}; not {words!r}.")
    if not 0 < numbers[0] < float("inf"):
        raise ParameterError(f"the weight of a regularizer must be above 0; not {words!r}.")
    if len(numbers) == 2 and not 0 <= numbers[1] < 1:
        raise ParameterError(f"beta must be at least 0 and below 1; not {words!r}.")
    return Loss(parts[0], *numbers)


def all_levels(losses: Iterable[str]) -> list[str]:
    """Return what is trained: the two that others are compared with come first, always."""
    return [CLEAN, CE, *(one for one in losses if one not in (CLEAN, CE))]


def first_of(mode: str, levels: Iterable[str]) -> str | None:
    """Return the first level of a kind of loss, without a momentum of its own; None if none is."""
    for words in levels:
        loss = loss_of(words)
        if loss.mode == mode and loss.beta is None and words not in (CLEAN, CE):
            return words
    return None
