"""What the rows are judged on: numbers of each pair, of each draw of points, of each seed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

__all__ = [
    "FEW_DIRECTIONS", "by_memorizer", "information_table", "laws_table", "pairs_table", "ratio_of",
    "side_by_side",
]  # fmt: skip

#: Memorizers that keep a few directions or numbers only.
FEW_DIRECTIONS = ("projected", "relu", "bits")
_PAIRS = (
    "accuracy", "train_accuracy", "accuracy_null", "agreement", "sharp_agreement",
    "sharp_agreement_of_all", "sharp_accuracy", "nearest_accuracy",
)  # fmt: skip


def pairs_table(runs: xr.Dataset) -> xr.Dataset:
    """Return means over the seeds, each pair in the place of a seed: (memorizer, seed)."""
    kept = runs[[name for name in _PAIRS if name in runs]].mean("seed")
    return kept.rename(pair="seed").assign_coords(seed=np.arange(kept.sizes["pair"]))


def laws_table(runs: xr.Dataset) -> xr.Dataset:
    """Return what the laws are of, each draw of points in the place of a seed."""
    kept = runs[[name for name, values in runs.data_vars.items() if "draw" in values.dims]]
    return kept.drop_dims("seed", errors="ignore").rename(draw="seed")


def information_table(runs: xr.Dataset) -> xr.Dataset:
    """Return ``ratio`` MI / H of the layers that were measured: (layer, seed)."""
    return xr.Dataset({"ratio": ratio_of(runs)})


def ratio_of(runs: xr.Dataset) -> xr.DataArray:
    """Return mean MI over mean entropy of each layer: (layer, seed), of the pair measured."""
    # a layer belongs to one memorizer, and one pair is measured: all else is NaN
    both = runs[["entropy", "pair_information"]].max(["memorizer", "pair"])
    return (both["pair_information"] / both["entropy"]).rename("ratio")


def by_memorizer(runs: xr.Dataset, name: str) -> xr.DataArray:
    """Return means over pairs and seeds: (memorizer)."""
    return runs[name].mean(["pair", "seed"])


def side_by_side(less: xr.DataArray | float, more: xr.DataArray | float) -> xr.DataArray:
    """Return two numbers of each repeat, the second of which is claimed to be larger."""
    there = less if isinstance(less, xr.DataArray) else more
    assert isinstance(there, xr.DataArray)
    parts: Mapping[str, xr.DataArray] = {
        "less": xr.zeros_like(there) + less, "more": xr.zeros_like(there) + more,
    }  # fmt: skip
    side = xr.Variable("side", np.array(list(parts), object))
    return xr.concat(list(parts.values()), side, coords="minimal", compat="override")
