"""The scale on which the steps of a training stand: even, or logarithmic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Scale", "brief"]

#: A logarithmic scale is for levels of which the largest is more than so many times the smallest.
_RATIO = 50

#: Length of the part from 0 to the smallest number, in decades.
_BELOW = 0.5


@dataclass(frozen=True)
class Scale:
    """
    Where numbers stand along an axis: even, or logarithmic from `smallest` on if that is not 0.

    The axes themselves stay even, and numbers are placed on them: a click then needs no other
    arithmetic. Below `smallest` it is even, so that 0 (before the training) has a place.
    """

    low: float
    high: float
    smallest: float = 0.0

    @classmethod
    def of(cls, levels: np.ndarray, reach: np.ndarray) -> Scale:
        """
        Return the scale for some levels, and for whatever else is to be shown.

        Logarithmic for more than 3 levels of which the largest is more than 50 times the smallest
        positive one, if most of them stand in the first quarter of an even scale.
        """
        low, high = float(np.min(reach)), float(np.max(reach))
        positive = levels[levels > 0]
        if (
            len(levels) > 3 and low >= 0 and positive.max() > _RATIO * positive.min()
            and np.median(levels) < levels.max() / 4
        ):  # fmt: skip
            return cls(low, high, float(min(positive.min(), reach[reach > 0].min())))
        return cls(low, high)

    def x(self, number: float) -> float:
        """Return the place of a number."""
        if not self.smallest:
            return float(number)
        if number < self.smallest:
            return _BELOW * float(number) / self.smallest
        return _BELOW + float(np.log10(number / self.smallest))

    def ticks(self) -> dict[float, str]:
        """Return place → number, for a logarithmic scale: powers of 10, and more if few."""
        powers = np.arange(np.floor(np.log10(self.smallest)), np.log10(self.high) + 1e-9)
        for steps in ((1,), (1, 3), (1, 2, 5)):
            some = [step * 10.0**power for power in powers for step in steps]
            some = [n for n in some if self.smallest * (1 - 1e-9) <= n <= self.high * (1 + 1e-9)]
            if len(some) > 2:
                break
        every = some[:: -(-len(some) // 6) or 1]
        return {self.x(n): brief(n) for n in ([0.0] if self.low == 0 else []) + every}


def brief(number: float) -> str:
    """Return a number in few letters: 20_000 as 20k."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size * (10 if letter == "k" else 1):
            return f"{number / size:g}{letter}"
    return f"{number:,g}"
