"""A training in the folder of a kept run: checked before it goes on, noted when it has ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infonb.experiments.clearing import clear_partial, lock_partial, partial_of
from infonb.experiments.run_folder import TRAINING, file_checksum, files_in, is_unnoted, noted
from infonb.experiments.waiting import Waiting
from infonb.storage import Held

if TYPE_CHECKING:
    from infonb.experiments.cache import CachedRun

__all__ = ["begin_training", "note_training", "start_from", "train_alone", "train_in_place"]

Train = Callable[[Path], Any]

#: What tells whether a file was written in between.
States = dict[str, tuple[int, ...]]


def train_alone(place: CachedRun, train: Train, what: str) -> Any:
    """Train in the folder of a run as soon as nobody else does; what can only be read is read."""
    from infonb.networks.checkpoint import DamagedCheckpoint

    waiting = Waiting()
    while True:
        try:
            lock = place.lock()
        except Held as held:
            waiting.look_later(held, what)
            continue
        except OSError as error:
            if not place.folder.is_dir():
                raise
            try:
                return train(place.folder)
            except (OSError, DamagedCheckpoint):
                raise error from None
        try:
            return train_in_place(place, train)
        finally:
            lock.release()


def train_in_place(place: CachedRun, train: Train) -> Any:
    """Train in the folder of a run, which must be locked; anew if what is there is damaged."""
    from infonb.networks.checkpoint import DamagedCheckpoint

    folder, files = place.folder, (noted(place.folder) or {}).get("files", {})
    before = begin_training(place)
    try:
        found = train(folder)
    except DamagedCheckpoint:  # of a training that had not ended
        _forget(folder, files)
        found = train(folder)
    note_training(place, before)
    return found


def begin_training(place: CachedRun) -> States:
    """Look at the folder before a training; what of it is not as it was noted begins anew."""
    folder, files = place.folder, (noted(place.folder) or {}).get("files", {})
    if any(not _is_unchanged(folder / path, found) for path, found in files.items()):
        _forget(folder, files)
    return _states(folder)


def note_training(place: CachedRun, before: States) -> None:
    """
    Note every file that a training which has ended has left, with its checksum, whoever wrote it.

    So a changed one is noticed, and all of them are known as infonb's when runs are removed.
    """
    folder, files = place.folder, (noted(place.folder) or {}).get("files", {})
    now = _states(folder)
    made = [
        path for path, state in now.items()
        if path in files or path in TRAINING or before.get(path) != state
    ]  # fmt: skip
    with place.writing():
        place.note_down(files={path: file_checksum(folder / path) for path in sorted(made)})


def start_from(shorter: CachedRun, longer: CachedRun) -> None:
    """Begin a training with the checkpoint of a shorter one, wholly or not at all."""
    waiting = Waiting()
    while not longer.folder.exists():
        try:
            with longer.writing():
                lock = lock_partial(longer.folder)
        except Held as held:
            waiting.look_later(held, f"the run in {longer.folder}")
        else:
            break
    else:
        clear_partial(longer.folder)
        return
    try:
        if longer.folder.exists():
            return
        partial = replace(longer, folder=partial_of(longer.folder))
        with longer.writing():
            files = (noted(shorter.folder) or {}).get("files", {})
            for path in sorted(TRAINING.union(files).intersection(files_in(shorter.folder))):
                (partial.folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(shorter.folder / path, partial.folder / path, follow_symlinks=False)
            partial.note_down()
            partial.folder.rename(longer.folder)
    finally:
        lock.release()


def _is_unchanged(path: Path, checksum: str) -> bool:
    return path.is_file() and file_checksum(path) == checksum


def _forget(folder: Path, files: dict[str, str]) -> None:
    """Remove what is there of the training."""
    for path in files_in(folder):
        if (path in TRAINING or path in files) and not (folder / path).is_symlink():
            (folder / path).unlink()


def _states(folder: Path) -> States:
    """Return what tells whether a file was written in between, of all that may be a training's."""
    states: States = {}
    for path in files_in(folder):
        if is_unnoted(path) and not (folder / path).is_symlink():
            about = (folder / path).stat()
            states[path] = about.st_ino, about.st_size, about.st_mtime_ns
    return states
