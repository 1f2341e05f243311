"""Waiting for a run that somebody else is making; it is said for whom."""

from __future__ import annotations

import time
import warnings
from typing import Any

from infonb.storage import Held

__all__ = ["Waiting"]

#: Seconds between two looks at a run that another process is making.
_PAUSE = 1.0

#: So many looks pass before a warning where no progress bar says it.
_PATIENCE = 3


class Waiting:
    """Counts the looks at what others are making; a bar says at once for whom it waits."""

    def __init__(self, bar: Any = None) -> None:
        self._bar = None if bar is None or bar.disable else bar
        self._looks = 0

    def look_later(self, held: Held, what: str) -> None:
        """Say who is making it, and pause."""
        words = f"waiting for {held.by}, who is making {what}"
        self._looks += 1
        if self._bar is not None:
            self._bar.set_postfix_str(words)
        elif self._looks > _PATIENCE:  # shown once, however often it is given
            warnings.warn(words, stacklevel=3)
        time.sleep(_PAUSE)
