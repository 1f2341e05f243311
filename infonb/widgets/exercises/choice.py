"""An answer that is one of several words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from infonb.validate import did_you_mean
from infonb.widgets.exercises.part import Part, told_type

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice(Part):
    """
    A text among choices that an exercise asks for; capitals and spaces around it do not count.

    Parameters
    ----------
    expected
        The right choice, a function without arguments that finds it, or a function of the answer
        that says whether it is right.
    among
        All choices.
    why, hints, otherwise
        As of `Number`; a hint for each wrong choice says more than a general one.

    Examples
    --------
    >>> sign = Choice("falls", among=["falls", "rises"], hints={"Wider bins see less.": "rises"})
    >>> sign.reply("Falls ").state, sign.reply("rises").text
    ('right', 'Wider bins see less.')
    >>> sign.reply("fals").text
    "'fals' is none of the choices: 'falls' or 'rises'. Did you mean 'falls'?"
    """

    among: Sequence[str] = field(default=(), kw_only=True)

    def read(self, answer: Any) -> str:
        """Return the choice that an answer is."""
        listed = " or ".join(filter(None, [", ".join(map(repr, self.among[:-1])),
                                           repr(self.among[-1])]))  # fmt: skip
        if not isinstance(answer, str):
            raise ValueError(f"This is {told_type(answer)}; a text is asked for: {listed}.")
        for choice in self.among:
            if choice.casefold() == answer.strip().casefold():
                return choice
        hint = did_you_mean(answer, self.among)
        raise ValueError(f"{answer!r} is none of the choices: {listed}.{hint}")

    def same(self, answer: Any, wanted: Any) -> bool:
        """Tell whether two choices are the same."""
        return bool(answer == wanted)
