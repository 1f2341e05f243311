"""Which runs are kept, and how they are removed: only what infonb can prove to be its own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from infonb.experiments.run_folder import NOTE, files_in, is_run, noted, remove_own
from infonb.storage import Lock

__all__ = [
    "clear_partial", "describe_runs", "kept_runs", "lock_partial", "partial_of", "remove_run",
    "remove_runs",
]  # fmt: skip

#: What a run that is begun from a shorter one has beside it until it is whole.
_PARTIAL = re.compile(r"\.([0-9a-f]{20})\.(partial|lock)")

#: So many files that are kept are named, of many.
_MOST = 10


def kept_runs(folder: Path) -> dict[str, list[Path]]:
    """Return the folders of the runs that are kept, by experiment."""
    found: dict[str, list[Path]] = {}
    for place in _places(folder):
        if is_run(place):
            found.setdefault(place.parent.name, []).append(place)
    return found


def describe_runs(folder: Path, *, to_remove: bool = False) -> Iterator[str]:
    """Say in lines which runs are kept; raise an OSError if that cannot be seen, or removed."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise NotADirectoryError(f"{folder}, where runs are to be kept, is not a folder.")
    if folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
        raise PermissionError(f"{folder}, where runs are kept, cannot be read.")
    if to_remove and folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"runs in {folder} cannot be removed: it cannot be written to.")
    kept = kept_runs(folder)
    yield f"{folder}: {sum(map(len, kept.values()))} runs"
    for name, runs in kept.items():
        size = sum(map(_size, runs)) / 1e6
        n_open = sum(not _is_finished(run) for run in runs)
        unfinished = f" ({n_open} of them not finished)" if n_open else ""
        yield f"  {name}: {len(runs)} runs{unfinished}, {size:,.0f} MB"
    if others := _unproven(folder):
        yield f"  besides {len(others)} folders with a run.json that is not known to be infonb's"


def remove_runs(folder: Path) -> Iterator[str]:
    """Remove all runs that nobody is making; say in lines what was removed and what stays."""
    n_removed, n_busy = 0, 0
    stay: list[Path] = []
    failed: list[OSError] = []
    for run in [run for runs in kept_runs(folder).values() for run in runs]:
        try:
            if remove_run(run):
                n_removed += 1
                stay += [run / path for path in files_in(run)]
            else:
                n_busy += 1
        except OSError as error:
            failed.append(error)
    _clear_partials(folder)
    if n_removed or n_busy:
        yield f"{n_removed} removed" + (f", {n_busy} are being made" if n_busy else "")
    stay += _unproven(folder)
    for place in stay[:_MOST]:
        yield f"kept, for it is not known to be made by infonb: {place}"
    if len(stay) > _MOST:
        yield f"and {len(stay) - _MOST} more"
    if failed:
        raise OSError(f"{len(failed)} of the runs could not be removed: {failed[0]}")


def remove_run(folder: Path) -> bool:
    """
    Remove a run that is kept; return False, and leave it, if a process is making it.

    What infonb has not made stays in the folder.
    """
    try:
        lock = Lock(folder, str(folder))
    except RuntimeError:
        return False
    try:
        remove_own(folder)
    finally:
        lock.release()
    return True


def lock_partial(run: Path) -> Lock:
    """Keep others from beginning a run out of a shorter one; what a kill has left is removed."""
    lock = Lock(run.parent, f"the run in {run}", name=f".{run.name}.lock")
    try:
        if partial_of(run).exists():
            shutil.rmtree(partial_of(run))
    except BaseException:
        lock.release()
        raise
    return lock


def clear_partial(run: Path) -> None:
    """Remove what a kill has left of a run that was begun from a shorter one, if that can be."""
    if partial_of(run).exists() or run.with_name(f".{run.name}.lock").exists():
        with suppress(RuntimeError, OSError):  # a process is at it; it can only be read
            lock_partial(run).release()


def partial_of(run: Path) -> Path:
    """Return where a run is put together from a shorter one."""
    return run.with_name(f".{run.name}.partial")


def _clear_partials(folder: Path) -> None:
    """Remove what a kill has left of all runs that were begun from shorter ones."""
    for experiment in _folders(folder):
        found = map(_PARTIAL.fullmatch, os.listdir(experiment))
        for name in sorted({match[1] for match in found if match}):
            clear_partial(experiment / name)


def _unproven(folder: Path) -> list[Path]:
    """Return what looks like runs, by a file `run.json`, but is not known as ours, or a link."""
    links = [place for place in _folders(folder, links=True) if any(place.glob("*/run.json"))]
    places = _places(folder) + _places(folder, links=True)
    return links + [p for p in places if (p / NOTE).exists() and not is_run(p)]


def _is_finished(run: Path) -> bool:
    """Whether anything that was measured is kept of a run."""
    return any((run / name).is_dir() for name in (noted(run) or {}).get("stores", {}))


def _size(run: Path) -> int:
    """Return the bytes of a run's files; those that go in the meantime do not count."""
    total = 0
    for path in files_in(run):
        with suppress(FileNotFoundError):
            total += os.lstat(run / path).st_size
    return total


def _folders(folder: Path, links: bool = False) -> list[Path]:
    """Return the folders in a folder (or the links to some); not those with a dot in front."""
    if not folder.exists():
        return []
    with os.scandir(folder) as entries:
        return sorted(
            Path(entry) for entry in entries
            if entry.is_dir() and entry.is_symlink() == links and not entry.name.startswith(".")
        )  # fmt: skip


def _places(folder: Path, links: bool = False) -> list[Path]:
    return [place for inner in _folders(folder) for place in _folders(inner, links)]
