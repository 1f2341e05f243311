"""How well smaller models, and earlier checkpoints, predict what the largest memorizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from infonb.experiments.predictable_memorization.sizes import in_order, largest
from infonb.memorization import memorization_prediction

__all__ = ["TRAINED", "equal_compute", "precision_of_copies", "recommended", "share_by_copies",
           "with_prediction"]  # fmt: skip

#: What models are trained on.
TRAINED = ("planted", "background")
_WAYS = ("largest, early", "smaller, finished")


def with_prediction(runs: xr.Dataset) -> xr.Dataset:
    """
    Return the runs with precision, recall, counts and compute of each model and checkpoint.

    ``precision``, ``recall``, ``n_predicted``, ``n_truth``, ``n_both`` (size, seed, checkpoint), of
    all sequences that are trained on; ``..._seen`` of those that the first checkpoint had seen;
    ``flops`` (size, checkpoint) and ``compute_share``, its share of the largest model's training.
    NaN for the control without copies, which has another corpus.
    """
    sizes = in_order(runs.size.values.tolist())
    one = runs.sel(size=sizes)
    at = np.flatnonzero(np.isin(one["role"].values, TRAINED))
    memorized = one.memorized.isel(sample=at).astype(bool)
    first_seen = one.first_seen.sel(size=sizes[-1], drop=True).isel(sample=at)
    kept: dict[str, list[xr.Dataset]] = {"": [], "_seen": []}
    for seed in one.seed.values:
        own = memorized.sel(seed=seed, drop=True)
        own = own.assign_coords(first_seen=("sample", first_seen.sel(seed=seed).values))
        truth = own.sel(size=sizes[-1], drop=True).isel(checkpoint=-1, drop=True)
        options: dict[str, Any] = {
            "n_parameters": one.n_parameters.isel(seed=0, drop=True),
            "n_tokens": one.n_tokens.isel(seed=0, size=0, drop=True),
        }
        kept[""].append(memorization_prediction(own, truth, **options))
        windows = int(one.n_windows.isel(size=0, seed=0, checkpoint=0))
        kept["_seen"].append(memorization_prediction(own, truth, seen_before=windows))
    joined = {
        end: xr.concat(parts, one.seed, combine_attrs="override") for end, parts in kept.items()
    }
    found = joined[""].drop_vars("flops").assign(
        flops=joined[""].flops.isel(seed=0, drop=True)
    )  # fmt: skip
    seen = joined["_seen"].rename({name: f"{name}_seen" for name in joined["_seen"].data_vars})
    found = xr.merge([found.reset_coords(drop=True), seen.reset_coords(drop=True)],
                     combine_attrs="drop")  # fmt: skip
    found["compute_share"] = found.flops / found.flops.sel(size=sizes[-1]).isel(checkpoint=-1)
    return runs.assign(found.reindex(size=runs["size"].values).transpose("size", "seed", ...))


def share_by_copies(runs: xr.Dataset) -> xr.DataArray:
    """Return the share of planted sequences that is memorized: (copies, size, seed, checkpoint)."""
    planted = runs["planted"].values
    levels = np.unique(planted[planted > 0])
    parts = [runs.memorized.isel(sample=np.flatnonzero(planted == n)).mean("sample")
             for n in levels]  # fmt: skip
    return xr.concat(parts, xr.Variable("copies", levels))


def precision_of_copies(runs: xr.Dataset, size: str) -> xr.DataArray:
    """
    Return the precision of counting copies, without a model: (seed), NaN where nothing is told.

    Told are as many planted sequences as the finished model of this size recites: those with the
    most copies; of sequences with as many copies as each other, the mean of all choices.
    """
    planted = runs["planted"].values
    at = np.flatnonzero(planted > 0)
    end = runs.memorized.isel(checkpoint=-1, sample=at).astype(bool)
    end = end.transpose("size", "seed", "sample")
    true = end.sel(size=largest(runs["size"].values.tolist())).values
    found = []
    for told, real in zip(end.sel(size=size).values.sum(1), true, strict=True):
        left, right = int(told), 0.0
        for level in np.unique(planted[at])[::-1]:
            here = planted[at] == level
            taken = min(left, int(here.sum()))
            right, left = right + taken * float(real[here].mean()), left - taken
        found.append(right / told if told else np.nan)
    return xr.DataArray(found, {"seed": runs.seed.values}, ("seed",))


def equal_compute(runs: xr.Dataset) -> xr.DataArray:
    """
    Return the recall of finished smaller models, and of the largest stopped for as much compute.

    Dims (way, size, seed): of the largest its latest checkpoint that cost no more; NaN where it had
    none so early. Of sequences that the first checkpoint had seen.
    """
    sizes = in_order(runs["size"].values.tolist())
    compute, recall = runs.compute_share, runs.recall_seen
    along = compute.sel(size=sizes[-1]).values
    rows = []
    for size in sizes[:-1]:
        finished = recall.sel(size=size).isel(checkpoint=-1, drop=True)
        budget = float(compute.sel(size=size).isel(checkpoint=-1))
        before = np.flatnonzero(along <= budget * (1 + 1e-9))
        early = recall.sel(size=sizes[-1])
        early = (
            early.isel(checkpoint=int(before[-1]), drop=True)
            if before.size
            else (xr.full_like(finished, np.nan))
        )
        both = [early.drop_vars("size", errors="ignore"), finished.drop_vars("size")]
        rows.append(xr.concat(both, xr.Variable("way", np.array(_WAYS, object))))
    if not rows:
        return xr.DataArray(np.empty((2, 0, runs.sizes["seed"])), {"way": list(_WAYS)},
                            ("way", "size", "seed"))  # fmt: skip
    return xr.concat(rows, xr.Variable("size", np.array(sizes[:-1], object))).transpose(
        "way", "size", "seed"
    )


def recommended(
    runs: xr.Dataset, budgets: tuple[float, ...] = (0.02, 0.05, 0.1, 0.25, 0.5)
) -> pd.DataFrame:
    """
    Return which model, looked at when, predicts most for a share of the compute: a row a budget.

    Of all models and checkpoints that cost no more than it the one of the highest recall (mean of
    the seeds), with its precision; the cheaper of equals. No row where none foretells anything.
    """
    sizes = in_order(runs["size"].values.tolist())
    one = runs[["recall_seen", "precision_seen"]].sel(size=sizes).mean("seed")
    compute = runs.compute_share.sel(size=sizes)
    rows = []
    for budget in budgets:
        cost = compute.values
        # the one that is predicted, finished, is no prediction
        can = [
            (i, j) for i, j in np.argwhere(cost <= budget * (1 + 1e-9)).tolist()
            if (i, j) != (len(sizes) - 1, cost.shape[1] - 1)
            and float(one.recall_seen[i, j]) > 0
        ]  # fmt: skip
        if not can:
            continue
        i, j = max(can, key=lambda at: (float(one.recall_seen[at]), -cost[at]))
        at = one.isel(size=i, checkpoint=j)
        rows.append({
            "budget": f"{100 * budget:g} %", "width": sizes[i],
            "trained for": f"{100 * float(one.checkpoint[j]):.0f} %",
            "compute": float(cost[i, j]), "recall": float(at.recall_seen),
            "precision": float(at.precision_seen),
        })  # fmt: skip
    columns = ["budget", "width", "trained for", "compute", "recall", "precision"]
    return pd.DataFrame(rows, columns=columns).set_index("budget")
