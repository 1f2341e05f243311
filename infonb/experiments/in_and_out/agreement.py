"""How far a cheap reading of one training agrees with memorization: ranks, and planted flips."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["agreement", "auroc"]


def agreement(
    readings: Mapping[str, xr.DataArray], mem: xr.DataArray, *, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """
    Return a row for each reading (sample): Spearman's rank correlation with `mem`, and the AUROC.

    `mem` (sample) has the coordinate ``is_wrong``, of which the AUROC is. Intervals of 95 % by a
    bootstrap over the samples: they say how far other samples would agree, not other trainings.
    """
    wrong = mem["is_wrong"].values
    rows = []
    for name, reading in {**readings, "mem": mem}.items():
        values, other = reading.values.astype(float), mem.values
        rank = _with_interval(spearman, values, other, draws, seed)
        flips = _with_interval(auroc, values, wrong, draws, seed)
        rows.append({"reading": name, **_named("rank", rank), **_named("AUROC", flips)})
    return pd.DataFrame(rows).set_index("reading")


def _named(what: str, found: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip((what, f"{what} low", f"{what} high"), found, strict=True))


def _with_interval(
    statistic: Callable[[np.ndarray, np.ndarray], float], values: np.ndarray, other: np.ndarray,
    draws: int, seed: int,
) -> tuple[float, float, float]:  # fmt: skip
    """Return a statistic of samples with its percentile interval."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        at = rng.integers(0, values.size, values.size)
        drawn.append(statistic(values[at], other[at]))
    known = [one for one in drawn if np.isfinite(one)]  # not those of one class only
    low, high = np.quantile(known, [0.025, 0.975]) if known else (np.nan, np.nan)
    return statistic(values, other), float(low), float(high)


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Return the correlation of the ranks; NaN where one of the two is constant."""
    from scipy.stats import rankdata

    a, b = (rankdata(values) - (values.size + 1) / 2 for values in (first, second))
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size else np.nan


def auroc(score: np.ndarray, is_wrong: np.ndarray) -> float:
    """
    Return the probability that a wrong sample scores higher than another one, ties as halves.

    NaN with one class only.
    """
    from scipy.stats import rankdata

    n_wrong, n = int(is_wrong.sum()), is_wrong.size
    if n_wrong in (0, n):
        return np.nan
    ranks = rankdata(score)[is_wrong].sum() - n_wrong * (n_wrong + 1) / 2
    return float(ranks / (n_wrong * (n - n_wrong)))
