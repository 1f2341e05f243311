"""How much better one model knows the objects of images than another: PPG, PRG and AUCG."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.deja_vu.groups import gains_by_group
from infonb.memorization.deja_vu.objects import (
    precision_recall,
    predicted_objects,
    true_objects,
)
from infonb.validate import check_dim, check_integer, check_level

__all__ = ["MODELS", "deja_vu_gains"]

MODELS = np.array(["target", "reference"], object)
#: Dims that results have, so that no batch may have them.
_OWN = ("model", "group", "bound", "top")


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
        order in which they come. None, or no ``role`` there: all samples are one group. Give
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
        For arrays without these dims, of other samples, models with different numbers of
        neighbours, a batch that has the name of a dim of the result, `k` or `top_objects` beside
        predictions, a coordinate `by` that is not there, and a group in which no sample is left.

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
    _check_alike(target, reference, said, k)
    scores = xr.concat(
        [precision_recall(*_of_same(one, objects)) for one in said],
        xr.Variable("model", MODELS), coords="minimal", compat="override", join="exact",
    ).transpose(..., "model", "sample")  # fmt: skip
    coords = {name: one for name, one in objects.coords.items() if one.dims == ("sample",)}
    scores = scores.assign_coords(coords)
    if isinstance(target, xr.Dataset) and "distance" in target:
        nearest = target.distance.isel(neighbor=0, drop=True)
        scores["min_dist"] = nearest.assign_attrs(units="1")
    found = gains_by_group(scores, by, draws, level, seed)
    return found.assign_attrs(
        measure="déjà vu: target less reference", k=k or target.sizes.get("neighbor", 0),
        top_objects=top_objects or 0, draws=draws, level=level, seed=seed,
    )  # fmt: skip


def _predicted(
    said: Any, public_objects: xr.DataArray | None, k: int | None, top_objects: int | None
) -> xr.DataArray:
    """Return the objects that a model predicts (..., sample, object)."""
    if isinstance(said, xr.DataArray) and said.dtype == bool:
        for dim in ("sample", "object"):
            check_dim(dim, said.dims, "objects that are predicted")
        for name, given in (("k", k), ("top_objects", top_objects)):
            if given is not None:
                raise ValueError(
                    f"{name}={given!r} chooses among neighbours, and objects that are predicted "
                    f"are given: leave it out, or give it to predicted_objects."
                )
        return said
    if public_objects is None:
        raise ValueError("of neighbours, public_objects is needed: what the public images show.")
    return predicted_objects(said, public_objects, k=k, top_objects=top_objects).predicted


def _check_alike(target: Any, reference: Any, said: list[xr.DataArray], k: int | None) -> None:
    """Raise unless two models are asked about the same samples, with as many neighbours."""
    numbers = [one.sizes["neighbor"] for one in (target, reference) if "neighbor" in one.sizes]
    if k is None and len({*numbers}) > 1:
        raise ValueError(
            f"target and reference have {numbers[0]} and {numbers[1]} neighbours: the one with "
            f"more predicts more. Give k={min(numbers)}, or find as many for both."
        )
    for one in said:
        if taken := sorted({*map(str, one.dims)} & {*_OWN}):
            raise ValueError(
                f"a batch must not have the name {taken[0]!r}, which is a dim of the result; "
                f"rename it, as in .rename({taken[0]}='run')."
            )
    labels = [one["sample"].values for one in said if "sample" in one.coords]
    if len(labels) == 2 and not np.array_equal(labels[0], labels[1]):
        raise ValueError(
            "target and reference are of different samples, or in another order; bring them in "
            "line, as in reference.sel(sample=target.sample)."
        )


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
