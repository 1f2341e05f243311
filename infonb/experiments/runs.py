"""The runs of one experiment: found where they are kept, or made and kept."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import xarray as xr

from infonb.experiments.cache import CachedRun, cache_folder, code_of
from infonb.experiments.code_digest import check_affects
from infonb.experiments.kept_training import train_in_place
from infonb.experiments.steps import checked_data, checked_run, checked_training, with_history
from infonb.storage import Held

__all__ = ["Claim", "Runs", "dims_of"]


def dims_of(over: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the dimensions of the levels: one, or those of a product."""
    return (over,) if isinstance(over, str) else tuple(over)


@dataclass
class Claim:
    """What it takes to make a run: its data, and its place, which is locked, if it is kept."""

    level: Any
    seed: int
    data: dict[str, xr.Dataset]
    place: CachedRun | None
    locks: ExitStack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.locks.close()


class Runs:
    """The runs of one step of an experiment, with what is known of their places in the cache."""

    def __init__(
        self, experiment: Any, step: str, progress: bool | str = False,
        code: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.experiment, self.step = experiment, step
        self.n_kept = self.n_made = 0
        self.n_unmeasured = 0  # of those that were trained together
        self.started = 0.0  # when the first that is made here was begun
        self.progress = "transient" if progress is True else False
        self._places: dict[Any, CachedRun | None] = {}
        check_affects(type(experiment))
        # once: a user's own code may keep something while it runs
        folder = cache_folder(experiment.cache)
        self.code = code or (code_of(type(experiment), step, folder) if folder else None)

    def kept(self, level: Any, seed: int) -> xr.Dataset | None:
        """Return a run that is kept from before; None if there is none."""
        place = self.place(level, seed)
        kept = place.load() if place else None
        self.n_kept += kept is not None
        return kept

    def make(self, level: Any, seed: int) -> xr.Dataset:
        """Return a run, made or kept from before; raise Held if somebody else is making it."""
        found = self.claim(level, seed)
        if isinstance(found, xr.Dataset):
            return found
        with found:
            return self.made(found)

    def claim(self, level: Any, seed: int) -> xr.Dataset | Claim:
        """Return a run that is kept, or what it takes to make it; Held if somebody else does."""
        data = None
        if (level, seed) not in self._places:
            data = self._data(level, seed)
        place = self.place(level, seed, data)
        kept = self.kept(level, seed)
        if kept is not None:
            return kept
        with ExitStack() as stack:
            if place is not None:
                stack.callback(place.lock().release)
                kept = place.load()  # somebody else may just have finished it
                if kept is not None:
                    return kept
            known = self._data(level, seed) if data is None else data
            self.started = self.started or time.perf_counter()
            return Claim(level, seed, known, place, stack.pop_all())

    def made(self, claim: Claim, trained: Any = None) -> xr.Dataset:
        """Return what is measured on a network, trained now or just before, and keep it."""
        model, history = checked_training(trained or self._trained(claim))
        run = self.measured(claim, model)
        taken = (*dims_of(self.experiment.over), "seed")
        run = with_history(checked_run(run, self.step, taken), history)
        if claim.place is not None:
            claim.place.save(run)
        self.n_made += 1
        return run

    def keep(self, level: Any, seed: int, run: xr.Dataset) -> None:
        """Keep a run that was made elsewhere, unless somebody has just made it here."""
        place = self.place(level, seed)
        if place is None:
            return
        try:
            lock = place.lock()
        except Held:  # who is making it will keep it
            return
        try:
            if place.load() is None:
                place.save(run)
        finally:
            lock.release()

    def place(
        self, level: Any, seed: int, data: dict[str, xr.Dataset] | None = None
    ) -> CachedRun | None:
        """Return where a run is kept; None if none is."""
        if (level, seed) not in self._places:
            self._places[level, seed] = CachedRun.of(
                self.experiment, level, seed, self._data(level, seed) if data is None else data,
                self.step, self.code,
            )  # fmt: skip
        return self._places[level, seed]

    def measured(self, claim: Claim, model: Any) -> Any:
        """Return what the step gives for a trained network."""
        return getattr(self.experiment, self.step)(claim.level, claim.seed, model, claim.data)

    def make_anew(self, level: Any, seed: int) -> xr.Dataset:
        """Train and measure a network, and keep nothing."""
        return self.made(Claim(level, seed, self._data(level, seed), None, ExitStack()))

    def _trained(self, claim: Claim) -> Any:
        def train(folder: Path | None) -> Any:
            return self.experiment.train(
                claim.level, claim.seed, claim.data, checkpoint=folder, progress=self.progress
            )

        return train(None) if claim.place is None else train_in_place(claim.place, train)

    def _data(self, level: Any, seed: int) -> dict[str, xr.Dataset]:
        return checked_data(self.experiment.data(level, seed))
