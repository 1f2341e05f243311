"""All that one network leaves behind: its readings of samples, units and layers, and their null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.nine_rulers.layers import (
    NETWORK_RULERS,
    accuracies,
    checked,
    of_layers,
    of_network,
)
from infonb.experiments.nine_rulers.readings import RULERS, sample_readings
from infonb.experiments.nine_rulers.units import of_units, recorded

if TYPE_CHECKING:
    from torch import nn

    from infonb.experiments.nine_rulers.training import Trained

__all__ = ["measured"]


def measured(
    trained: Trained, null: nn.Module, data: dict[str, xr.Dataset], *, projections: int,
    seed: int, **options: Any,
) -> xr.Dataset:  # fmt: skip
    """Return the readings of a network beside those of the same one before training."""
    samples = data["samples"]
    units, owned, unit_seconds = of_units(trained.network, data, seed=seed, **options)
    acts = recorded(trained.network, samples)
    readings, seconds = sample_readings(
        trained, data, acts, owned, projections=projections, seed=seed
    )
    seconds["units_owned"] = unit_seconds["units_owned"]
    before, _, _ = of_units(null, data, seed=seed, **options)
    layers = of_layers(trained.network, units, data["evaluation"])
    layers_before = of_layers(null, before, data["evaluation"])
    n = samples.sizes["sample"]
    rows = [readings.get(name, np.full(n, np.nan)) for name in RULERS]
    found = xr.Dataset(
        {
            "score": (("ruler", "sample"), np.array(rows, dtype=float)),
            "label": ("sample", samples["label"].values),
            "unit_score": units["unit_score"], "unit_null": before["unit_score"],
            "off_wrong": units["off_wrong"], "off_typical": units["off_typical"],
            "layer_score": layers, "layer_null": layers_before,
            "network_score": of_network(trained.network, data, layers),
            "network_null": of_network(null, data, layers_before),
            "own_seconds": ("ruler", [seconds.get(name, np.nan) for name in RULERS]),
            "reliable": checked(trained.network, data["evaluation"]),
            "top_sample": units["top_sample"],
            "train_seconds": trained.seconds,
            **accuracies(trained.network, data),
        },
        {"ruler": np.array(RULERS, dtype=object), "sample": samples["sample"].values},
    )  # fmt: skip
    # put together of parts, labels are sorted
    return found.sel(network_ruler=list(NETWORK_RULERS)).drop_vars("width", errors="ignore")
