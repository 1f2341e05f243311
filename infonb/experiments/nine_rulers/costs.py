"""What each reading of samples costs: in trainings, and in seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

__all__ = ["TRAININGS", "with_costs"]

#: Trainings that a reading needs; in and out needs many, see `with_costs`.
TRAININGS = {
    "cumulative_loss": 1, "area_under_margin": 1, "forgetting_events": 1, "loss_curvature": 1,
    "pointwise_information": 1, "membership": 1, "early_learning": 1, "units_owned": 1,
    "density": 0,
}  # fmt: skip

#: The part of the samples that a training of in and out sees.
_SHARE = 0.5


def with_costs(runs: xr.Dataset, repeats: Sequence[int]) -> xr.Dataset:
    """
    Add ``trainings`` (ruler), the most of all networks, and ``seconds`` (network, seed, ruler).

    Seconds of CPU: the training and the reading itself. Of in and out they are those of one
    training on all samples, times the share that each sees, times how many there are.
    """
    rulers = runs["ruler"].values.tolist()
    of_network = xr.DataArray(2 * np.asarray(repeats), dims="network")
    trainings = [
        TRAININGS.get(name, int(of_network.max())) for name in rulers
    ]  # fmt: skip
    needs_one = xr.DataArray([TRAININGS.get(name, 0) for name in rulers], dims="ruler")
    one = runs["train_seconds"]
    seconds = one * needs_one + runs["own_seconds"]
    is_in_out = xr.DataArray([name == "in_out" for name in rulers], dims="ruler")
    seconds = xr.where(is_in_out, _SHARE * of_network * one, seconds)
    names = {"units": "s", "long_name": "seconds of CPU"}
    return runs.drop_vars(["own_seconds", "train_seconds"]).assign(
        trainings=("ruler", np.array(trainings)),
        seconds=seconds.transpose("network", "seed", "ruler").assign_attrs(names),
    )
