"""The activations on both sides of the ReLU, recorded of trainings that are kept or go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.cache import CachedRun
from infonb.experiments.run_folder import digest
from infonb.experiments.runs import Claim, Runs, dims_of
from infonb.experiments.stacking import stack_runs, without_attrs
from infonb.experiments.sweep import make_here
from infonb.progress import progress_bar

__all__ = ["SIDES", "both_sides_of", "joined", "of_both_sides"]

#: The two sides, as the parameter `activations` calls them, and in words.
SIDES = {"pre": "before the ReLU", "post": "after the ReLU"}


def both_sides_of(
    experiment: Any, ends: Sequence[Any], folder: Path, progress: bool | str
) -> xr.DataArray:
    """
    Return the activations of some levels, dims (side, over, seed, layer, ...).

    Trainings are kept as those of any run, or, where no runs are kept, in the folder: what an
    earlier call with fewer epochs has left there is gone on with. Activations are not kept: to
    record them again takes less time than to read them.
    """
    dim = dims_of(experiment.over)[0]
    keys = {
        (level, seed): f"{dim}={level}, seed={seed}" for level in ends for seed in experiment.seeds
    }
    runs = _Recorded(experiment, folder, progress)
    with progress_bar(show=progress, total=len(keys), desc="networks", unit="network") as bar:
        made = make_here(runs, keys, bar, refresh=progress is True)
    stacked = stack_runs(made, {dim: list(ends), "seed": experiment.seeds})
    return stacked.activation.transpose("side", dim, "seed", ...)


def of_both_sides(sides: Sequence[xr.Dataset]) -> xr.DataArray:
    """Return the activations of both sides, dims (side, ...), with one name for each layer."""
    plain = [_without_samples(without_attrs(side[["activation"]]).activation) for side in sides]
    before, after = (side.layer.values.tolist() for side in plain)
    if before != after:  # fc1 and relu1 are one layer
        numbered = np.array([f"layer {i + 1}" for i in range(len(before))], dtype=object)
        plain = [side.assign_coords(layer=numbered) for side in plain]
    return joined(plain, "side", list(SIDES.values()))


def joined(arrays: Sequence[xr.DataArray], axis: str, labels: list[Any]) -> xr.DataArray:
    """Return arrays of the same coordinates along a new axis."""
    values = np.array(labels, dtype=object if isinstance(labels[0], str) else None)
    return xr.concat(
        arrays, xr.Variable(axis, values), coords="minimal", compat="override", join="override"
    )


def _without_samples(activation: xr.DataArray) -> xr.DataArray:
    of_samples = [name for name, coord in activation.coords.items() if "sample" in coord.dims]
    return activation.drop_vars(of_samples)


class _Recorded(Runs):
    """Runs of which both sides are recorded, and the training only is kept."""

    def __init__(self, experiment: Any, folder: Path, progress: bool | str) -> None:
        super().__init__(experiment, "record", progress)
        self._folder = folder

    def place(self, level: Any, seed: int, data: Any = None) -> Any:
        if (level, seed) not in self._places:
            known = self._data(level, seed) if data is None else data
            found = _Training.of(self.experiment, level, seed, known, self.step, self.code)
            own = _Place(self._folder / digest({"level": level, "seed": seed}))
            self._places[level, seed] = found or own  # type: ignore[assignment]
        return self._places[level, seed]

    def kept(self, level: Any, seed: int) -> None:
        return None

    def measured(self, claim: Claim, model: Any) -> xr.Dataset:
        sides = [
            self.experiment.changed(activations=side).record(
                claim.level, claim.seed, model, claim.data
            )
            for side in SIDES
        ]
        return of_both_sides(sides).to_dataset(name="activation")


class _Training(CachedRun):
    """The place of a training that is kept, and not what is recorded of its network."""

    def load(self) -> None:
        return None

    def save(self, run: xr.Dataset) -> None:
        """Keep nothing but the training, which has been noted."""


@dataclass
class _Place:
    """The folder of a training, which nobody else knows of; as a `CachedRun`, but nothing stays."""

    folder: Path

    def lock(self) -> Any:
        self.folder.mkdir(exist_ok=True)
        return self

    def release(self) -> None:
        """Nothing was locked."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        yield

    def note_down(self, **_: Any) -> None:
        """There is no note: files are those of this process."""

    def load(self) -> None:
        return None

    def save(self, run: xr.Dataset) -> None:
        """Nothing is kept."""
