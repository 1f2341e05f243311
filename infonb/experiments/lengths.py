"""What decides a claim besides the bins: the length of training, and the side of the ReLU."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xarray as xr

from infonb.claims.sensitivity import sensitivity
from infonb.experiments.both_sides import SIDES, both_sides_of, joined, of_both_sides
from infonb.experiments.cache import CachedRun, cache_folder
from infonb.experiments.kept_training import start_from
from infonb.experiments.runs import dims_of
from infonb.experiments.sweep import sweep

__all__ = ["over_lengths"]

#: At most so many neurons of each layer for mutual information.
_NEURONS = 24


def over_lengths(
    experiment: Any,
    start: Any,
    end: Any,
    *,
    parts: Sequence[float] = (0.125, 0.25, 0.5, 1.0),
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Compare two levels after several lengths of training, before and after the ReLU.

    The experiment has the parameters ``epochs``, ``activations``, ``bins`` and ``k`` and the step
    ``record``. Each length is a run of its own, trained on from the shorter one and kept like any
    other (with ``cache="none"`` only while this runs). Training that stops early is not longer than
    that. Returns the grid of `infonb.claims.sensitivity` with the axes epochs and side.
    """
    now, ends = experiment, [start, end]
    lengths = sorted({max(1, round(part * now.epochs)) for part in parts})
    recorded = []
    with TemporaryDirectory() as temporary:
        if _cannot_keep(now):
            now = now.changed(cache="none")
        if now.cluster and cache_folder(now.cache) is None:
            now = now.changed(cache=temporary)  # the two sides are those of one training
        for before, length in zip([None, *lengths], lengths, strict=False):
            longer = now.changed(epochs=length)
            if before is not None:
                _go_on(now.changed(epochs=before), longer, ends)
            recorded.append(
                _on_cluster(longer, ends, progress) if now.cluster
                else both_sides_of(longer, ends, Path(temporary), progress)
            )  # fmt: skip
    return sensitivity(
        joined(recorded, "epochs", lengths), dims_of(now.over)[0], start, end,
        direction=now.direction, bins=[now.bins], k=[now.k], n_neurons=_NEURONS,
        samples=[recorded[0].sizes["sample"]],
    )  # fmt: skip


def _cannot_keep(experiment: Any) -> bool:
    """Whether runs are read from a folder in which nothing can be written."""
    folder = cache_folder(experiment.cache)
    return folder is not None and folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK)


def _on_cluster(experiment: Any, ends: list[Any], progress: bool | str) -> xr.DataArray:
    """Return the activations of both sides, made by other processes as runs like any other."""
    return of_both_sides([
        sweep(experiment.changed(activations=side), ends, step="record", progress=progress)
        for side in SIDES
    ])  # fmt: skip


def _go_on(before: Any, now: Any, levels: Sequence[Any]) -> None:
    """Give the trainings of one length the checkpoints of the one before, wholly or not at all."""
    for level in levels:
        for seed in now.seeds:
            data = now.data(level, seed)
            shorter, longer = (CachedRun.of(one, level, seed, data) for one in (before, now))
            if shorter and longer and shorter.folder.exists():
                start_from(shorter, longer)
