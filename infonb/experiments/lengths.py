"""What decides a claim besides the bins: the length of training, and the side of the ReLU."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.cache import CachedRun, cache_folder
from infonb.experiments.sweep import dims_of, sweep

if TYPE_CHECKING:
    from infonb.experiments.experiment import Experiment

__all__ = ["over_lengths"]

#: The two sides, as the parameter `activations` calls them, and in words.
_SIDES = {"pre": "before the ReLU", "post": "after the ReLU"}

#: At most so many neurons of each layer for mutual information.
_NEURONS = 24


def over_lengths(
    experiment: Experiment,
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
    from infonb.claims.sensitivity import sensitivity

    lengths = sorted({max(1, round(part * experiment.epochs)) for part in parts})  # type: ignore[attr-defined]
    over = dims_of(experiment)[0]
    columns = []
    with TemporaryDirectory() as temporary:
        if cache_folder(experiment.cache) is None:  # the two sides are those of one training
            experiment = experiment.changed(cache=temporary)
        before = None
        for length in lengths:
            now: Any = experiment.changed(epochs=length)
            if before is not None:
                _go_on(before, now, [start, end])
            rows = []
            for side in _SIDES:
                runs = sweep(
                    now.changed(activations=side), [start, end], step="record", progress=progress
                )
                activation = runs.activation.drop_attrs()
                layers = [f"layer {i}" for i in range(1, activation.sizes["layer"] + 1)]
                activation = activation.assign_coords(layer=np.array(layers, dtype=object))
                choices = {"bins": [now.bins], "k": [now.k], "n_neurons": _NEURONS}
                grid = sensitivity(
                    activation, over, start, end, directions=now.directions,
                    samples=[activation.sizes["sample"]], **choices,
                )  # fmt: skip
                rows.append(grid)
            columns.append(_joined(rows, "side", list(_SIDES.values())))
            before = now
    return _joined(columns, "epochs", lengths)


def _joined(grids: list[xr.Dataset], axis: str, labels: list[Any]) -> xr.Dataset:
    values = np.array(labels, dtype=object if isinstance(labels[0], str) else None)
    return xr.concat(grids, xr.Variable(axis, values), combine_attrs="override", join="override")


def _go_on(before: Experiment, now: Experiment, levels: Sequence[Any]) -> None:
    """Give the trainings of one length the checkpoints of the one before, wholly or not at all."""
    for level in levels:
        for seed in now.seeds:
            data = now.data(level, seed)
            shorter, longer = (CachedRun.of(one, level, seed, data) for one in (before, now))
            if shorter and longer and shorter.folder.exists() and not longer.folder.exists():
                partial = longer.folder.with_name(f".{longer.folder.name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                shutil.copytree(shorter.folder, partial, ignore=_measured)
                partial.rename(longer.folder)


def _measured(folder: str, names: list[str]) -> list[str]:
    """Leave out what was measured on the shorter training, its note and its lock."""
    return [name for name in names if Path(name).suffix == ".zarr" or name in ("run.json", "lock")]
