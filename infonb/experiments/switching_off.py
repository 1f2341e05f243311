"""What becomes of a network's accuracy when its neurons are switched off, as part of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["interventions", "not_switched_off", "switched_off"]

#: The names of the variables in a run, and in what `infonb.intervene` returns.
_NAMES = {"switched_off": "value", "switched_off_null": "null"}

#: Drawn orders for each network; what is concluded rests on the mean of each and on the seeds.
_REPEATS = 20

_BY = ["lowest entropy", "highest entropy", "highest mutual information", "largest difference"]


def switched_off(
    model: Any, sets: Mapping[str, xr.Dataset], numbers: Sequence[int], *, entropy: xr.DataArray,
    information: xr.DataArray, difference: xr.DataArray, seed: int,
) -> dict[str, xr.DataArray]:  # fmt: skip
    """
    Return the accuracy on each set with so many neurons off, by their measures and drawn.

    Measures (layer, neuron), of pairs (layer, neuron, other_neuron), of the layers whose neurons
    are switched off → ``switched_off`` (by, number, set), ``switched_off_null`` (repeat, ...).
    """
    from infonb.selection import intervene
    from infonb.selection.interventions.switching_order import mean_information, scores
    from infonb.training.threads import torch_threads

    measures = {
        "entropy": entropy,
        "mutual information": mean_information(information),
        "difference": difference,
    }
    with torch_threads(1):  # in networks this small several threads only wait for each other
        found = intervene(
            model, sets, entropy.layer.values.tolist(), by=scores(measures, _BY), numbers=numbers,
            repeats=_REPEATS, seed=seed, batch_size=4096, progress=False,
        )  # fmt: skip
    return {
        name: found[variable].drop_vars(set(found[variable].coords) - {*found[variable].dims})
        for name, variable in _NAMES.items()
    }


def not_switched_off(sets: Sequence[str], numbers: Sequence[int]) -> dict[str, xr.DataArray]:
    """Return the same of a network whose neurons stay on: nothing but NaN."""
    coords: dict[str, Any] = {
        "number": np.array(numbers), "set": np.array(list(sets), dtype=object)
    }  # fmt: skip
    rows = {"switched_off": ("by", np.array(_BY, dtype=object))}
    rows["switched_off_null"] = ("repeat", np.arange(_REPEATS))
    return {
        name: xr.DataArray(np.nan, {dim: labels, **coords}, (dim, "number", "set"))
        for name, (dim, labels) in rows.items()
    }


def interventions(runs: xr.Dataset) -> xr.Dataset:
    """Return what `infonb.intervene` does, of the networks of an experiment that have it."""
    found = runs[list(_NAMES)].rename(_NAMES).assign_attrs(metric="accuracy")
    over = next(str(dim) for dim in found.value.dims if dim not in ("seed", "by", "number", "set"))
    there = found.value.notnull().any([dim for dim in found.value.dims if dim != over])
    return found.isel({over: there.values})
