"""Who taught whom: the strongest teachers, of a learner and among all pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["chance_words", "partners", "strongest", "teachers_of"]


def partners(runs: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of learners in the role pair, and of their other copies."""
    at = np.flatnonzero(runs["role"].values == "pair")
    pairs = at.reshape(-1, 2)  # copies stand side by side
    return pairs.ravel(), pairs[:, ::-1].ravel()


def teachers_of(found: xr.Dataset, sample: int, n: int = 5) -> pd.DataFrame:
    """Return the strongest teachers of a sample, with what is the strongest by chance."""
    one = found.sel(sample=sample)
    values = np.nan_to_num(one.influence.values, nan=-np.inf)
    order = np.argsort(-values, kind="stable")[: min(n, int(np.isfinite(values).sum()))]
    chance = np.nan_to_num(one["null"].values, nan=-np.inf).max()
    return pd.DataFrame({
        "teacher": one.other_sample.values[order], "influence": one.influence.values[order],
        "trainings in": one.n_in.values[order], "trainings out": one.n_out.values[order],
        "by chance": chance,
    })  # fmt: skip


def strongest(found: xr.Dataset, among: np.ndarray, label: np.ndarray, n: int = 6) -> pd.DataFrame:
    """
    Return the pairs of highest influence among some places, with the highest of the null there.

    `label` of all places: teacher and learner have the same one, else most of what is highest among
    so many pairs is chance. A pair counts if at least half as many trainings as usual have the
    teacher in, and out.
    """
    at = {"sample": among, "other_sample": among}
    part = found.isel(at)
    enough = np.minimum(part.n_in, part.n_out) >= max(1.0, float(part.n_out.median()) / 2)
    enough = enough & (label[among][:, None] == label[among])
    values = np.nan_to_num(part.influence.where(enough).values, nan=-np.inf)
    order = np.argsort(-values, axis=None, kind="stable")[:n]
    order = order[np.isfinite(values.ravel()[order])]
    learner, teacher = np.unravel_index(order, values.shape)
    return pd.DataFrame({
        "learner": among[learner], "teacher": among[teacher], "influence": values.ravel()[order],
        "highest by chance": np.nan_to_num(part["null"].where(enough), nan=-np.inf).max(),
    })  # fmt: skip


def chance_words(pairs: pd.DataFrame) -> str:
    """Return how many of the strongest pairs are above what is the highest of all by chance."""
    if not len(pairs):
        return "With so few repeats there is no such pair."
    highest = pairs["highest by chance"].max()
    above = int((pairs["influence"] > highest).sum())
    return (
        f"By chance the highest of all such pairs is {highest:.2f} (the same, with permuted "
        f"memberships of the networks). Of these {len(pairs)} pairs "
        f"{above if above else 'none'} {'is' if above < 2 else 'are'} above that."
    )
