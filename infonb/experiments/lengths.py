"""What decides a claim besides the bins: the length of training, and the side of the ReLU."""

from __future__ import annotations

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
    with TemporaryDirectory() as temporary:
        if cache_folder(now.cache) is None and not now.cluster:
            recorded = [
                both_sides_of(now.changed(epochs=length), ends, Path(temporary), progress)
                for length in lengths
            ]
        else:
            recorded = _kept(now, ends, lengths, temporary, progress)
    return sensitivity(
        joined(recorded, "epochs", lengths), dims_of(now.over)[0], start, end,
        direction=now.direction, bins=[now.bins], k=[now.k], n_neurons=_NEURONS,
        samples=[recorded[0].sizes["sample"]],
    )  # fmt: skip


def _kept(
    experiment: Any, ends: list[Any], lengths: list[int], temporary: str, progress: bool | str
) -> list[xr.DataArray]:
    """Return the activations after each length, in runs that are kept like any other."""
    now, recorded = experiment, []
    if cache_folder(now.cache) is None:  # the two sides are those of one training
        now = now.changed(cache=temporary)
    for before, length in zip([None, *lengths], lengths, strict=False):
        longer = now.changed(epochs=length)
        if before is not None:
            _go_on(now.changed(epochs=before), longer, ends)
        sides = [
            sweep(longer.changed(activations=side), ends, step="record", progress=progress)
            for side in SIDES
        ]
        recorded.append(of_both_sides(sides))
    return recorded


def _go_on(before: Any, now: Any, levels: Sequence[Any]) -> None:
    """Give the trainings of one length the checkpoints of the one before, wholly or not at all."""
    for level in levels:
        for seed in now.seeds:
            data = now.data(level, seed)
            shorter, longer = (CachedRun.of(one, level, seed, data) for one in (before, now))
            if shorter and longer and shorter.folder.exists():
                start_from(shorter, longer)
