"""How long the rest of many trainings takes, told as soon as some of them show it."""

from __future__ import annotations

import time

__all__ = ["Cost"]

#: A first training that takes so many seconds is mostly training; the first of short ones also
#: loads libraries, and is left out.
_LONG = 10.0

#: Short ones tell it after so many seconds more.
_ENOUGH = 1.0


class Cost:
    """Measures trainings as they are made, and says once what is to be expected of the others."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None
        self._is_told = False

    def words(self, started: float, n_made: int, n_left: int) -> str:
        """
        Return a sentence, once; empty before, after, and where nothing is left.

        To be asked when a training, or a whole group of them, is made and measured; `started` is
        when the first of them began, by ``time.perf_counter``.
        """
        now = time.perf_counter()
        since, n_before = self._first or (started, 0)
        n, seconds = n_made - n_before, now - since
        if self._is_told or n < 1:
            return ""
        if self._first is None and seconds < _LONG:
            self._first = now, n_made
            return ""
        if n_left == 0 or seconds < _ENOUGH:
            return ""
        self._is_told = True
        rest = duration_words(seconds / n * n_left)
        took = duration_words(seconds)
        return f"cost: {n:,} of them took {took}: about {rest} for the {n_left:,} left."


def duration_words(seconds: float) -> str:
    """Return seconds in the unit that suits them."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
