"""What the conclusions on the circles depend on: each comparison under every convention."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from infonb.claims import compare_settings
from infonb.experiments.concentric_circles.claims import comparisons, further_comparisons
from infonb.experiments.concentric_circles.measures import by_side
from infonb.experiments.concentric_circles.recipes import Recipe

__all__ = ["compare_conditions"]


def compare_conditions(runs: xr.Dataset, recipes: Mapping[str, Recipe]) -> xr.Dataset:
    """
    Return one grid with the axes comparison, alignment and side of the ReLU.

    The entropy also has the axis edges, MI the axis estimator; values are means of the layers.
    """
    names = np.array(["ksg", "mixture"], dtype=object)
    estimators = xr.concat(
        [runs.mutual_information, runs.mixture_information],
        xr.Variable("estimator", names),
        combine_attrs="drop_conflicts",
    )
    return compare_settings(
        {"entropy": by_side(runs.entropy), "mutual_information": by_side(estimators)},
        "network",
        comparisons(recipes) + further_comparisons(recipes),
        {"entropy": 1, "mutual_information": -1},
        mean_of_layers=True,
    )
