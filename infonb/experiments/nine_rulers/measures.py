"""All that one network leaves behind: its readings of samples, units and layers, and their null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.experiments.nine_rulers.layers import (
    NETWORK_RULERS,
    accuracies,
    checked,
    of_evaluation,
    of_layers,
    of_network,
)
from infonb.experiments.nine_rulers.readings import RULERS, sample_readings
from infonb.experiments.nine_rulers.units import of_units, recorded
from infonb.experiments.nine_rulers.unseen import of_unseen

if TYPE_CHECKING:
    from torch import nn

    from infonb.experiments.nine_rulers.training import Trained

__all__ = ["measured"]


def measured(
    trained: Trained, null: nn.Module, data: dict[str, xr.Dataset], *, projections: int,
    views: int, units: int, bins: int, mi_bins: int, seed: int,
) -> xr.Dataset:  # fmt: skip
    """Return the readings of a network beside those of the same one before training."""
    samples = data["samples"]
    shared = {"units": units, "mi_bins": mi_bins, "seed": seed}
    asked, label = of_evaluation(trained.network, data["evaluation"])
    unseen = of_unseen(asked, label, bins=bins, **shared)
    of_each, owned, owned_seconds = of_units(trained.network, data, unseen, views=views, **shared)
    acts = recorded(trained.network, samples)
    readings, seconds = sample_readings(
        trained, data, acts, owned, projections=projections, seed=seed
    )
    seconds["units_owned"] = owned_seconds
    asked_before, _ = of_evaluation(null, data["evaluation"])
    unseen_before = of_unseen(asked_before, label, bins=bins, **shared)
    before, _, _ = of_units(null, data, unseen_before, views=views, **shared)
    layers, layers_before = of_layers(of_each, unseen), of_layers(before, unseen_before)
    n = samples.sizes["sample"]
    rows = [readings.get(name, np.full(n, np.nan)) for name in RULERS]
    found = xr.Dataset(
        {
            "score": (("ruler", "sample"), np.array(rows, dtype=float)),
            "label": ("sample", samples["label"].values),
            "unit_score": of_each["unit_score"], "unit_null": before["unit_score"],
            "off_wrong": of_each["off_wrong"], "off_typical": of_each["off_typical"],
            "layer_score": layers, "layer_null": layers_before,
            "layer_entropy": unseen["layer_entropy"],
            "network_score": of_network(trained.network, data, layers),
            "network_null": of_network(null, data, layers_before),
            "own_seconds": ("ruler", [seconds.get(name, np.nan) for name in RULERS]),
            "reliable": checked(asked, label),
            "top_sample": of_each["top_sample"],
            "train_seconds": trained.seconds,
            **accuracies(trained.network, data),
        },
        {"ruler": np.array(RULERS, dtype=object), "sample": samples["sample"].values},
    )  # fmt: skip
    # put together of parts, labels are sorted
    return found.sel(network_ruler=list(NETWORK_RULERS)).drop_vars("width", errors="ignore")
