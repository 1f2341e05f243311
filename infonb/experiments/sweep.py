"""A run for each level and seed: kept when it is finished, gone on with when it was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.experiments.cache import KeptRun, cache_folder
from infonb.experiments.networks import MeasureParameters, collect
from infonb.progress import progress_bar

if TYPE_CHECKING:
    from torch import nn

__all__ = ["sweep"]

Data = Callable[[Any, int], tuple[xr.Dataset, xr.Dataset]]
Train = Callable[[Any, xr.Dataset, xr.Dataset, int, "Path | None"], "tuple[nn.Module, xr.Dataset]"]
Measure = Callable[[Any, "nn.Module", xr.Dataset, xr.Dataset, int], xr.Dataset]

#: Seconds between two looks at a run that another process is making.
_PAUSE = 1.0


def sweep(
    parameters: MeasureParameters,
    over: str,
    levels: Sequence[Any],
    *,
    data: Data,
    train: Train,
    measure: Measure,
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Make one run per level and seed, and put all into one labelled result.

    Parameters
    ----------
    parameters
        Of the experiment, with the list ``seed`` and the folder ``cache``.
    over
        Name of the dimension of the levels, such as ``alpha``.
    levels
        Labels along it: numbers or names.
    data
        Function (level, seed) → examples to train on and examples to measure on.
    train
        Function (level, examples, evaluation, seed, checkpoint) → network and history; it passes
        the checkpoint, a folder or None, on to `infonb.fit`.
    measure
        Function (level, network, history, evaluation, seed) → what the run leaves behind, as
        `infonb.experiments.networks.measure_run`.
    progress
        As in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        As `infonb.experiments.networks.collect`: dims (`over`, ``seed``, ...), with the
        activations of the first seed.

    Notes
    -----
    A finished run is kept in the cache, under a key of all parameters that it depends on, its level
    and seed, the code version and a checksum of its data, so that it is never made twice: not after
    an interruption, and not when levels or seeds are added. An interrupted training goes on from
    its last checkpoint. With other bins or another k the networks are measured again, not trained.

    Several processes may make the same sweep at once: each takes runs that no other is making, and
    all end with the same result.

    Examples
    --------
    See `infonb.experiments.colored_digits.run`.
    """
    seeds: Sequence[int] = parameters.seed  # type: ignore[attr-defined]
    steps = _Steps(parameters, data, train, measure, seeds[0], cache_folder(parameters.cache), {})
    pending = [(level, seed) for level in levels for seed in seeds]
    finished: dict[tuple[Any, int], xr.Dataset] = {}
    with progress_bar(show=progress, total=len(pending), desc="networks", unit="network") as bar:
        while pending:
            busy = []
            for level, seed in pending:
                bar.set_postfix_str(f"{over}={level}, seed={seed}", refresh=progress is True)
                run = steps.make(level, seed)
                if run is None:
                    busy.append((level, seed))
                else:
                    finished[level, seed] = run
                    bar.update(1)
            if len(busy) == len(pending):  # others are making all that is left
                time.sleep(_PAUSE)
            pending = busy
        bar.set_postfix_str(f"{steps.n_kept} kept from before" if steps.n_kept else "")
    return collect(lambda level, seed: finished[level, seed], over, levels, seeds, progress=False)


@dataclass
class _Steps:
    """The steps of a run, with what is known of its place in the cache."""

    parameters: MeasureParameters
    data: Data
    train: Train
    measure: Measure
    first_seed: int
    folder: Path | None
    places: dict[tuple[Any, int], KeptRun]
    n_kept: int = 0

    def make(self, level: Any, seed: int) -> xr.Dataset | None:
        """Return a run, made or kept from before; None if another process is making it."""
        activation = seed == self.first_seed
        if self.folder is None:
            return self._run(level, seed, *self.data(level, seed), None)
        parts = None
        if (level, seed) not in self.places:
            parts = self.data(level, seed)
            self.places[level, seed] = KeptRun.of(self.folder, self.parameters, level, seed, parts)
        place = self.places[level, seed]
        kept = place.load(activation=activation)
        if kept is not None:
            self.n_kept += 1
            return kept
        try:
            lock = place.lock()
        except RuntimeError:  # another process is at it
            return None
        try:
            kept = place.load(activation=activation)  # or has just finished
            if kept is not None:
                return kept
            run = self._run(level, seed, *(parts or self.data(level, seed)), place.folder)
            place.save(run, activation=activation)
            return run
        finally:
            lock.release()

    def _run(
        self,
        level: Any,
        seed: int,
        examples: xr.Dataset,
        evaluation: xr.Dataset,
        checkpoint: Path | None,
    ) -> xr.Dataset:
        model, history = self.train(level, examples, evaluation, seed, checkpoint)
        return self.measure(level, model, history, evaluation, seed)
