"""A run for each level and seed: kept when it is finished, gone on with when it was interrupted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from infonb.experiments.cache import CachedRun, cache_folder, code_of
from infonb.experiments.code_digest import check_affects
from infonb.experiments.stacking import stack_runs
from infonb.progress import progress_bar

__all__ = ["checked_data", "checked_training", "dims_of", "sweep"]

#: What stands for a run that another process is making.
_BUSY = xr.Dataset()

#: Seconds between two looks at a run that another process is making.
_PAUSE = 1.0


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
    all end with the same result.
    """
    dims = dims_of(experiment.over)
    keys = [level if isinstance(level, tuple) else (level,) for level in levels]
    labels = {dim: list(dict.fromkeys(key[i] for key in keys)) for i, dim in enumerate(dims)}
    runs = _Runs(experiment, step, progress)
    pending = [(key, seed) for key in keys for seed in experiment.seeds]
    finished: dict[tuple[Any, ...], xr.Dataset] = {}
    with progress_bar(show=progress, total=len(pending), desc="networks", unit="network") as bar:
        while pending:
            busy = []
            for key, seed in pending:
                words = ", ".join(f"{d}={v}" for d, v in zip(dims, key, strict=True))
                bar.set_postfix_str(f"{words}, seed={seed}", refresh=progress is True)
                run = runs.make(key if len(dims) > 1 else key[0], seed)
                if run is _BUSY:
                    busy.append((key, seed))
                else:
                    finished[(*key, seed)] = run
                    bar.update(1)
            if len(busy) == len(pending):  # others are making all that is left
                time.sleep(_PAUSE)
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
        """Return a run, made or kept from before; `_BUSY` if another process is making it."""
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
        try:
            lock = place.lock()
        except RuntimeError:  # another process is at it
            return _BUSY
        try:
            kept = place.load()  # or has just finished
            if kept is None:
                kept = self._run(level, seed, data, place.folder)
                place.save(kept)
            return kept
        finally:
            lock.release()

    def _run(
        self, level: Any, seed: int, data: dict[str, xr.Dataset] | None, checkpoint: Path | None
    ) -> xr.Dataset:
        data = self.experiment.data(level, seed) if data is None else data
        model, history = checked_training(
            self.experiment.train(level, seed, data, checkpoint=checkpoint, progress=self._progress)
        )
        run = getattr(self.experiment, self.step)(level, seed, model, data)
        taken = (*dims_of(self.experiment.over), "seed")
        return with_history(checked_run(run, self.step, taken), history)


def checked_data(data: Any) -> dict[str, xr.Dataset]:
    """Return what the step `data` gave; raise a TypeError unless it is data sets by role."""
    if isinstance(data, dict) and all(isinstance(part, xr.Dataset) for part in data.values()):
        return data
    found = {k: type(v).__name__ for k, v in data.items()} if isinstance(data, dict) else type(data)
    raise TypeError(
        f"data must return {{role: xarray.Dataset}}, such as {{'train': ..., 'evaluation': ...}}; "
        f"not {found}."
    )


def checked_training(found: Any) -> tuple[Any, xr.Dataset | None]:
    """Return what the step `train` gave; raise a TypeError unless it is model and history."""
    pair = isinstance(found, tuple) and len(found) == 2
    if pair and (found[1] is None or isinstance(found[1], xr.Dataset)):
        return found
    what = f"({', '.join(type(one).__name__ for one in found)})" if pair else type(found).__name__
    raise TypeError(
        f"train must return the model, or several in any form, and a history: an xarray.Dataset "
        f"(epoch) or None; not {what}."
    )


def checked_run(run: Any, step: str, taken: tuple[str, ...]) -> xr.Dataset:
    """Return what a step measured; raise unless it is a dataset with names of its own."""
    if not isinstance(run, xr.Dataset):
        raise TypeError(f"{step} must return an xarray.Dataset; not {type(run).__name__}.")
    clash = [name for name in taken if name in run.variables or name in run.dims]
    if clash:
        raise ValueError(
            f"{step} returned something named {clash[0]!r}, the name of the dimension along which "
            "runs are put together; give it another name."
        )
    return run


def with_history(run: xr.Dataset, history: xr.Dataset | None) -> xr.Dataset:
    """
    Return what was measured with the course of the training beside it.

    That is the curves (epoch), ``final_...``: their values at the epoch whose weights were kept,
    the number of ``epochs``, and whatever else the training noted.
    """
    if history is None:
        return run
    curves = history.drop_vars([n for n, v in history.data_vars.items() if "epoch" not in v.dims])
    kept = history.attrs["best_epoch"] if history.attrs.get("keep") == "best" else None
    final = {
        f"final_{name}": curve.isel(epoch=-1, drop=True) if kept is None
        else curve.sel(epoch=kept, drop=True)
        for name, curve in curves.data_vars.items()
    }  # fmt: skip
    noted: dict[Any, xr.DataArray] = {**history.data_vars, **final}
    if curves.data_vars:
        noted["epochs"] = xr.DataArray(history.sizes["epoch"])
    twice = sorted(str(name) for name in noted.keys() & set(run.variables))
    if twice:
        raise ValueError(
            f"{twice[0]!r} is there twice: in what was measured and in the history of the "
            "training (or made of it); give one of them another name."
        )
    return run.assign(noted)
