"""Who finds the wrong labels: the table of the loss, confident learning on it, other readings."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import xarray as xr

from infonb.experiments.early_learning.suspicions import READINGS
from infonb.memorization import auroc, confident_learning, suspect_labels

__all__ = ["DETECTORS", "detectors"]

#: Those that decide of each label, before those that only order them.
DETECTORS = ("confident learning", "table", *READINGS)


def detectors(runs: xr.Dataset) -> xr.Dataset:
    """
    Return how well each finds wrong labels: dims (detector, loss, seed).

    ``detector_auroc``, the area under the ROC curve, and ``detector_accuracy``, the share of labels
    that are rightly called wrong or not; NaN for readings that decide nothing. Confident learning
    is NaN where cleanlab is not installed: it is no part of infonb, and what it says is therefore
    not kept with the runs.
    """
    name = xr.Variable("detector", np.array(DETECTORS, object))
    blank = xr.full_like(runs.auroc, np.nan)
    found = {
        (who, what): blank.copy() for who in DETECTORS for what in ("auroc", "accuracy")
    }  # fmt: skip
    for loss in runs.loss.values:
        for seed in runs.seed.values:
            at = {"loss": loss, "seed": seed}
            for key, value in _judged(runs.sel(at)).items():
                found[key].loc[at] = value
    return xr.Dataset(
        {
            f"detector_{what}": xr.concat([found[who, what] for who in DETECTORS], name)
            for what in ("auroc", "accuracy")
        }
    )


def _judged(run: xr.Dataset) -> dict[tuple[str, str], float]:
    """Return (detector, what) → value of one network; nothing where no label is wrong, or all."""
    wrong = run.image_is_wrong.values.astype(bool)
    if wrong.all() or not wrong.any():
        return {}
    label = run.image_label.values.astype(np.int64)
    about = {"label": ("image", label), "is_wrong": ("image", wrong)}
    belief = run.target.drop_vars("image").assign_coords(about)
    said = {DETECTORS[1]: suspect_labels(belief, "image")}
    with suppress(ImportError):
        said[DETECTORS[0]] = confident_learning(belief, "image")
    right = {who: float((one.suspect.values == wrong).mean()) for who, one in said.items()}
    areas = {who: float(one.auroc) for who, one in said.items()}
    is_wrong = xr.DataArray(wrong, dims="sample")
    for reading in READINGS:
        value = run.reading_value.sel(reading=reading, drop=True).drop_vars("image")
        if value.isnull().any():
            continue
        areas[reading] = float(auroc(value.rename(image="sample"), is_wrong).auroc)
    return {(who, "auroc"): area for who, area in areas.items()} | {
        (who, "accuracy"): share for who, share in right.items()
    }
