"""One answer of an exercise: what is right, and which hint belongs to which mistake."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["Part", "Reply", "told_type"]


@dataclass(frozen=True)
class Reply:
    """What is said to one answer; `state` is "open", "right" or "wrong"."""

    state: str
    text: str


@dataclass(frozen=True)
class Part:
    """
    What all kinds of answers have in common.

    `expected`, and each value of `hints`, is a value, a function without arguments that computes it
    when the answer is checked, or a function of the answer that says whether it is one of these.
    """

    expected: Any
    why: str = field(default="", kw_only=True)
    hints: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    otherwise: str = field(default="Look at the task once more.", kw_only=True)

    def reply(self, answer: Any) -> Reply:
        """Say whether an answer is there, of the right form, right, or a mistake that is known."""
        if answer is ... or answer is None:
            return Reply("open", "")
        try:
            value = self.read(answer)
        except ValueError as error:
            return Reply("wrong", str(error))
        right = self.expected if self.value is None else self.value
        if self.is_one(value, right):
            return Reply("right", self.why)
        for hint, mistake in self._mistakes():
            if self.is_one(value, mistake):
                return Reply("wrong", hint)
        return Reply("wrong", self.otherwise)

    def is_one(self, answer: Any, wanted: Any) -> bool:
        """Tell whether an answer is a value, the value of a function, or passes its test."""
        if not _is_test(wanted):
            return self.same(answer, wanted() if callable(wanted) else wanted)
        passed = wanted(answer)
        if not isinstance(passed, bool | np.bool_):
            raise TypeError(f"a test of an answer says True or False; this one says {passed!r}.")
        return bool(passed)

    @cached_property
    def value(self) -> Any:
        """The right answer, computed once; None if there is only a test of it."""
        if _is_test(self.expected):
            return None
        return self.expected() if callable(self.expected) else self.expected

    def read(self, answer: Any) -> Any:
        """Return an answer in the form that is compared; a ValueError says what is asked for."""
        raise NotImplementedError

    def same(self, answer: Any, wanted: Any) -> bool:
        """Tell whether two values are the same answer."""
        raise NotImplementedError

    def usual(self) -> Mapping[str, Any]:
        """Return the mistakes that are made everywhere: hint → wrong value."""
        return {}

    def _mistakes(self) -> Iterator[tuple[str, Any]]:
        yield from self.hints.items()
        if self.value is not None:
            yield from self.usual().items()


def _is_test(wanted: Any) -> bool:
    """Tell whether this is a function of the answer: one that has to be given something."""
    if not callable(wanted):
        return False
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    given = inspect.signature(wanted).parameters.values()
    return any(one.default is one.empty and one.kind in named for one in given)


def told_type(answer: Any) -> str:
    """Return in words what was given instead of the answer."""
    if hasattr(answer, "dims") and hasattr(answer, "sizes"):
        sizes = ", ".join(f"{dim}: {size}" for dim, size in answer.sizes.items())
        return f"a {type(answer).__name__} ({sizes})"
    if callable(answer) and hasattr(answer, "__name__"):
        return f"the function {answer.__name__}, not what it returns"
    if isinstance(answer, str):
        return f"the text {answer!r}"
    shape = getattr(answer, "shape", None)
    if shape:
        return f"an array of shape {tuple(shape)}"
    kind = type(answer).__name__
    article = "an" if kind[0] in "aeio" else "a"
    return f"{article} {kind}" + (f" of {len(answer)}" if hasattr(answer, "__len__") else "")
