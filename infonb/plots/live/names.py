"""Names that fit into figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

__all__ = ["distinct", "shortened"]


def shortened(name: str, length: int = 22) -> str:
    """
    Return a name with its middle left out if it is too long for a figure.

    Examples
    --------
    >>> shortened("fc1"), shortened("encoder.layer.11.attention.output.dense")
    ('fc1', 'encoder.lay…tput.dense')
    """
    if len(name) <= length:
        return name
    end = (length - 1) // 2
    return f"{name[: length - 1 - end]}…{name[-end:]}"


def distinct(names: Sequence[str], most: int) -> list[str]:
    """
    Return names of at most so many letters: of long ones, what they have in common is left out.

    Examples
    --------
    >>> distinct(["encoder.layer.0.output", "encoder.layer.11.output"], 14)
    ['…0…', '…11…']
    >>> distinct(["fc1", "fc2"], 14)
    ['fc1', 'fc2']

    Nothing is left out if no letter of a name would be left:

    >>> distinct(["encoder.layer", "encoder.layer.norm"], 10)
    ['encod…ayer', 'encod…norm']
    """
    if max(map(len, names), default=0) > most and len(set(names)) > 1:
        start = _alike(names)
        end = _alike([name[start:][::-1] for name in names])
        parts = [name[start : len(name) - end] for name in names]
        if all(parts):
            names = [f"{'…' * (start > 0)}{part}{'…' * (end > 0)}" for part in parts]
    return [shortened(name, most) for name in names]


def _alike(names: Sequence[str]) -> int:
    """Return how many letters all names begin with."""
    letters = zip(*names, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, letters))
