"""What the rows are judged on: numbers for each repeat, of the runs of all folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from infonb.experiments.in_out import InOut

__all__ = ["SMALL", "by_repeat", "judged", "overlap_of_top", "quantile_of"]

#: Spearman's ρ below which two orders of samples have little in common.
SMALL = 0.3


def judged(experiment: InOut, runs: xr.Dataset) -> xr.Dataset:
    """
    Return what the claims are about, each repeat in the place of a seed.

    Dims (learning_rate, checkpoint, seed) of ``q95``, ``q95_null``, ``held_out_density``,
    ``train_density``, ``rank_agreement`` and ``top_overlap`` with the nearest-neighbour ratio,
    ``c_t`` and ``auth_pct``, whose nulls have no checkpoint;
    ``mem`` (..., sample); ``pair_information`` (..., layer), ``entropy`` (edges, ..., layer).
    """
    found = experiment.by_repeat(runs)
    mem, seen = found.sel(score="log_density", drop=True), runs["role"].values
    known, null = (np.flatnonzero(seen == role) for role in ("regular", "null"))
    inside = ~runs["held_out"]
    ratio = by_repeat(runs["nearest_ratio"].where(inside))
    density, trained = runs["log_density"], inside.isel(sample=known)
    ordered = np.flatnonzero(np.isin(seen, ["regular", "single"]))
    pairs = [one.isel(sample=ordered).reset_coords(drop=True) for one in (mem, ratio)]
    return xr.Dataset({
        "mem": mem,
        "q95": quantile_of(mem, known),
        "q95_null": quantile_of(mem, null),
        "held_out_density": by_repeat(density.isel(sample=null).mean("sample")),
        "train_density": by_repeat(density.isel(sample=known).where(trained).mean("sample")),
        "rank_agreement": _by_row(_rho, *pairs),
        "top_overlap": _by_row(overlap_of_top, *pairs),
        **{name: by_repeat(runs[name]) for name in ("c_t", "auth_pct")},
        **{name: by_repeat(runs[name]) for name in ("c_t_null", "auth_pct_null")},
        "pair_information": by_repeat(runs["pair_information"]),
        "entropy": _entropy(runs),
    })  # fmt: skip


def by_repeat(values: xr.DataArray) -> xr.DataArray:
    """Return means over the folds, repeats of all seeds one after the other: (..., seed)."""
    mean = values.mean("fold", keep_attrs=True)
    stacked = mean.stack(training=("seed", "repeat")).drop_vars(["training", "seed", "repeat"])
    stacked = stacked.rename(training="seed").transpose("learning_rate", "seed", ...)
    return stacked.assign_coords(seed=np.arange(stacked.sizes["seed"]))


def quantile_of(mem: xr.DataArray, at: np.ndarray, q: float = 0.95) -> xr.DataArray:
    """Return a quantile of the memorization of some samples: (...)."""
    from infonb.memorization import memorization_quantiles

    return memorization_quantiles(mem.isel(sample=at), [q]).isel(quantile=0, drop=True)


def overlap_of_top(values: np.ndarray, other: np.ndarray, share: float = 0.05) -> float:
    """Return how many of the highest samples in one are among the highest in the other, too."""
    n = max(1, round(share * values.size))
    first = [set(np.argsort(-one, kind="stable")[:n].tolist()) for one in (values, other)]
    return len(first[0] & first[1]) / n


def _rho(values: np.ndarray, other: np.ndarray) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(values, other).statistic)


def _by_row(function: Any, values: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    """Return a function of two rows of samples, for each of the batch."""
    return xr.apply_ufunc(
        function, values, other, input_core_dims=[["sample"], ["sample"]], vectorize=True
    )


def _entropy(runs: xr.Dataset) -> xr.DataArray:
    """Return the median entropy of each layer, in the rulers of the bins: (edges, ..., layer)."""
    from infonb.claims import entropy_in_rulers

    found = entropy_in_rulers(runs[["entropy", "activation"]].rename(image="sample"))
    return by_repeat(found.median("neuron", keep_attrs=True))
