"""What the pictures of a course have in common: frames that are kept, and words for the mark."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from infonb.plots.live import LiveFigure
from infonb.widgets.levels.levels import Course

__all__ = ["Drawing", "Values"]

#: Name of a control → its value.
Values = Mapping[str, Any]


class Drawing:
    """
    Draws a course at any choice; axes are drawn once and stay as they are.

    Parameters
    ----------
    course
        What was measured.

    Examples
    --------
    See `infonb.widgets.explore_sweep`.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self._frames: dict[Hashable, LiveFigure] = {}

    def kept(self, key: Hashable, make: Callable[[], LiveFigure]) -> LiveFigure:
        """Return the figure of a key, made if there is none yet."""
        if key not in self._frames:
            self._frames[key] = make()
        return self._frames[key]

    def mark(self, values: Values) -> str:
        """Return the words above the marked place."""
        course, seeds = self.course, self.course.seed_words(values)
        if course.places.long:
            return "\n".join([course.short(values[course.over], 27), *seeds.split(", ")[1:]])
        return course.short(values[course.over], 20) + seeds

    def faint(self) -> str:
        """Return the words that name the reference, whose boxes are faint."""
        reference = self.course.levels[0]
        if self.course.places.long:
            return f"faint:\n{self.course.short(reference, 20)}"
        return f"faint: {self.course.short(reference, 14)}"
