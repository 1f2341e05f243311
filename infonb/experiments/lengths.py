"""What decides a claim besides the bins: the length of training, and the side of the ReLU."""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.sensitivity import sensitivity
from infonb.experiments.cache import CachedRun, cache_folder
from infonb.experiments.kept_training import start_from
from infonb.experiments.runs import dims_of
from infonb.experiments.sweep import sweep

__all__ = ["over_lengths"]

#: The two sides, as the parameter `activations` calls them, and in words.
_SIDES = {"pre": "before the ReLU", "post": "after the ReLU"}

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
    other. Training that stops early is not longer than that. Returns the grid of
    `infonb.claims.sensitivity` with the axes epochs and side.
    """
    now = experiment
    lengths = sorted({max(1, round(part * now.epochs)) for part in parts})
    recorded = []
    with TemporaryDirectory() as temporary:
        if cache_folder(now.cache) is None:  # the two sides are those of one training
            now = now.changed(cache=temporary)
        for before, length in zip([None, *lengths], lengths, strict=False):
            longer = now.changed(epochs=length)
            if before is not None:
                _go_on(now.changed(epochs=before), longer, [start, end])
            recorded.append(_both_sides(longer, [start, end], progress))
    return sensitivity(
        _joined(recorded, "epochs", lengths), dims_of(now.over)[0], start, end,
        direction=now.direction, bins=[now.bins], k=[now.k], n_neurons=_NEURONS,
        samples=[recorded[0].sizes["sample"]],
    )  # fmt: skip


def _both_sides(experiment: Any, ends: list[Any], progress: bool | str) -> xr.DataArray:
    """Return the activations before and after the ReLU, dims (side, over, seed, layer, ...)."""
    sides = []
    for side in _SIDES:
        one = experiment.changed(activations=side)
        activation = sweep(one, ends, step="record", progress=progress).activation.drop_attrs()
        of_samples = [name for name, coord in activation.coords.items() if "sample" in coord.dims]
        sides.append(activation.drop_vars(of_samples))
    before, after = (side.layer.values.tolist() for side in sides)
    if before != after:  # fc1 and relu1 are one layer
        numbered = np.array([f"layer {i + 1}" for i in range(len(before))], dtype=object)
        sides = [side.assign_coords(layer=numbered) for side in sides]
    return _joined(sides, "side", list(_SIDES.values()))


def _joined(arrays: list[xr.DataArray], axis: str, labels: list[Any]) -> xr.DataArray:
    values = np.array(labels, dtype=object if isinstance(labels[0], str) else None)
    return xr.concat(
        arrays, xr.Variable(axis, values), coords="minimal", compat="override", join="override"
    )


def _go_on(before: Any, now: Any, levels: Sequence[Any]) -> None:
    """Give the trainings of one length the checkpoints of the one before, wholly or not at all."""
    for level in levels:
        for seed in now.seeds:
            data = now.data(level, seed)
            shorter, longer = (CachedRun.of(one, level, seed, data) for one in (before, now))
            if shorter and longer and shorter.folder.exists():
                start_from(shorter, longer)
