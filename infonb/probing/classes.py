"""Classes in their order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["in_order"]


def in_order(values: Iterable[Any], what: str) -> list[Any]:
    """Return the different values, sorted; raise if numbers and words are among them."""
    distinct = set(values)
    try:
        return sorted(distinct)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in distinct})
        raise TypeError(
            f"{what} are of the kinds {' and '.join(kinds)}, which have no order; make them all "
            "numbers, or all words."
        ) from error
