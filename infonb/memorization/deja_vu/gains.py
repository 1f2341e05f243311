"""How much better one model knows the objects of images than another: PPG, PRG and AUCG."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.deja_vu.objects import (
    precision_recall,
    predicted_objects,
    true_objects,
)
from infonb.memorization.ranking import BOUND
from infonb.validate import check_dim, check_integer, check_level

__all__ = ["deja_vu_gains", "group_places", "joined", "recall_survival"]

MODELS = np.array(["target", "reference"], object)
_METRICS = ("ppg", "prg", "aucg")
_WORDS = {
    "ppg": "population precision gap",
    "prg": "population recall gap",
    "aucg": "area between the survival curves of recall",
}


def deja_vu_gains(
    target: xr.Dataset | xr.DataArray,
    reference: xr.Dataset | xr.DataArray,
    objects: xr.DataArray,
    public_objects: xr.DataArray | None = None,
    *,
    k: int | None = None,
    top_objects: int | None = None,
    by: str | None = "role",
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how much better a model knows the objects of images by their captions than another.

    Dims (\*batch, sample, neighbor) and (sample, object) in; (\*batch, group) out.

    .. math:: \mathrm{PPG} = \tfrac{1}{n} \sum_z \operatorname{sign}(p_A(z) - p_B(z)), \quad
        \mathrm{PRG} = \tfrac{1}{n} \sum_z \operatorname{sign}(r_A(z) - r_B(z)), \quad
        \mathrm{AUCG} = \tfrac{1}{n} \sum_z (r_A(z) - r_B(z))

    with precision p and recall r of the predicted objects, by the target A and the reference B.

    Parameters
    ----------
    target
        What the model says that may have seen the samples: neighbours of their captions
        (`nearest_public`); or objects that it predicts, bool (\*batch, sample, object).
    reference
        The same of a model that has not seen them; embeddings may be of another width.
    objects
        Which objects the samples' own images show, bool (sample, object). Samples without any are
        left out, and counted.
    public_objects
        Which objects the public images show, bool (public, object). Not needed for predictions.
    k, top_objects
        As in `predicted_objects`.
    by
        A coordinate of the samples of `objects`: each of its groups is measured by itself, in the
        order in which they come. Where it is missing (or None), all samples are one group. Give
        the samples a ``role`` with a null group, one that neither model has seen.
    draws
        Of the bootstrap: samples of a group drawn anew, with replacement; 0: no intervals.
    level
        Probability that an interval covers.
    seed
        Of the bootstrap.

    Returns
    -------
    xarray.Dataset
        ``ppg``, ``prg``, ``aucg`` (\*batch, group), -1 … 1, and ``ppg_interval`` etc. (\*batch,
        group, bound); ``n_used``, ``n_dropped`` (group). Of each sample ``precision``, ``recall``
        (NaN where dropped), ``n_correct`` (\*batch, model, sample), model ``target`` and
        ``reference``; and ``min_dist`` (\*batch, sample), the distance of the target's nearest
        neighbour, where neighbours with distances are given. Without groups: no dim ``group``.

    Raises
    ------
    TypeError, ValueError
        For arrays without these dims, of other samples, and a group in which no sample is left.

    Notes
    -----
    Exchanging the two models changes all signs; of a model and itself all three are 0. On samples
    that neither has seen they differ from 0 by chance only, within about :math:`3 / \sqrt n`.
    The published code takes the area by a sum over 100 bins; the area under a survival curve *is*
    the mean, and is taken as such. An empty prediction has precision 0.

    The intervals are about other samples, not about models that are trained anew: for that,
    compare seeds. Signs count how many samples are known better and say nothing of how much:
    a group may have a PRG and no AUCG.

    References
    ----------
    Jayaraman, Guo and Chaudhuri, "Déjà Vu Memorization in Vision-Language Models", NeurIPS 2024.

    Examples
    --------
    >>> shows = [[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    >>> public_objects = xr.DataArray(np.array(shows, bool), dims=("public", "object"))
    >>> own = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]]
    >>> objects = xr.DataArray(np.array(own, bool), dims=("sample", "object"))
    >>> a, b = (
    ...     xr.DataArray(np.array(place)[:, None], dims=("sample", "neighbor"))
    ...     for place in ([0, 2, 2, 0], [1, 3, 1, 1])
    ... )
    >>> found = deja_vu_gains(a, b, objects, public_objects, draws=0)
    >>> [round(float(found[name]), 3) for name in ("ppg", "prg", "aucg")], int(found.n_dropped)
    ([0.333, 0.333, 0.0], 1)
    """
    check_integer("draws", draws, 0)
    check_integer("seed", seed, 0)
    check_level(level)
    objects = true_objects(objects)
    said = [_predicted(one, public_objects, k, top_objects) for one in (target, reference)]
    scores = xr.concat(
        [precision_recall(*_of_same(one, objects)) for one in said],
        xr.Variable("model", MODELS), coords="minimal", compat="override", join="exact",
    ).transpose(..., "model", "sample")  # fmt: skip
    coords = {name: one for name, one in objects.coords.items() if one.dims == ("sample",)}
    scores = scores.assign_coords(coords)
    if isinstance(target, xr.Dataset) and "distance" in target:
        nearest = target.distance.isel(neighbor=0, drop=True)
        scores["min_dist"] = nearest.assign_attrs(units="1")
    found = _by_group(scores, by, draws, level, seed)
    return found.assign_attrs(
        measure="déjà vu: target less reference", k=k or _sizes(target).get("neighbor", 0),
        top_objects=top_objects or 0, draws=draws, level=level, seed=seed,
    )  # fmt: skip


def recall_survival(found: xr.Dataset, thresholds: int = 101, *, by: str = "role") -> xr.DataArray:
    r"""
    Return the share of samples whose recall reaches a threshold: the area under it is the mean.

    Dims (\*batch, model, sample) in; (\*batch, group, model, threshold) out.

    Parameters
    ----------
    found
        As of `deja_vu_gains`, with ``recall``.
    thresholds
        How many of them, evenly from 0 to 1.
    by
        A coordinate of the samples, as in `deja_vu_gains`; without it there is no dim ``group``.

    Returns
    -------
    xarray.DataArray
        A share, units 1, of the samples that have objects.

    Raises
    ------
    ValueError
        Without recall.

    References
    ----------
    Jayaraman, Guo and Chaudhuri, NeurIPS 2024 (AUCG is the area between two such curves).

    Examples
    --------
    >>> recall = xr.DataArray([[0.0, 0.5, 1.0]], dims=("model", "sample"))
    >>> recall_survival(xr.Dataset({"recall": recall}), 3).values.round(2)
    array([[1.  , 0.67, 0.33]])
    """
    if "recall" not in found:
        raise ValueError("found has no variable 'recall': give what deja_vu_gains returns.")
    recall = found.recall
    at = np.linspace(0, 1, check_integer("thresholds", thresholds, 2))
    limit = xr.DataArray(at - 1e-12, dims="threshold", coords={"threshold": at})
    groups = group_places(recall, by)
    curves = []
    for place in groups.values():
        own = recall.isel(sample=place)
        known = own.notnull().sum("sample")
        curves.append(((own >= limit).sum("sample") / known).transpose(..., "threshold"))
    return joined(curves, groups, "model", "threshold").assign_attrs(units="1").rename("survival")


def group_places(values: xr.DataArray | xr.Dataset, by: str | None) -> dict[Any, np.ndarray]:
    """Return the places of the samples of each group, in order of appearance; {None: all}."""
    labels = values.coords.get(by) if by else None
    if labels is None or labels.dims != ("sample",):
        return {None: np.arange(values.sizes["sample"])}
    names = dict.fromkeys(labels.values.tolist())
    return {name: np.flatnonzero(labels.values == name) for name in names}


def _sizes(one: Any) -> dict[str, int]:
    return {str(name): size for name, size in one.sizes.items()}


def _predicted(
    said: Any, public_objects: xr.DataArray | None, k: int | None, top_objects: int | None
) -> xr.DataArray:
    """Return the objects that a model predicts (..., sample, object)."""
    if isinstance(said, xr.DataArray) and said.dtype == bool:
        for dim in ("sample", "object"):
            check_dim(dim, said.dims, "objects that are predicted")
        return said
    if public_objects is None:
        raise ValueError("of neighbours, public_objects is needed: what the public images show.")
    return predicted_objects(said, public_objects, k=k, top_objects=top_objects).predicted


def _of_same(predicted: xr.DataArray, objects: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return predictions and truth without the labels of samples; raise unless of the same."""
    for dim, what in (("sample", "samples"), ("object", "objects")):
        n, n_true = predicted.sizes[dim], objects.sizes[dim]
        if n != n_true:
            raise ValueError(f"predictions and objects are of different {what}: {n:,}, {n_true:,}.")
        both = dim in predicted.coords and dim in objects.coords
        if both and not np.array_equal(predicted[dim].values, objects[dim].values):
            raise ValueError(
                f"predictions and objects are of different {what}, or in another order; bring them "
                f"in line, as in objects.sel({dim}=...{dim})."
            )
    bare = [
        one.drop_vars([name for name, c in one.coords.items() if {"sample", "object"} & {*c.dims}])
        for one in (predicted, objects)
    ]
    return bare[0], bare[1]


def _by_group(
    scores: xr.Dataset, by: str | None, draws: int, level: float, seed: int
) -> xr.Dataset:
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
    each = xr.concat(signs, "metric", coords="minimal", compat="override")
    each = each.transpose(..., "metric", "sample")
    dims, values = each.dims[:-2], each.values
    bare = [name for name, c in each.coords.items() if not {*c.dims} & {"metric", "sample"}]
    result = xr.Dataset(coords={name: each[name] for name in bare if name != "model"})
    drawn = _drawn(values, draws, level, seed) if draws else None
    for at, name in enumerate(_METRICS):
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
