"""A run for each level and seed: kept when it is finished, gone on with when it was interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from infonb.experiments.cache import CachedRun, cache_folder, code_of
from infonb.experiments.code_digest import check_affects
from infonb.experiments.kept_training import train_in_place
from infonb.experiments.stacking import stack_runs
from infonb.experiments.steps import checked_data, checked_run, checked_training, with_history
from infonb.experiments.waiting import Waiting
from infonb.progress import progress_bar
from infonb.storage import Held

__all__ = ["dims_of", "sweep"]


def dims_of(over: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the dimensions of the levels: one, or those of a product."""
    return (over,) if isinstance(over, str) else tuple(over)


def sweep(
    experiment: Any,
    levels: Sequence[Any],
    *,
    step: str = "measure",
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Make one run per level and seed, and put all into one labelled result: dims (*over, seed, ...).

    A finished run is kept in the cache, under a key of all parameters that it depends on, its level
    and seed, the code that it reaches and a checksum of its data, so that it is never made twice:
    not after an interruption, and not when levels or seeds are added. An interrupted training goes
    on from its last checkpoint. With other bins or another k the networks are measured again, not
    trained.

    Several processes may make the same sweep at once: each takes runs that no other is making, and
    all end with the same result. One that has to wait says for whom.
    """
    dims = dims_of(experiment.over)
    keys = [level if isinstance(level, tuple) else (level,) for level in levels]
    labels = {dim: list(dict.fromkeys(key[i] for key in keys)) for i, dim in enumerate(dims)}
    runs = _Runs(experiment, step, progress)
    pending = [(key, seed) for key in keys for seed in experiment.seeds]
    finished: dict[tuple[Any, ...], xr.Dataset] = {}
    with progress_bar(show=progress, total=len(pending), desc="networks", unit="network") as bar:
        waiting = Waiting(bar)
        while pending:
            busy: list[tuple[Any, int]] = []
            for key, seed in pending:
                words = ", ".join(f"{d}={v}" for d, v in zip(dims, key, strict=True))
                bar.set_postfix_str(f"{words}, seed={seed}", refresh=progress is True)
                try:
                    finished[(*key, seed)] = runs.make(key if len(dims) > 1 else key[0], seed)
                except Held as error:
                    busy.append((key, seed))
                    held = error, f"{words}, seed={seed}"
                else:
                    bar.update(1)
            if len(busy) == len(pending):  # others are making all that is left
                waiting.look_later(*held)
            pending = busy
        bar.set_postfix_str(f"{runs.n_kept} kept from before" if runs.n_kept else "")
    return stack_runs(finished, {**labels, "seed": experiment.seeds})


class _Runs:
    """The runs of one sweep, with what is known of their places in the cache."""

    def __init__(self, experiment: Any, step: str, progress: bool | str) -> None:
        self.experiment, self.step, self.n_kept = experiment, step, 0
        self._progress = "transient" if progress is True else False
        self._places: dict[Any, CachedRun | None] = {}
        check_affects(type(experiment))
        # once: a user's own code may keep something while it runs
        self._code = code_of(type(experiment), step) if cache_folder(experiment.cache) else None

    def make(self, level: Any, seed: int) -> xr.Dataset:
        """Return a run, made or kept from before; raise Held if somebody else is making it."""
        data = None
        if (level, seed) not in self._places:
            data = checked_data(self.experiment.data(level, seed))
            self._places[level, seed] = CachedRun.of(
                self.experiment, level, seed, data, self.step, self._code
            )
        place = self._places[level, seed]
        if place is None:
            return self._run(level, seed, data, None)
        kept = place.load()
        if kept is not None:
            self.n_kept += 1
            return kept
        lock = place.lock()
        try:
            kept = place.load()  # somebody else may just have finished it
            if kept is None:
                kept = self._run(level, seed, data, place)
                place.save(kept)
            return kept
        finally:
            lock.release()

    def _run(
        self, level: Any, seed: int, data: dict[str, xr.Dataset] | None, place: CachedRun | None
    ) -> xr.Dataset:
        known = self.experiment.data(level, seed) if data is None else data

        def train(folder: Path | None) -> tuple[Any, xr.Dataset | None]:
            return checked_training(
                self.experiment.train(
                    level, seed, known, checkpoint=folder, progress=self._progress
                )
            )

        model, history = train(None) if place is None else train_in_place(place, train)
        run = getattr(self.experiment, self.step)(level, seed, model, known)
        taken = (*dims_of(self.experiment.over), "seed")
        return with_history(checked_run(run, self.step, taken), history)
