"""Who taught whom: the strongest teachers, of a learner and among all pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["partners", "strongest", "teachers_of"]


def partners(runs: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of learners in the role pair, and of their other copies."""
    at = np.flatnonzero(runs["role"].values == "pair")
    pairs = at.reshape(-1, 2)  # copies stand side by side
    return pairs.ravel(), pairs[:, ::-1].ravel()


def teachers_of(found: xr.Dataset, sample: int, n: int = 5) -> pd.DataFrame:
    """Return the strongest teachers of a sample, with what is the strongest by chance."""
    one = found.sel(sample=sample)
    order = np.argsort(-np.nan_to_num(one.influence.values, nan=-np.inf), kind="stable")[:n]
    chance = float(one["null"].max())
    return pd.DataFrame({
        "teacher": one.other_sample.values[order], "influence": one.influence.values[order],
        "trainings in": one.n_in.values[order], "trainings out": one.n_out.values[order],
        "by chance": chance,
    })  # fmt: skip


def strongest(found: xr.Dataset, among: np.ndarray, n: int = 6, least: int = 5) -> pd.DataFrame:
    """
    Return the pairs of highest influence among some places, with the highest of the null there.

    A pair counts with at least so many trainings with the teacher in and as many without.
    """
    at = {"sample": among, "other_sample": among}
    part = found.isel(at)
    enough = (part.n_in >= least) & (part.n_out >= least)
    values = np.nan_to_num(part.influence.where(enough).values, nan=-np.inf)
    order = np.argsort(-values, axis=None, kind="stable")[:n]
    order = order[np.isfinite(values.ravel()[order])]
    learner, teacher = np.unravel_index(order, values.shape)
    return pd.DataFrame({
        "learner": among[learner], "teacher": among[teacher], "influence": values.ravel()[order],
        "highest by chance": float(part["null"].where(enough).max()),
    })  # fmt: skip
