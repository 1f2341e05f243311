"""Samples whose kind is known because it was planted: which reading finds them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from infonb.dims import check_samples
from infonb.memorization.in_out import Pooled, wilson
from infonb.memorization.ranking import BOUND, auroc
from infonb.memorization.side_by_side import beside_each_other
from infonb.validate import check_choice, check_level

__all__ = ["find_planted"]


def find_planted(
    readings: xr.Dataset | xr.DataArray | Mapping[str, xr.DataArray],
    kind: xr.DataArray,
    *,
    against: str = "typical",
    level: float = 0.95,
) -> xr.Dataset:
    r"""
    Return how well each reading finds samples of each planted kind among ordinary ones.

    Dims (\*batch, sample) in; (\*batch, reading, kind) out.

    Parameters
    ----------
    readings
        As in `agreement`.
    kind
        What each sample is, in words (sample): ``"wrong label"``, ``"outlier"``, ...
    against
        The kind of the ordinary samples, among which each other kind is looked for.
    level
        Probability that an interval covers.

    Returns
    -------
    xarray.Dataset
        ``auroc`` (\*batch, reading, kind) and ``auroc_interval`` (..., bound); ``precision``, the
        share of planted ones among the n highest values of planted and ordinary samples, where n is
        how many were planted, and ``precision_interval``; ``n_known`` (\*batch, reading, kind), how
        many planted samples the reading knows; ``n`` and ``chance`` (kind), how many there are, and
        the precision of a blind guess. Units: 1. NaN where a reading knows no sample of a kind.

    Raises
    ------
    TypeError, ValueError
        If a reading or `kind` is of other samples, or no sample is of the kind `against`, or all.

    Notes
    -----
    Samples of equal values are taken in the mean over their orders. At this n, precision is recall:
    what is missing among the highest was planted and not found. AUROC has the interval of Newcombe
    (see `auroc`), precision that of Wilson for n samples, as if the threshold were given; where it
    is found from the same samples, as here, that is somewhat wide for a reading that is not worse
    than chance.

    References
    ----------
    Newcombe, Stat. Med. 25, 559 (2006); Wilson, J. Am. Stat. Assoc. 22, 209 (1927).

    Examples
    --------
    >>> kind = xr.DataArray(["typical"] * 6 + ["wrong label"] * 2, dims="sample")
    >>> loss = xr.DataArray([0.1, 0.2, 0.1, 0.3, 0.9, 0.1, 0.8, 1.5], dims="sample")
    >>> found = find_planted({"loss": loss}, kind)
    >>> found.precision.values, found.auroc.values.round(2), found.chance.values
    (array([[0.5]]), array([[0.92]]), array([0.25]))
    """
    check_level(level)
    names, values = beside_each_other(readings, "sample")
    values = values.rename(item="sample").transpose(..., "sample")
    values, kind = check_samples(values, kind, "kind")
    words = kind.values.astype(object)
    if missing := int(pd.isnull(words).sum()):
        raise ValueError(f"kind is missing (NaN or None) for {missing:,} samples; drop them.")
    check_choice("against", against, sorted(set(map(str, words))))
    kinds = [one for one in dict.fromkeys(words) if one != against]
    if not kinds:
        raise ValueError(f"all {kind.size:,} samples are of the kind {against!r}: none is planted.")
    each = [_of_kind(values, words, one, against, level) for one in kinds]
    found = xr.concat(
        each, dim=xr.IndexVariable("kind", np.array(kinds, dtype=object)), coords="minimal",
        compat="override",
    )  # fmt: skip
    planted = [int((words == one).sum()) for one in kinds]
    ordinary = int((words == against).sum())
    found = found.transpose(..., "reading", "kind", "bound").assign(
        n=("kind", planted), chance=("kind", [n / (n + ordinary) for n in planted])
    )
    for variable in found.data_vars.values():
        variable.attrs["units"] = "1"
    return found.assign_coords(reading=np.array(names, dtype=object)).assign_attrs(
        measure="find_planted", against=against, n_against=ordinary, level=level, units="1"
    )


def _of_kind(
    values: xr.DataArray, words: np.ndarray, one: str, against: str, level: float
) -> xr.Dataset:
    """Return what is found of one kind (..., reading)."""
    places = np.flatnonzero((words == one) | (words == against))
    some, planted = values.isel(sample=places), words[places] == one
    ranked = auroc(some, xr.DataArray(planted, dims="sample"), level=level)
    rows = some.values.reshape(-1, len(places))
    shares = np.array([_precision(row, planted) for row in rows]).reshape(some.shape[:-1])
    n = ranked.n_positive.values
    _, low, high = wilson(Pooled(shares, shares, n), level)
    ends = np.where(np.isnan(shares)[..., None], np.nan, np.stack([low, high], axis=-1))
    dims = some.dims[:-1]
    there = {key: coord for key, coord in values.coords.items() if "sample" not in coord.dims}
    return xr.Dataset(
        {"auroc": ranked.auroc, "auroc_interval": ranked.interval, "precision": (dims, shares),
         "precision_interval": ((*dims, "bound"), ends), "n_known": ranked.n_positive},
        {**there, "bound": BOUND},
    )  # fmt: skip


def _precision(row: np.ndarray, planted: np.ndarray) -> float:
    """Return the share of planted samples among as many of the highest as are planted."""
    known = ~np.isnan(row)
    row, planted = row[known], planted[known]
    n = int(planted.sum())
    if not n or n == planted.size:
        return np.nan
    limit = -np.sort(-row)[n - 1]
    above, equal = row > limit, row == limit
    # those that are equal share the places that are left
    left = (n - above.sum()) / equal.sum()
    return float((planted[above].sum() + left * planted[equal].sum()) / n)
