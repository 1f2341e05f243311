"""When the state of a training is to be written."""

from __future__ import annotations

import time

__all__ = ["Due"]

#: Whoever is killed loses no more seconds of training than this, however rarely it is to be saved.
SECONDS = 10.0


class Due:
    """Every so many epochs, at the end, and some seconds after it was written before."""

    def __init__(self, save_every: int) -> None:
        self._save_every, self._written = save_every, time.monotonic()

    def at(self, epoch: int, *, has_ended: bool) -> bool:
        """Whether the state is due after an epoch."""
        is_late = time.monotonic() - self._written >= SECONDS
        return has_ended or is_late or epoch % self._save_every == 0

    def written(self) -> None:
        """Count from now on."""
        self._written = time.monotonic()
