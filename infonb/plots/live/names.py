"""Names that fit into figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

__all__ = ["distinct", "in_words", "numbers", "shortened"]


#: A word of a name, or what stands between words: a point within a number does not.
_WORD = re.compile(r"(?:[^./_\- ]|(?<=\d)\.(?=\d))+|[./_\- ]")


def shortened(name: str, length: int = 22) -> str:
    """Return a name with its middle left out if it is too long for a figure."""
    if len(name) <= length:
        return name
    end = (length - 1) // 2
    return f"{name[: length - 1 - end]}…{name[-end:]}"


def distinct(names: Sequence[str], most: int) -> list[str]:
    """
    Return names of at most so many letters: of long ones, what they have in common is left out.

    Names are cut between words only, at ``.``, ``/``, ``_``, ``-`` or a space: half a number would
    be another number. Where so few letters do not tell names apart, there are more.
    """
    names = list(names)
    if max(map(len, names), default=0) <= most or len(set(names)) == 1:
        return [shortened(name, most) for name in names]
    words = [_WORD.findall(name) for name in names]
    start = _common_words(words)
    end = _common_words([some[start:][::-1] for some in words])
    parts = ["".join(some[start : len(some) - end]) for some in words]
    if all(part.strip("./_- ") for part in parts):
        names = [f"{'…' * (start > 0)}{part}{'…' * (end > 0)}" for part in parts]
    for length in range(most, max(map(len, names)) + 1):
        short = [shortened(name, length) for name in names]
        if len(set(short)) == len(set(names)):
            return short
    return names


def _common_words(names: Sequence[Sequence[str]]) -> int:
    """Return how many words all names begin with."""
    words = zip(*names, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, words))


def in_words(title: str) -> str:
    """Return the lines of a title as one, for an alt text."""
    return title.replace(":\n", ": ").replace("\n", "; ")


def numbers(values: Sequence[Any]) -> list[str]:
    """Return numbers in words: whole ones in full, others with digits that tell them apart."""
    for digits in range(6, 18):
        words = [
            f"{value + 0:,.0f}"
            if value == value // 1 and abs(value) < 1e15
            else f"{value:.{digits}g}"
            for value in values
        ]
        if len(set(words)) == len(set(values)):
            break
    return words if len(values) else []
