"""Trainings of every network with and without each sample: others are held against these."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import xarray as xr

from infonb.experiments.in_out import InOut, scores_of
from infonb.experiments.nine_rulers.data import images_of
from infonb.experiments.nine_rulers.kinds import BUILT, NETWORKS, SLOW, planted_for
from infonb.experiments.nine_rulers.networks import fitting_of, new_network, probabilities
from infonb.experiments.nine_rulers.parameters import PlantedParameters, RulerParameters
from infonb.memorization import in_out
from infonb.parameters import parameter

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PlantedInOut", "PlantedInOutBuilt", "all_in_out", "repeats_of", "samples_of"]

#: Parameters that say what is planted.
_PLANTING = (
    "noise", "n_typical", "n_wrong", "n_outliers", "n_groups", "copies", "n_shortcut", "twins",
    "odd",
)  # fmt: skip


def samples_of(chosen: PlantedParameters, network: str) -> xr.Dataset:
    """Return all samples of a network with their twins; the same ones for every seed."""
    given = {name: getattr(chosen, name) for name in _PLANTING}
    return _drawn(network, chosen.dataset, chosen.folder, **given).copy()


@functools.lru_cache(maxsize=len(NETWORKS))
def _drawn(network: str, dataset: str, folder: str, **planting: Any) -> xr.Dataset:
    """Return the samples, drawn once for all the trainings that ask for them."""
    return planted_for(network, images_of(dataset, folder), seed=0, **planting)


@dataclass(frozen=True)
class PlantedInOut(PlantedParameters, InOut):
    """Planted samples in and out: what each network knows only because it saw it."""

    name, over = "nine_rulers_in_out", ("taught", "repeat", "fold")
    claim: ClassVar[str] = "Wrong labels and outliers are memorized; copies and shortcuts are not."

    taught: list[str] = parameter(
        list(NETWORKS), "kinds of networks", choices=NETWORKS, affects="selection"
    )

    def prepare(self) -> None:
        """Find the files of the data set before anything is created."""
        images_of(self.dataset, self.folder)

    def examples(self, taught: str, seed: int) -> xr.Dataset:
        """Return all samples with their twins, which are of the role null."""
        return samples_of(self, taught)

    def network(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> nn.Module:
        """Return a network with first weights of its own."""
        return new_network(self, level[0], data["train"], self.own_seed(level, seed))

    def fitting(self, level: Any, seed: int, data: dict[str, xr.Dataset]) -> dict[str, Any]:
        """Return how it is trained, in an order of samples of its own."""
        train = data["train"]
        n, n_classes = train.sizes["sample"], int(train.attrs["n_classes"])
        return fitting_of(self, level[0], n, n_classes) | super().fitting(level, seed, data)

    def scores(self, model: nn.Module, data: xr.Dataset) -> xr.Dataset:
        """Return the ``probability`` of the label, and whether it is the most probable one."""
        found = probabilities(model, data)
        label = data["label"].values
        its = found[np.arange(label.size), label]
        return xr.Dataset(
            {
                "right": ("sample", (found.argmax(axis=1) == label).astype(np.float32)),
                "probability": ("sample", its.astype(np.float32)),
            },
            {"sample": data["sample"].values},
        )


@dataclass(frozen=True)
class PlantedInOutBuilt(PlantedInOut):
    """Planted samples in and out of a network that is constructed: nothing is trained."""

    name = "nine_rulers_in_out_built"

    def train(
        self, level: Any, seed: int, data: dict[str, xr.Dataset], checkpoint: Path | None = None,
        progress: bool | str = False,
    ) -> tuple[nn.Module, None]:  # fmt: skip
        """Return the network, which is built at once."""
        return self.network(level, seed, data), None


def repeats_of(chosen: RulerParameters, network: str) -> int:
    """Return how often samples are divided anew with each seed, for a network."""
    return chosen.slow_repeats if network in SLOW else chosen.repeats


def all_in_out(chosen: RulerParameters, *, progress: bool | str, **where: Any) -> xr.Dataset:
    """
    Return in and out of all networks, by the probability of the label, and by halves of repeats.

    ``U``, ``V``, ``mem``, ``n_in``, ``n_out`` (network, seed, sample), ``mem_right`` by right or
    wrong, and ``mem_half`` (network, seed, half, sample): of every other repeat; NaN of one repeat.
    Networks that take long, or are built, have experiments of their own.
    """
    from infonb.training.threads import torch_threads

    groups = {
        name: [one for one in chosen.network if one in kinds]
        for name, kinds in {
            "quick": [one for one in NETWORKS if one not in (*SLOW, *BUILT)],
            "slow": SLOW,
            "built": BUILT,
        }.items()
    }
    shared = {one.name: getattr(chosen, one.name) for one in fields(PlantedParameters)
              if one.init and hasattr(chosen, one.name)}  # fmt: skip
    found = []
    for name, networks in groups.items():
        if not networks:
            continue
        made = PlantedInOutBuilt if name == "built" else PlantedInOut
        inner = made(**shared | where, taught=networks, repeats=repeats_of(chosen, networks[0]))
        # groups are trained side by side; one by one, several threads wait for each other
        with torch_threads(None if name == "quick" else 1):
            runs = super(InOut, inner).run(progress=progress)
        found.append(_of_runs(runs))
    whole = xr.concat(found, "network", coords="minimal", compat="override")
    return whole.sel(network=list(chosen.network))


def _of_runs(runs: xr.Dataset) -> xr.Dataset:
    """Return what is kept of the trainings: of each seed, whose repeats are pooled."""
    one = runs.drop_vars([name for name, c in runs.coords.items() if c.dims != (name,)])
    kept = one[["U", "V", "mem", "n_in", "n_out"]].sel(score="probability", drop=True)
    kept["mem_right"] = one["mem"].sel(score="right", drop=True)
    kept["mem_half"] = _halves(one)
    kept = kept.rename(taught="network")
    names = ("U", "V", "mem", "mem_right", "mem_half")
    return kept.assign({name: kept[name].astype(np.float32) for name in names})


def _halves(runs: xr.Dataset) -> xr.DataArray:
    """Return the memorization by every other repeat: (half, taught, seed, sample)."""
    parts = [slice(start, None, 2) for start in (0, 1)]
    n = runs.sizes["repeat"]
    probability = scores_of(runs).sel(score="probability", drop=True)
    if n < 2:
        empty = xr.full_like(runs["mem"].sel(score="probability", drop=True), np.nan)
        return xr.concat([empty, empty], xr.IndexVariable("half", [0, 1]))
    halves = [
        in_out(probability.isel(repeat=part), runs.held_out.isel(repeat=part)).mem for part in parts
    ]
    return xr.concat(halves, xr.IndexVariable("half", [0, 1]), combine_attrs="drop")
