"""An answer that is one number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from infonb.widgets.exercises.part import Part, told_type

__all__ = ["Number", "usual_mistakes"]


@dataclass(frozen=True)
class Number(Part):
    """
    A number that an exercise asks for, with the hints for numbers that are often given instead.

    A wrong sign, bits instead of nats (and the reverse), twice or half the value, and per cent
    instead of a share are noticed without being declared.

    Parameters
    ----------
    expected
        The right number; a function without arguments that returns it, called when the first answer
        is checked; or a function of the answer that says whether it is right.
    tolerance
        How far from the right number an answer may be.
    unit
        ``"nat"``, ``"bit"``, or any other, told where a number is missing.
    whole
        Whether it is a whole number.
    between
        Smallest and largest number that can be meant; others are refused before anything is
        computed.
    why
        One sentence that says why the right answer is right.
    hints
        Hint → the wrong number that it belongs to, in any form of `expected`. The first that fits
        is told.
    otherwise
        The hint for all other wrong numbers.

    Examples
    --------
    >>> faces = Number(6, hints={"Both ends count.": 5}, otherwise="Look at a die.")
    >>> faces.reply(6).state, faces.reply(5).text, faces.reply(7).text
    ('right', 'Both ends count.', 'Look at a die.')
    """

    tolerance: float = field(default=0.005, kw_only=True)
    unit: str = field(default="", kw_only=True)
    whole: bool = field(default=False, kw_only=True)
    between: tuple[float, float] | None = field(default=None, kw_only=True)

    def read(self, answer: Any) -> float:
        """Return the answer as a float."""
        asked = ("a whole number" if self.whole else "a number") + f" (in {self.unit})" * bool(
            self.unit
        )
        number = _number(answer, asked)
        if self.whole and not number.is_integer():
            raise ValueError(f"This is {number:g}; {asked} is asked for.")
        if self.between and not self.between[0] <= number <= self.between[1]:
            low, high = self.between
            raise ValueError(
                f"This is {number:g}; a number between {low:,g} and {high:,g} is meant."
            )
        return number

    def same(self, answer: Any, wanted: Any) -> bool:
        """Tell whether a number is within the tolerance of another."""
        return abs(answer - float(wanted)) <= self.tolerance

    def usual(self) -> Mapping[str, Any]:
        """Return the mistakes that are made with every number of this unit."""
        return usual_mistakes(self, self.unit)


def usual_mistakes(part: Part, unit: str) -> dict[str, Callable[[Any], bool]]:
    """Return hint → test of an answer (number or array) for a wrong sign, unit or factor."""
    mended: dict[str, Callable[[Any], Any]] = {
        "The size is right, the sign is not.": lambda answer: -answer
    }
    if unit == "nat":
        words = "These are bits: in nats it is log 2 = 0.69 times as much."
        mended[words] = lambda answer: answer * math.log(2)
    if unit == "bit":
        words = "These are nats: divide by log 2 = 0.69 to have bits."
        mended[words] = lambda answer: answer / math.log(2)
    mended["This is twice as much as asked for: was something counted twice?"] = lambda answer: (
        answer / 2
    )
    mended["This is half of what is asked for: was a part left out?"] = lambda answer: 2 * answer
    values = np.asarray(part.value, dtype=float)
    if not unit and np.all((values >= 0) & (values <= 1)):
        words = "This looks like per cent: give the share, between 0 and 1."
        mended[words] = lambda answer: answer / 100
    return {hint: _right_after(part, mend) for hint, mend in mended.items()}


def _right_after(part: Part, mend: Callable[[Any], Any]) -> Callable[[Any], bool]:
    """Return the test whether an answer is right once it is mended."""
    return lambda answer: part.same(mend(answer), part.value)


def _number(answer: Any, asked: str) -> float:
    """Return what is one number as a float; say what it is otherwise, and how to mend it."""
    if isinstance(answer, str | bool | np.bool_) or callable(answer):
        raise ValueError(f"This is {told_type(answer)}; {asked} is asked for.")
    if getattr(answer, "shape", None):
        remedy = "take the one value with `float(....squeeze())`" if np.size(answer) == 1 else (
            "choose the one value, or take their mean or median"
        )  # fmt: skip
        raise ValueError(f"This is {told_type(answer)}; {asked} is asked for: {remedy}.")
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise ValueError(f"This is {told_type(answer)}; {asked} is asked for.") from None
    if not math.isfinite(number):
        raise ValueError(f"This is {number}; {asked} is asked for.")
    return number
