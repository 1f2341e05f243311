"""Who finds the wrong labels: the table of the loss, and confident learning on the same table."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization import confident_learning

__all__ = ["DETECTORS", "detectors"]

DETECTORS = ("confident learning", "table")


def detectors(runs: xr.Dataset) -> xr.Dataset:
    """
    Return the area under the ROC curve of both: ``detector_auroc`` (detector, loss, seed).

    Confident learning is NaN where cleanlab is not installed: it is no part of infonb, and what it
    says is therefore not kept with the runs.
    """
    name = xr.Variable("detector", np.array(DETECTORS, object))
    theirs = xr.full_like(runs.auroc, np.nan)
    for loss in runs.loss.values:
        for seed in runs.seed.values:
            theirs.loc[{"loss": loss, "seed": seed}] = _confident(runs.sel(loss=loss, seed=seed))
    both = xr.concat([theirs, runs.auroc], name)
    return both.rename("detector_auroc").to_dataset()


def _confident(run: xr.Dataset) -> float:
    about = {name: ("image", run[f"image_{name}"].values) for name in ("label", "is_wrong")}
    belief = run.target.drop_vars("image").assign_coords(about)
    wrong = belief.is_wrong.values.astype(bool)
    if wrong.all() or not wrong.any():
        return np.nan
    try:
        return float(confident_learning(belief, "image").auroc)
    except ImportError:
        return np.nan
