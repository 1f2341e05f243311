"""Runs that are kept as long as this process lives, for a notebook that keeps none."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import xarray as xr

__all__ = ["cache_of_this_process", "is_of_this_process", "recall", "remember"]

#: The most bytes of a run that is held in memory: there may be many.
_SMALL = 10_000_000

_RUNS: dict[Path, xr.Dataset] = {}


@cache
def cache_of_this_process() -> TemporaryDirectory[str]:
    """Return a folder that keeps runs as long as this process lives."""
    return TemporaryDirectory(prefix="infonb-runs-")


def is_of_this_process(folder: Path) -> bool:
    """Whether a folder is the one of this process, or lies in it."""
    if not cache_of_this_process.cache_info().currsize:
        return False
    return folder.is_relative_to(cache_of_this_process().name)


def remember(store: Path, run: xr.Dataset) -> bool:
    """Hold a run in memory instead of writing its store, which takes longer; not a large one."""
    if run.nbytes > _SMALL or not is_of_this_process(store):
        return False
    _RUNS[store] = run.copy()
    return True


def recall(store: Path) -> xr.Dataset | None:
    """Return a run that is held in memory."""
    run = _RUNS.get(store)
    return None if run is None else run.copy()
