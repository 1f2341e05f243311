"""What the pictures of levels have in common: frames that are kept, and words for the mark."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from infonb.plots.live import LiveFigure
from infonb.widgets.levels.levels import Levels

__all__ = ["Values", "View"]

#: Name of a control → its value.
Values = Mapping[str, Any]


class View:
    """Draws levels at any choice; axes are drawn once and stay as they are."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self._frames: dict[Hashable, LiveFigure] = {}

    def kept(self, key: Hashable, make: Callable[[], LiveFigure]) -> LiveFigure:
        """Return the figure of a key, made if there is none yet."""
        if key not in self._frames:
            self._frames[key] = make()
        return self._frames[key]

    def mark(self, values: Values) -> str:
        """Return the words above the marked place."""
        levels, seeds = self.levels, self.levels.seed_words(values)
        if levels.places.long:
            return "\n".join([levels.short(values[levels.over], 27), *seeds.split(", ")[1:]])
        return levels.short(values[levels.over], 20) + seeds

    def faint(self) -> str:
        """Return the words that name the reference, whose boxes are faint."""
        reference = self.levels.labels[0]
        if self.levels.places.long:
            return f"faint:\n{self.levels.short(reference, 20)}"
        return f"faint: {self.levels.short(reference, 14)}"
