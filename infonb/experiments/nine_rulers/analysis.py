"""What the readings say of each other, and of what was planted: plain labelled arrays."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr

from infonb.experiments.nine_rulers.kinds import BUILT, NOISY
from infonb.memorization import agreement, find_planted

__all__ = [
    "ceiling", "counted", "network_order", "planted_found", "sample_agreement", "twins_found",
    "unit_agreement",
]  # fmt: skip

#: Networks that are not of the trained kind whose neurons are compared with each other.
_OTHER = (*BUILT, "logic gates")


def sample_agreement(runs: xr.Dataset, *, level: float = 0.95) -> xr.Dataset:
    """
    Return how alike rulers order the samples that were trained on: Kendall's τ of each pair.

    Dims (network, seed, ruler, sample) in; (network, ruler, other_ruler) out.

    Returns
    -------
    xarray.Dataset
        ``tau`` with ``interval`` and ``null_interval`` (..., bound): of each seed as of
        `infonb.memorization.agreement`, and then the mean over the seeds, also of the bounds.
        Units: 1.
    """
    score = runs["score"].isel(sample=np.flatnonzero(runs["is_in"].values))
    found = agreement(_plain(score, "ruler"), level=level)
    names = {"reading": "ruler", "other_reading": "other_ruler"}
    return _over_seeds(found.rename(names))[["tau", "interval", "null_interval"]]


def ceiling(runs: xr.Dataset) -> xr.DataArray:
    """
    Return how well in and out agrees with itself: τ of two halves of its repeats, (network,).

    No reading can be expected to agree with it much better. Of the samples that were trained on, a
    mean over seeds; NaN of networks with one repeat.
    """
    seen = np.flatnonzero(runs["is_in"].values)
    halves = runs["mem_half"].isel(sample=seen).astype(float)
    found = agreement(_plain(halves, "half").rename(half="ruler"))
    return _over_seeds(found).tau.isel(reading=0, other_reading=1, drop=True)


def planted_found(runs: xr.Dataset, *, level: float = 0.95) -> xr.Dataset:
    """
    Return how well each ruler finds each planted kind among typical samples, all trained on.

    Dims (network, seed, ruler, sample) in; (network, ruler, kind) out.

    Returns
    -------
    xarray.Dataset
        As of `infonb.memorization.find_planted`: ``auroc``, ``precision`` with their intervals, the
        mean over seeds, also of the bounds; ``chance`` (network, kind). Typical samples that have a
        wrong label in a network with noise are left out of it. Units: 1.
    """
    found = []
    for network in runs["network"].values.tolist():
        at = np.flatnonzero(counted(runs, network))
        score = _plain(runs["score"].sel(network=network), "ruler").isel(sample=at)
        kind = xr.DataArray(runs["kind"].values[at], dims="sample")
        one = _over_seeds(find_planted(score, kind, level=level))
        found.append(one.drop_vars(["n_known"], errors="ignore"))
    names = xr.IndexVariable("network", runs["network"].values)
    whole = xr.concat(found, names, coords="minimal", compat="override", combine_attrs="override")
    return whole.rename(reading="ruler")


def twins_found(runs: xr.Dataset, *, level: float = 0.95) -> xr.Dataset:
    """
    Return how well each ruler tells samples that were trained on from held-out twins of their kind.

    Dims (network, seed, ruler, sample) in; (network, ruler, kind) out. Above 0.5 the ruler is
    higher where the network has seen the sample: it sees memory; a ruler that is lower there sees
    how hard a sample is.

    Returns
    -------
    xarray.Dataset
        ``auroc`` and ``auroc_interval`` (..., bound), the mean over seeds, also of the bounds; NaN
        of rulers that say nothing of twins. Units: 1.
    """
    kinds = list(dict.fromkeys(runs["kind"].values.tolist()))
    found = []
    for kind in kinds:
        at = np.flatnonzero(runs["kind"].values == kind)
        score = _plain(runs["score"], "ruler").isel(sample=at)
        words = np.where(runs["is_in"].values[at], "in", "out").astype(object)
        one = find_planted(score, xr.DataArray(words, dims="sample"), against="out", level=level)
        found.append(_over_seeds(one)[["auroc", "auroc_interval"]].isel(kind=0, drop=True))
    names = xr.IndexVariable("kind", np.array(kinds, dtype=object))
    whole = xr.concat(found, names, combine_attrs="override").rename(reading="ruler")
    unknown = runs["score"].isel(sample=np.flatnonzero(~runs["is_in"].values)).isnull()
    known = ~unknown.all("sample").all("seed").drop_vars("seed", errors="ignore")
    return whole.where(known).transpose("network", "ruler", "kind", ...)


def unit_agreement(runs: xr.Dataset, *, level: float = 0.95) -> xr.Dataset:
    """
    Return how alike rulers order the units of a layer: Kendall's τ of each pair.

    Dims (network, seed, unit_ruler, layer, neuron) in; (network, unit_ruler, other_unit_ruler) out.

    Returns
    -------
    xarray.Dataset
        ``tau`` with ``interval`` and ``null_interval`` (..., bound): of each layer and seed, and
        then their mean, also of the bounds; ``null_tau``, the same in untrained networks. Units: 1.
    """
    score, null = (
        _plain(runs[name], "unit_ruler", "neuron") for name in ("unit_score", "unit_null")
    )
    whole = _over_seeds(agreement(score, dim="neuron", level=level), ("seed", "layer"))
    whole = whole[["tau", "interval", "null_interval"]]
    # of the null only τ is asked for, for which nothing is drawn
    whole["null_tau"] = _over_seeds(agreement(null, dim="neuron", draws=1), ("seed", "layer")).tau
    return whole.rename(reading="unit_ruler", other_reading="other_unit_ruler")


def network_order(runs: xr.Dataset, *, level: float = 0.95) -> xr.Dataset:
    """
    Return whether each ruler of networks orders them as the mean of in and out does.

    Dims (network, seed, network_ruler) in; (network_ruler,) out.

    Returns
    -------
    xarray.Dataset
        ``tau`` with ``interval``, ``null_interval`` (..., bound) and ``p_value``, of the means over
        seeds, *not turned*: below 0 where a ruler falls with memorization; ``tau_trained``, without
        networks of gates and those that are constructed, whose neurons are of another kind (attr
        ``n_trained``: how many are left); and ``tau_seed`` (network_ruler, seed). Units: 1.
    """
    score = runs["network_score"].drop_attrs()
    found = _with_first(score.mean("seed"), level)
    trained = [one for one in score["network"].values.tolist() if one not in _OTHER]
    found["tau_trained"] = _with_first(score.mean("seed").sel(network=trained), level).tau
    found.attrs["n_trained"] = len(trained)
    each = [_with_first(score.sel(seed=one, drop=True), level).tau for one in score["seed"].values]
    found["tau_seed"] = xr.concat(each, xr.IndexVariable("seed", score["seed"].values))
    return found


def _with_first(score: xr.DataArray, level: float) -> xr.Dataset:
    """Return τ of each ruler (network_ruler) with the first one, along the networks."""
    plain = score.rename(network_ruler="ruler").reset_coords(drop=True)
    found = agreement(plain.transpose("ruler", "network"), dim="network", level=level)
    one = found.isel(other_reading=0, drop=True).rename(reading="network_ruler")
    return one[["tau", "interval", "null_interval", "p_value"]]


def counted(runs: xr.Dataset, network: str) -> np.ndarray:
    """Return which samples count: trained on, and not typical ones with a wrong label."""
    seen = runs["is_in"].values
    if network not in NOISY:
        return np.asarray(seen)
    label = runs["label"].sel(network=network)
    label = label.isel(seed=0) if "seed" in label.dims else label
    noisy = (runs["kind"].values == "typical") & (label.values != runs["true_label"].values)
    return np.asarray(seen & ~noisy)


def _plain(values: xr.DataArray, ruler: str, last: str = "sample") -> xr.DataArray:
    """Return readings (..., ruler, sample) with the labels of the dims alone."""
    there = [name for name, c in values.coords.items() if c.dims != (name,)]
    return values.drop_vars(there).drop_attrs().transpose(..., ruler, last)


def _over_seeds(found: xr.Dataset, dims: tuple[str, ...] = ("seed",)) -> xr.Dataset:
    """Return the mean over seeds, also of bounds: no narrower than the interval of the mean."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what no seed knows
        return found.mean([dim for dim in dims if dim in found.dims], keep_attrs=True)
