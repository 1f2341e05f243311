"""The place of a recording, and the folder beside it until then: whose they are, one at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infonb.activations.disk.identity import differences, of_recorded
from infonb.activations.disk.partial import (
    is_empty,
    partial_folder,
    read_recording,
    remedy,
    remove_partial,
    write_recording,
)
from infonb.storage import Lock, read_note

__all__ = ["Place"]


class Place:
    """
    Where a recording of something will be; anything else there is refused, and left alone.

    What is there is judged when it is locked: from then on nobody else can write to the folder.
    """

    def __init__(self, to: str | Path, about: Mapping[str, Any]) -> None:
        self.path, self.target = Path(to), Path(to).expanduser().resolve()
        self.folder = partial_folder(self.target)
        # what the recording is of, in plain values: another run goes on only if it says the same
        self.about = dict(about)
        self.layers: list[dict[str, Any]] = []
        self.finished = False  # whether the store is there already
        self.coords_rejected = False  # whether an earlier run brought some that did not fit
        self._lock: Lock | None = None

    def take(self) -> dict[str, Any] | None:
        """Lock the folder unless all is finished; return how what is unfinished is described."""
        self._look()  # what is not ours is not even locked
        if self.finished:
            return None
        self._lock = Lock(self.folder, str(self.path))
        try:
            recording = self._look()  # whoever held the lock may have changed it
        except BaseException:
            self.leave()
            raise
        if self.finished:
            self.leave()
        return recording

    def leave(self) -> None:
        """Let others go on."""
        if self._lock is None:
            return
        try:
            if self.folder.exists() and is_empty(self.folder):  # nothing was begun
                remove_partial(self.folder)
        finally:
            self._lock.release()
            self._lock = None

    def describe(self, widths: Sequence[int], length: int) -> None:
        """Write down what the recording is of, its layers, their widths and the chunks' length."""
        write_recording(self.folder, {
            "about": self.about, "layers": self.layers, "widths": widths, "length": length,
        })  # fmt: skip

    def check_finished(self, inputs: str) -> None:
        """Raise unless the finished store is one of these inputs and labels."""
        found = read_note(self.target) or {}
        if found.get("the inputs or labels") != inputs:
            self._refuse("the inputs or labels differ", self.target)
        self._clear_up(found.get("about"))

    def note(self, inputs: str) -> dict[str, Any]:
        """Return what a finished store says of itself, for the same line that runs once more."""
        return {"about": self.about, "the inputs or labels": inputs, "layers": self.layers}

    def _look(self) -> dict[str, Any] | None:
        """Judge what is in the place and beside it; return how the unfinished is described."""
        self.finished = os.path.lexists(self.target)
        if self.finished:
            note = read_note(self.target) or {}
            self._refuse_other(note.get("about"), note.get("layers"), self.target)
            return None
        if is_empty(self.folder):
            return None
        recording = read_recording(self.folder) or {}
        self._refuse_other(recording.get("about"), recording.get("layers"), self.folder)
        return recording

    def _clear_up(self, about: Any) -> None:
        """Remove what was left by a process that was killed after the store was in its place."""
        if not self.folder.exists():
            return
        try:
            lock = Lock(self.folder, str(self.path))
        except (RuntimeError, OSError):  # whoever is at it will remove it
            return
        try:
            if is_empty(self.folder) or (read_recording(self.folder) or {}).get("about") == about:
                remove_partial(self.folder)
        finally:
            lock.release()

    def _refuse_other(self, there: Any, layers: Any, place: Path) -> None:
        """Raise unless what is there is of the same as what is to be recorded now."""
        if not isinstance(there, Mapping):
            raise FileExistsError(
                f"{place} is there already, and no recording with record(..., to=...): nothing is "
                "appended to it. Remove it, or give another path."
            )
        now, there = dict(self.about), dict(there)
        if there.get("coords", {}) is None:  # they did not fit; others may
            del there["coords"], now["coords"]
            self.coords_rejected = True
        # the layers by name may be those that the default, or blocks, have turned out to be
        chosen = there.get("layers") in ("the default", "the blocks")
        if chosen and now.get("layers") == of_recorded(layers or []):
            now["layers"] = self.about["layers"] = there["layers"]
        found = differences(now, there)
        if found:
            self._refuse(found, place)

    def _refuse(self, found: str, place: Path) -> None:
        raise ValueError(
            f"{place} holds another recording: {found}. Nothing was changed; {remedy(place)}"
        )
