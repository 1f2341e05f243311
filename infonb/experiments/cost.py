"""How long the rest of many trainings takes, told as soon as some of them show it."""

from __future__ import annotations

import time

__all__ = ["Cost"]

#: One training, or groups of them, tell it after so many seconds: the first also loads libraries.
_ENOUGH = 3.0


class Cost:
    """Measures trainings as they are made, and says once what is to be expected of the others."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._is_told = False

    def words(self, n_made: int, n_trained: int, n_left: int) -> str:
        """
        Return a sentence, once; empty before, after, and where nothing is left.

        Networks that train together are made when the last of them is measured: until then more
        are trained than made.
        """
        now = time.perf_counter()
        if n_made == 0:  # those that are kept from before are read first, and tell nothing
            self._start = now
        seconds = now - self._start
        is_whole = n_made == n_trained > 0
        if self._is_told or not is_whole or seconds < _ENOUGH or n_left == 0:
            return ""
        self._is_told = True
        some = "the first" if n_made == 1 else f"the first {n_made:,}"
        rest = duration_words(seconds / n_made * n_left)
        return f"cost: {some} took {duration_words(seconds)}: about {rest} for the {n_left:,} left."


def duration_words(seconds: float) -> str:
    """Return seconds in the unit that suits them."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
