"""Gains of target over reference in each group of samples, with intervals of a bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.ranking import BOUND

__all__ = ["gains_by_group", "group_places", "joined"]

_WORDS = {
    "ppg": "population precision gap",
    "prg": "population recall gap",
    "aucg": "area between the survival curves of recall",
}


def group_places(values: xr.DataArray | xr.Dataset, by: str | None) -> dict[Any, np.ndarray]:
    """Return the places of the samples of each group, in order of appearance; {None: all}."""
    labels = values.coords.get(by) if by else None
    if labels is None and by and by != "role":
        there = [name for name, c in values.coords.items() if c.dims == ("sample",)]
        raise ValueError(
            f"the samples have no coordinate {by!r} but {there}; choose one, or None: all samples "
            "in one group."
        )
    if labels is None or labels.dims != ("sample",):
        return {None: np.arange(values.sizes["sample"])}
    names = dict.fromkeys(labels.values.tolist())
    return {name: np.flatnonzero(labels.values == name) for name in names}


def gains_by_group(
    scores: xr.Dataset, by: str | None, draws: int, level: float, seed: int
) -> xr.Dataset:
    """Return scores (..., model, sample) with the gains (..., group) and how many samples."""
    groups = group_places(scores, by)
    found = []
    for name, place in groups.items():
        own = scores[["precision", "recall"]].isel(sample=place)
        there = own.recall.isel(model=0).notnull()
        there = there.all([dim for dim in there.dims if dim != "sample"]).values
        if not there.any():
            where = "" if name is None else f" of {by} {name!r}"
            raise ValueError(f"no sample{where} has an object in its image: nothing to measure.")
        gains = _gains(own.isel(sample=np.flatnonzero(there)), draws, level, seed)
        n = int(there.sum())
        found.append(gains.assign(n_used=n, n_dropped=place.size - n))
    return scores.merge(joined(found, groups, "bound"), compat="no_conflicts", join="exact")


def joined(found: list, groups: dict[Any, np.ndarray], *inner: str) -> Any:
    """Return what was found of each group with a dim of their names, before the inner ones."""
    if list(groups) == [None]:
        return found[0]
    names = xr.Variable("group", np.array(list(groups), object))
    whole = xr.concat(found, names, coords="minimal", compat="override")
    return whole.transpose(..., "group", *inner, missing_dims="ignore")


def _gains(own: xr.Dataset, draws: int, level: float, seed: int) -> xr.Dataset:
    """Return the three gains and their intervals: (..., model, sample) → (...)."""
    less = {name: own[name].diff("model").isel(model=0, drop=True) for name in own}
    signs: list[Any] = [-np.sign(less["precision"]), -np.sign(less["recall"]), -less["recall"]]
    signs = [one.transpose(..., "sample") for one in xr.broadcast(*signs)]
    dims, values = signs[0].dims[:-1], np.stack([one.values for one in signs], axis=-2)
    bare = {name: c for name, c in signs[0].coords.items() if "sample" not in c.dims}
    result = xr.Dataset(coords={name: c for name, c in bare.items() if name != "model"})
    drawn = _drawn(values, draws, level, seed) if draws else None
    for at, name in enumerate(_WORDS):
        about = {"units": "1", "long_name": _WORDS[name]}
        # + 0.0: nothing less nothing is 0, not -0
        result[name] = (dims, values[..., at, :].mean(axis=-1) + 0.0, about)
        if drawn is not None:
            result[f"{name}_interval"] = ((*dims, "bound"), drawn[..., at, :], {"units": "1"})
    return result if drawn is None else result.assign_coords(bound=BOUND)


def _drawn(values: np.ndarray, draws: int, level: float, seed: int) -> np.ndarray:
    """Return the percentiles of means over samples drawn anew: (..., sample) → (..., bound)."""
    rng, n = np.random.default_rng(seed), values.shape[-1]
    means = np.empty((draws, *values.shape[:-1]))
    for draw in range(draws):
        counts = np.bincount(rng.integers(n, size=n), minlength=n)
        means[draw] = values @ counts / n
    tail = (1 - level) / 2
    return np.moveaxis(np.quantile(means, [tail, 1 - tail], axis=0), 0, -1)
