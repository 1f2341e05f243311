"""What is added to the loss, as words: none, the entropy of neurons, the squared norm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from infonb.parameters import ParameterError

__all__ = ["NONE", "Treatment", "controls", "raising", "treatment_of"]

#: The networks that all others are compared with.
NONE = "none"

_FORMS = "'none', 'entropy WEIGHT' (below 0: entropy is lowered) or 'norm WEIGHT'"


class Treatment(NamedTuple):
    """A kind of term, and its weight in the loss."""

    kind: str
    weight: float


def treatment_of(words: str) -> Treatment:
    """Return what words such as ``"entropy 0.1"`` mean; raise a ParameterError if nothing."""
    if words == NONE:
        return Treatment(NONE, 0.0)
    kind, _, number = words.partition(" ")
    try:
        weight = float(number)
    except ValueError:
        weight = 0.0
    if kind not in ("entropy", "norm") or not 0 < abs(weight) < float("inf"):
        raise ParameterError(f"treatment must be {_FORMS}; not {words!r}.")
    if kind == "norm" and weight < 0:
        raise ParameterError(f"the weight of a norm must be above 0; not {words!r}.")
    return Treatment(kind, weight)


def raising(treatments: Iterable[str]) -> list[str]:
    """Return those that raise the entropy, the weakest first."""
    found = {words: treatment_of(words) for words in treatments}
    kept = [words for words, one in found.items() if one.kind == "entropy" and one.weight > 0]
    return sorted(kept, key=lambda words: found[words].weight)


def controls(treatments: Iterable[str]) -> list[str]:
    """Return those that something is compared with beside no treatment at all."""
    treatments = list(treatments)
    return [words for words in treatments if words not in (NONE, *raising(treatments))]
