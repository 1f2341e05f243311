"""Déjà vu of single samples: the gaps on those that a key puts first, beside the null group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

from infonb.memorization.deja_vu.gains import MODELS
from infonb.memorization.deja_vu.groups import group_places, joined
from infonb.validate import check_choice, check_number

__all__ = ["deja_vu_top"]

KEYS = ("min_dist", "crct_pred", "max_pred_gap")


def deja_vu_top(
    found: xr.Dataset,
    *,
    key: str = "min_dist",
    shares: Sequence[float] = (0.001, 0.01, 0.1),
    by: str = "role",
    null: str | None = "C",
) -> xr.Dataset:
    r"""
    Return precision and recall of both models on the samples that a key puts first.

    Dims (\*batch, model, sample) in; (\*batch, group, model, top) out.

    Parameters
    ----------
    found
        As of `deja_vu_gains`, with a coordinate `by` of the samples.
    key
        What puts samples first. ``"min_dist"``: the distance of the target's nearest neighbour, the
        smallest first. ``"crct_pred"``: how many objects the target gets right, the most first.
        ``"max_pred_gap"``: how many more it gets right than the reference. The last two choose by
        what is then measured: they find gaps where there is nothing to remember.
    shares
        Which shares of a group are the top; at least one sample each.
    by
        A coordinate of the samples; each of its groups is sorted by itself.
    null
        The group that neither model has seen, to be read beside all others; it must be there. None:
        there is none, and gaps by the last two keys say nothing.

    Returns
    -------
    xarray.Dataset
        ``precision``, ``recall`` and ``f`` (\*batch, group, model, top), means over the top, and
        F of these means; ``precision_gap`` etc. (\*batch, group, top), target less reference;
        ``n_top`` (group, top), how many samples they are. Samples without objects are left out.

    Raises
    ------
    ValueError
        If the null group, the groups or ``min_dist`` are missing.

    Notes
    -----
    :math:`F = 2 P R / (P + R + 10^{-5})`, as in the published code, which sorts by
    ``max_pred_gap``. Among samples that neither model had seen, the top 1 % by that key still had a
    gap of recall of half their objects: half a selection, no memory. Of equal keys the sample that
    stands first comes first.

    References
    ----------
    Jayaraman, Guo and Chaudhuri, NeurIPS 2024 (sample-level memorization).

    Examples
    --------
    >>> recall = xr.DataArray(
    ...     [[1.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5]], dims=("model", "sample")
    ... )
    >>> found = xr.Dataset(
    ...     {"recall": recall, "precision": recall, "min_dist": ("sample", [0.1, 0.2, 0.3, 0.1])},
    ...     {"role": ("sample", ["A", "A", "C", "C"])},
    ... )
    >>> deja_vu_top(found, shares=[0.5]).recall_gap.to_series().to_dict()
    {('A', 0.5): 1.0, ('C', 0.5): 0.0}
    """
    check_choice("key", key, KEYS)
    if not isinstance(shares, Iterable) or isinstance(shares, str):
        raise TypeError(f"shares must be a list of numbers, such as [0.01]; not {shares!r}.")
    wanted = [check_number("shares", share, 0.0, 1.0) for share in shares]
    if not wanted:
        raise ValueError("shares is empty; give at least one, such as [0.01].")
    groups = group_places(found, by)
    if null is not None and null not in groups:
        there = [name for name in groups if name is not None]
        raise ValueError(
            f"there is no null group {null!r} among the samples' {by!r}: {there}. Give samples "
            "that neither model has seen, or null=None, and know that gaps by a key may be "
            "selection."
        )
    order = _order(found, key)
    tables = [_group(found, order, place, wanted) for place in groups.values()]
    result = joined(tables, groups, "model", "top")
    return result.assign_attrs(key=key, measure="déjà vu of single samples")


def _order(found: xr.Dataset, key: str) -> xr.DataArray:
    """Return what samples are sorted by, the smallest first: (..., sample)."""
    if key == "min_dist":
        if "min_dist" not in found:
            raise ValueError(
                "key='min_dist' needs distances: give deja_vu_gains what nearest_public returns, "
                "or take another key."
            )
        return found.min_dist
    correct = found.n_correct.assign_coords(model=MODELS).astype(int)
    target = correct.sel(model="target", drop=True)
    if key == "crct_pred":
        return -target
    return correct.sel(model="reference", drop=True) - target


def _group(
    found: xr.Dataset, order: xr.DataArray, place: np.ndarray, shares: list[float]
) -> xr.Dataset:
    """Return the table of one group: (..., model, top)."""
    own = found[["precision", "recall"]].isel(sample=place).transpose(..., "model", "sample")
    there = own.recall.isel(model=0).notnull()
    used = np.flatnonzero(there.all([dim for dim in there.dims if dim != "sample"]).values)
    if not used.size:
        raise ValueError("a group has no sample with an object in its image: nothing to sort.")
    return _table(own.isel(sample=used), order.isel(sample=place[used]), shares)


def _table(own: xr.Dataset, order: xr.DataArray, shares: list[float]) -> xr.Dataset:
    numbers = np.array([max(1, int(np.floor(one * own.sizes["sample"] + 1e-9))) for one in shares])
    bare = [one.drop_vars("sample", errors="ignore") for one in (order, own.precision, own.recall)]
    p, r = xr.apply_ufunc(
        _means, *bare, kwargs={"numbers": numbers},
        input_core_dims=[["sample"]] + [["model", "sample"]] * 2,
        output_core_dims=[["model", "top"]] * 2,
    )  # fmt: skip
    result = xr.Dataset({"precision": p, "recall": r, "f": 2 * p * r / (p + r + 1e-5)})
    for name in list(result):
        result[f"{name}_gap"] = 0.0 - result[name].diff("model").isel(model=0, drop=True)
    for variable in result.data_vars.values():
        variable.attrs["units"] = "1"
    return result.assign_coords(top=shares).assign(n_top=("top", numbers))


def _means(
    order: np.ndarray, precision: np.ndarray, recall: np.ndarray, *, numbers: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return means over the first samples: (..., model, sample) → (..., model, top)."""
    first = np.argsort(order, axis=-1, kind="stable")[..., None, :]
    found = []
    for values in (precision, recall):
        sums = np.take_along_axis(values, np.broadcast_to(first, values.shape), -1).cumsum(axis=-1)
        found.append(sums[..., numbers - 1] / numbers)
    return found[0], found[1]
