"""What is changed of a training, as words: its pairs, and what may keep it from memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infonb.parameters import ParameterError

__all__ = ["DEFAULT", "MITIGATIONS", "SIZE", "all_levels", "kind_of", "treated"]

#: The training that all others are compared with.
DEFAULT = "default"

#: Kinds of mitigations of the paper: word → what it is.
MITIGATIONS = {
    "mask": "text masking",
    "stop": "early stopping",
    "temperature": "temperature",
    "decay": "weight decay",
}
#: And the size of the training sets.
SIZE = "n"

_FORMS = (
    "'default', 'n PAIRS', 'mask SHARE', 'stop STEPS', 'temperature T' (fixed), or 'decay WEIGHT'"
)


def kind_of(words: str) -> str:
    """Return the kind of a treatment: n, mask, stop, temperature, decay, or default."""
    return words.split()[0]


def treated(words: str, settings: dict[str, Any]) -> dict[str, Any]:
    """
    Return the settings of a training with a treatment; raise a ParameterError if it is none.

    Settings are n, mask, steps, stop, temperature, learned, decay.
    """
    if words == DEFAULT:
        return dict(settings)
    kind, _, number = words.partition(" ")
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    # stopped later than the default it would not be early; the scale of CLIP is at most 100
    limits = {SIZE: (2, 1e9), "mask": (0, 1), "stop": (1, settings["steps"]),
              "temperature": (0.01, 1e3), "decay": (0, 1e4)}  # fmt: skip
    if kind not in limits or not number:
        raise ParameterError(f"treatment must be {_FORMS}; not {words!r}.")
    low, high = limits[kind]
    if not low <= value <= high or (kind in (SIZE, "stop") and value != int(value)):
        whole = "a whole number, " if kind in (SIZE, "stop") else ""
        raise ParameterError(
            f"the number of {kind!r} must be {whole}between {low:g} and {high:g}; not {words!r}."
        )
    changed = {kind: int(value) if kind in (SIZE, "stop") else value}
    return settings | changed | ({"learned": False} if kind == "temperature" else {})


def all_levels(treatments: Iterable[str]) -> list[str]:
    """Return what is trained: the default comes first, always."""
    return [DEFAULT, *(one for one in treatments if one != DEFAULT)]
