"""How well values rank samples: area under the ROC curve, and Spearman's correlation of ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_samples
from infonb.validate import check_level

__all__ = ["area_of", "auroc", "check_groups", "of_ranks", "spearman"]

BOUND = np.array(["low", "high"], dtype=object)


def auroc(values: xr.DataArray, is_positive: xr.DataArray, *, level: float = 0.95) -> xr.Dataset:
    r"""
    Return the area under the ROC curve of values that are to be higher for positive samples.

    Dims (\*batch, sample) in; (\*batch) out.

    Parameters
    ----------
    values
        Any numbers, such as a reading of memorization; infinite ones are ordinary. NaN is left out.
        Values that are to be *lower* for positive samples are given with a minus.
    is_positive
        Which samples are positive, bool (sample): wrong labels, members of the training set.
    level
        Probability that the interval covers the area.

    Returns
    -------
    xarray.Dataset
        ``auroc`` (\*batch), and ``interval`` (\*batch, bound) with the bounds ``low`` and ``high``;
        ``n_positive`` and ``n_negative`` (\*batch), how many samples are behind it.

    Raises
    ------
    TypeError, ValueError
        If the two do not belong to the same samples, `is_positive` is not bool, or a group is
        empty.

    Notes
    -----
    The chance that a positive sample has the higher value than a negative one; equal ones count
    half: :math:`A = (R_+ - n_+ (n_+ + 1) / 2) / (n_+ n_-)`, with the sum of ranks of the positive
    samples :math:`R_+` (Mann and Whitney).

    The interval is Newcombe's method 5: all areas :math:`A'` that are within :math:`z` of Hanley
    and McNeil's standard errors :math:`s(A')` of the one found, with
    :math:`s^2 = A' (1 - A') \left(1 + n^* \frac{1 - A'}{2 - A'} + n^* \frac{A'}{1 + A'}\right) /
    (n_+ n_-)` and :math:`n^* = (n_+ + n_-) / 2 - 1`. It has a width also where all positive samples
    lie above all others, where bootstraps have none. It is about new samples, not about networks
    that are trained anew: for that, compare seeds.

    References
    ----------
    Mann and Whitney, Ann. Math. Stat. 18, 50 (1947); Hanley and McNeil, Radiology 143, 29 (1982);
    Newcombe, Stat. Med. 25, 559 (2006), method 5.

    Examples
    --------
    >>> values = xr.DataArray([0.1, 0.4, 0.35, 0.8], dims="sample")
    >>> found = auroc(values, xr.DataArray([False, False, True, True], dims="sample"))
    >>> float(found.auroc), found.interval.values.round(2)
    (0.75, array([0.23, 0.97]))
    """
    check_level(level)
    values, groups = check_groups(values, is_positive, "is_positive")
    found = _by_row(values, lambda row: _auroc(row, groups, level), 5)
    return _labelled("auroc", values, found[..., :3], ("n_positive", "n_negative"), found, level)


def spearman(values: xr.DataArray, other: xr.DataArray, *, level: float = 0.95) -> xr.Dataset:
    r"""
    Return Spearman's correlation of the ranks of two values of each sample.

    Dims (\*batch, sample) in; (\*batch) out.

    Parameters
    ----------
    values
        Any numbers, such as a cheap reading of memorization; infinite ones are ordinary. A sample
        that is NaN in one of the two is left out.
    other
        One number for each sample, such as ``mem`` of `in_out`, (sample).
    level
        Probability that the interval covers the correlation.

    Returns
    -------
    xarray.Dataset
        ``spearman`` (\*batch), and ``interval`` (\*batch, bound); ``n_samples`` (\*batch). NaN
        where all values are equal.

    Raises
    ------
    TypeError, ValueError
        If the two do not belong to the same samples, or fewer than four have both values.

    Notes
    -----
    The correlation of the ranks, means for equal ones. The interval is Fisher's
    :math:`\tanh(\operatorname{artanh} \rho \pm z \sqrt{(1 + \rho^2 / 2) / (n - 3)})`.

    References
    ----------
    Spearman, Am. J. Psychol. 15, 72 (1904); Bonett and Wright, Psychometrika 65, 23 (2000).

    Examples
    --------
    >>> values = xr.DataArray([1.0, 2.0, 3.0, 4.0, 5.0], dims="sample")
    >>> found = spearman(values, xr.DataArray([0.1, 0.3, 0.2, 0.4, 0.9], dims="sample"))
    >>> round(float(found.spearman), 3)
    0.9
    """
    check_level(level)
    values, other = check_samples(values, other, "other")
    numbers = other.values.astype(float)
    found = _by_row(values, lambda row: _spearman(row, numbers, level), 4)
    return _labelled("spearman", values, found[..., :3], ("n_samples",), found, level)


def check_groups(values: Any, group: Any, name: str) -> tuple[xr.DataArray, np.ndarray]:
    """Return values (..., sample) and a bool for each sample, of which both must occur."""
    values, group = check_samples(values, group, name)
    if group.dtype != bool:
        raise TypeError(f"{name} must be bool; not {group.dtype}.")
    n = int(group.sum())
    if n in (0, group.size):
        empty = "no" if n == 0 else "every"
        raise ValueError(
            f"{name} is true for {empty} sample of {group.size:,}: one of the two groups is empty."
        )
    return values, group.values


def of_ranks(ranks: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the area of ranks (sample,) and groups (..., sample), bool → (...)."""
    n = groups.sum(axis=-1)
    whole = (groups * ranks).sum(axis=-1)
    return (whole - n * (n + 1) / 2) / (n * (ranks.size - n))


def area_of(values: np.ndarray, groups: np.ndarray) -> tuple[float, int, int]:
    """Return the area of known values (sample,), NaN if a group is empty, and sizes of both."""
    from scipy.stats import rankdata

    known = ~np.isnan(values)
    values, groups = values[known], groups[known]
    n, m = int(groups.sum()), int((~groups).sum())
    return float(of_ranks(rankdata(values), groups)) if n and m else np.nan, n, m


def _auroc(values: np.ndarray, groups: np.ndarray, level: float) -> tuple[float, ...]:
    """Return area, low, high, and the sizes of the groups."""
    area, n, m = area_of(values, groups)
    limits = _newcombe(area, n, m, level) if n and m else (np.nan, np.nan)
    return (area, *limits, n, m)


def _newcombe(area: float, n: int, m: int, level: float) -> tuple[float, float]:
    """Return the areas that are just within z standard errors of their own."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    z, more = norm.ppf((1 + level) / 2), (n + m) / 2 - 1

    def beyond(one: float) -> float:
        spread = 1 + more * ((1 - one) / (2 - one) + one / (1 + one))
        return (area - one) ** 2 - z**2 * one * (1 - one) * spread / (n * m)

    inside = float(np.clip(area, 1e-12, 1 - 1e-12))  # at 0 and 1 themselves there is no spread
    low = brentq(beyond, 0.0, inside) if area > 0 else 0.0
    high = brentq(beyond, inside, 1.0) if area < 1 else 1.0
    return float(low), float(high)


def _spearman(values: np.ndarray, other: np.ndarray, level: float) -> tuple[float, ...]:
    """Return ρ, low, high, and the number of samples."""
    from scipy.stats import norm, rankdata

    known = ~(np.isnan(values) | np.isnan(other))
    n = int(known.sum())
    if n < 4:
        raise ValueError(f"a correlation of ranks needs at least 4 samples with both values; {n}.")
    first, second = rankdata(values[known]), rankdata(other[known])
    if not (np.ptp(first) and np.ptp(second)):
        return np.nan, np.nan, np.nan, n
    rho = float(np.clip(np.corrcoef(first, second)[0, 1], -1, 1))
    half = norm.ppf((1 + level) / 2) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    middle = np.arctanh(np.clip(rho, -1 + 1e-15, 1 - 1e-15))
    return rho, np.tanh(middle - half), np.tanh(middle + half), n


def _by_row(
    values: xr.DataArray, of_row: Callable[[np.ndarray], tuple[float, ...]], n: int
) -> np.ndarray:
    """Apply a function to each row of samples: (..., sample) → (..., n)."""
    array = values.values.astype(float)
    rows = array.reshape(-1, array.shape[-1])
    return np.array([of_row(row) for row in rows], float).reshape(*array.shape[:-1], n)


def _labelled(
    name: str, values: xr.DataArray, found: np.ndarray, counts: tuple[str, ...], whole: np.ndarray,
    level: float,
) -> xr.Dataset:  # fmt: skip
    """Return value, interval and numbers of samples with the dims that are left."""
    dims = values.dims[:-1]
    coords = {key: coord for key, coord in values.coords.items() if "sample" not in coord.dims}
    variables: dict[str, Any] = {
        name: (dims, found[..., 0], {"units": "1"}),
        "interval": ((*dims, "bound"), found[..., 1:], {"units": "1", "level": level}),
    }
    for place, count in enumerate(counts):
        variables[count] = (dims, whole[..., 3 + place].astype(int), {"units": ""})
    return xr.Dataset(variables, {**coords, "bound": BOUND})
