"""What an explorer shows: one value for each of its controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

from infonb.dims import UNITS

__all__ = ["Choice", "Kept"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Choice:
    """The values of an explorer's controls; levels, layer and neurons as positions."""

    level: tuple[int, ...] = ()
    layer: int = 0
    neuron: int = 0
    other: int = 0
    bins: int = 1
    edges: str = "common"
    k: int = 1
    n_samples: int = 2
    unit: str = "nat"

    @property
    def pair(self) -> tuple[int, int]:
        """Both neurons."""
        return self.neuron, self.other

    @property
    def factor(self) -> float:
        """By what nats are multiplied."""
        return 1 / UNITS[self.unit]

    def bins_in_words(self, bins: int | str = "") -> str:
        """Return which bins are meant, or how many others with the same edges."""
        noun = "bin" if (bins or self.bins) == 1 else "bins"
        return f"{bins or self.bins} {self.edges} {noun}"


class Kept(Generic[_T]):
    """A measure of a choice, made once for each value of the fields on which it depends."""

    def __init__(self, measure: Callable[..., _T], *fields: str, most: int) -> None:
        self._fields: Callable[[Choice], tuple[Any, ...]] = attrgetter(*fields)
        self._kept = lru_cache(most)(measure)
        self.cache_info, self.cache_clear = self._kept.cache_info, self._kept.cache_clear

    def __call__(self, choice: Choice) -> _T:
        """Return the measure of a choice."""
        """Return the measure of a choice."""
        return self._kept(*self._fields(choice))
