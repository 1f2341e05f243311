"""Gaps between two groups: whether a classifier serves one of them better than the other."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import check_samples
from infonb.probing.classes import in_order
from infonb.validate import check_integer, check_level

__all__ = ["sufficiency_gap", "tpr_gap"]

BOUND = np.array(["low", "high"], dtype=object)


def tpr_gap(
    prediction: xr.DataArray,
    label: xr.DataArray,
    group: xr.DataArray,
    *,
    groups: Sequence[Any] | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how much more often one group's members of a class are recognized than the other's.

    .. math:: \mathrm{gap}(c) = P(\hat y = c | y = c, g_2) - P(\hat y = c | y = c, g_1)

    Dims (\*batch, sample) in; (\*batch, class) out, and (\*batch) over all classes.

    Parameters
    ----------
    prediction
        The class that a network gives each sample, (\*batch, sample).
    label
        The true class, (sample).
    group
        Which of two groups a sample belongs to, (sample), such as a person's gender.
    groups
        The two groups in order; the gap is the second minus the first. Without it as sorted.
    level
        Probability that an interval covers.
    draws
        Of the bootstrap over samples, and of the null.
    seed
        Of both.

    Returns
    -------
    xarray.Dataset
        ``gap`` (\*batch, class) with its ``interval`` (\*batch, class, bound); what it is made of,
        ``true_positive_rate`` and ``n_samples`` (\*batch, class, group);
        ``root_mean_square`` and ``absolute_sum`` of the gaps over the classes, each with
        ``..._interval`` (\*batch, bound) and ``..._null`` (\*batch), its mean where groups are
        permuted among the samples of each class. Attributes ``units``, ``difference``, ``source``.

    Raises
    ------
    TypeError, ValueError
        If the three are of different samples, one lacks a value, or there are not two groups.

    Warns
    -----
    UserWarning
        If a group has no member of a class, whose gap is NaN and counts in no sum.

    Notes
    -----
    The root mean square and the sum are above 0 also where the network does not know the group,
    the more so the fewer samples there are: so the null stands beside them. Their intervals,
    percentiles of the bootstrap, lie too high for the same reason.

    References
    ----------
    De-Arteaga et al., "Bias in Bios", FAT* 2019, section 4 (gap of each class); Romanov et al.,
    "What's in a Name?", NAACL 2019 (root mean square); Orgad, Goldfarb-Tarrant and Belinkov, "How
    Gender Debiasing Affects Internal Model Representations, and Why It Matters", NAACL 2022 (sum of
    absolute gaps).

    Examples
    --------
    >>> def samples(*values): return xr.DataArray(list(values), dims="sample")
    >>> label, group = samples(0, 0, 0, 0, 1, 1), samples("f", "f", "m", "m", "f", "m")
    >>> found = tpr_gap(samples(0, 0, 0, 1, 1, 1), label, group)
    >>> found.gap.values, found.attrs["difference"]
    (array([-0.5,  0. ]), 'm - f')
    """
    check_level(level)
    check_integer("draws", draws, 2)
    table, names, pair = _tables(prediction, label, group, groups, given="label")
    return _result(table, names, pair, prediction, level, draws, seed).assign_attrs(
        measure="gap of true positive rates", source="De-Arteaga et al. 2019, section 4"
    )


def sufficiency_gap(
    prediction: xr.DataArray,
    label: xr.DataArray,
    group: xr.DataArray,
    *,
    groups: Sequence[Any] | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how much more a prediction says of the label in one group than in the other.

    .. math:: \mathrm{gap}(c) = P(y = c | \hat y = c, g_2) - P(y = c | \hat y = c, g_1), \quad
        D(c, g) = \sum_k P(k | c, g) \log \frac{P(k | c, g)}{P(k | c)}

    with the labels k and the predicted class c. Dims (\*batch, sample) in; (\*batch, class) out.

    Parameters
    ----------
    prediction, label, group, groups, level, draws, seed
        As for `tpr_gap`.

    Returns
    -------
    xarray.Dataset
        As of `tpr_gap`, with ``class`` the predicted one and the ``precision`` (\*batch, class,
        group), :math:`P(y = c | \hat y = c, g)`, in place of the true positive rate; and
        ``divergence`` (\*batch, class, group), in nats, with ``divergence_sum`` over classes and
        groups, its interval and its null. A classifier is sufficient, for groups, if all are 0.

    Raises
    ------
    TypeError, ValueError
        As `tpr_gap`.

    Warns
    -----
    UserWarning
        If a class is predicted for no sample of a group.

    References
    ----------
    Barocas, Hardt and Narayanan, "Fairness and Machine Learning" (2019), chapter 3 (sufficiency);
    Orgad, Goldfarb-Tarrant and Belinkov, NAACL 2022 (sum of divergences over classes and genders).

    Examples
    --------
    >>> def samples(*values): return xr.DataArray(list(values), dims="sample")
    >>> label, group = samples(0, 0, 0, 1, 1, 1), samples("f", "f", "m", "m", "f", "m")
    >>> found = sufficiency_gap(samples(0, 0, 0, 0, 1, 1), label, group)
    >>> found.gap.values, found.divergence.values.round(2).tolist()
    (array([-0.5,  0. ]), [[0.29, 0.14], [0.0, 0.0]])
    """
    check_level(level)
    check_integer("draws", draws, 2)
    table, names, pair = _tables(prediction, label, group, groups, given="prediction")
    return _result(table, names, pair, prediction, level, draws, seed).assign_attrs(
        measure="gap of sufficiency", source="Orgad et al. 2022"
    )


def _tables(
    prediction: Any, label: Any, group: Any, groups: Sequence[Any] | None, *, given: str
) -> tuple[xr.DataArray, list, list]:
    """Return counts (*batch, group, given, told): of label and prediction, or the inverse."""
    prediction, label = check_samples(prediction, label, "label")
    prediction, group = check_samples(prediction, group, "group")
    if own := [d for d in ("class", "group", "bound") if d in prediction.dims]:
        raise ValueError(
            f"prediction has the dim {own[0]!r}, which the result has; give the predicted class of "
            "each sample, such as logits.argmax('class')."
        )
    if not prediction.size:
        raise ValueError("prediction has no sample: there is no gap to measure.")
    for name, one in {"prediction": prediction, "label": label, "group": group}.items():
        if bool(one.isnull().any()):
            n = int(one.isnull().sum())
            raise ValueError(f"{name} is missing for {n:,} samples; leave them out of all three.")
    there = sorted(set(group.values.tolist()), key=str)
    pair = there if groups is None else list(groups)
    if len(pair) != 2 or set(there) - set(pair):
        raise ValueError(
            f"a gap is between two groups; group has {there} and groups is {groups}. Choose the "
            "samples of two."
        )
    classes = [*label.values.ravel().tolist(), *prediction.values.ravel().tolist()]
    names = in_order(classes, "label and prediction")
    place = {name: i for i, name in enumerate(names)}
    which = np.array([pair.index(one) for one in group.values.tolist()])
    true = np.array([place[one] for one in label.values.tolist()])
    rows = prediction.values.reshape(-1, prediction.sizes["sample"])
    counts = np.zeros((len(rows), 2, len(names), len(names)), int)
    for i, row in enumerate(rows.tolist()):
        told = np.array([place[one] for one in row])
        where = (which, true, told) if given == "label" else (which, told, true)
        np.add.at(counts[i], where, 1)
    _warn_of_none(counts, names, pair, given)
    dims = prediction.dims[:-1]
    shape = (*prediction.shape[:-1], *counts.shape[1:])
    return xr.DataArray(counts.reshape(shape), dims=(*dims, "group", given, "told")), names, pair


def _warn_of_none(counts: np.ndarray, names: list, pair: list, given: str) -> None:
    none = (counts.sum(axis=-1) == 0).any(axis=0)  # (group, given)
    if none.any():
        told = "; ".join(
            f"{name!r}: {', '.join(repr(names[i]) for i in np.flatnonzero(row))}"
            for name, row in zip(pair, none, strict=True)
            if row.any()
        )
        what = "true" if given == "label" else "predicted"
        warnings.warn(
            f"no sample of a group has these {what} classes: {told}; their gap is NaN and counts "
            "in no sum.",
            stacklevel=4,
        )


def _readings(table: np.ndarray) -> dict[str, np.ndarray]:
    """Return rates, gaps, divergences and sums of counts (..., group, given, told)."""
    whole = table.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = table / whole[..., None]
        both = table.sum(axis=-3, keepdims=True) / whole.sum(axis=-2, keepdims=True)[..., None]
        parts = np.where(
            share > 0, share * np.log(share / both), np.where(np.isnan(share), share, 0.0)
        )
    rate = np.diagonal(share, axis1=-2, axis2=-1)  # (..., group, given)
    gap = rate[..., 1, :] - rate[..., 0, :]
    known = (~np.isnan(gap)).sum(axis=-1)
    divergence = parts.sum(axis=-1)
    some = np.where(known > 0, 1.0, np.nan)
    return {
        "rate": np.moveaxis(rate, -2, -1),
        "gap": gap,
        "root_mean_square": some * np.sqrt(np.nansum(gap**2, axis=-1) / np.maximum(known, 1)),
        "absolute_sum": some * np.nansum(abs(gap), axis=-1),
        "divergence": np.moveaxis(divergence, -2, -1),
        "divergence_sum": some * np.nansum(divergence, axis=(-2, -1)),
    }


def _resampled(table: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return counts of as many samples drawn with replacement: (draw, group, given, told)."""
    n = int(table.sum())
    return rng.multinomial(n, table.ravel() / n, size=draws).reshape(draws, *table.shape)


def _permuted(table: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return counts where groups are permuted among the samples of each given class."""
    both = table.sum(axis=0)
    drawn = np.empty((draws, *table.shape))
    for i, counts in enumerate(both):
        first = int(table[0, i].sum())
        drawn[:, 0, i] = rng.multivariate_hypergeometric(
            counts, first, size=draws, method="marginals"
        )
        drawn[:, 1, i] = counts - drawn[:, 0, i]
    return drawn


def _result(
    table: xr.DataArray, names: list, pair: list, prediction: xr.DataArray, level: float,
    draws: int, seed: int,
) -> xr.Dataset:  # fmt: skip
    sufficient = "prediction" in table.dims
    sums = ["root_mean_square", "absolute_sum"] + ["divergence_sum"] * sufficient
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    batch = table.dims[:-3]
    shape = table.shape[:-3]
    found = _readings(table.values)
    ends = {name: np.empty((*found[name].shape, 2)) for name in ("gap", *sums)}
    null = {name: np.empty(shape) for name in sums}
    for place in np.ndindex(shape):
        drawn = _readings(_resampled(table.values[place], draws, rng))
        chance = _readings(_permuted(table.values[place], draws, rng))
        for name in ends:
            ends[name][place] = _interval(drawn[name], level)
        for name in sums:
            null[name][place] = chance[name].mean()
    return _labelled(table, names, pair, prediction, (batch, found, ends, null, level))


def _interval(drawn: np.ndarray, level: float) -> np.ndarray:
    """Return percentiles of draws (draw, ...), where they are known: (..., bound)."""
    tail = (1 - level) / 2
    unknown = np.isnan(drawn).all(axis=0)
    ends = np.nanquantile(np.where(unknown, 0.0, drawn), [tail, 1 - tail], axis=0)
    return np.moveaxis(np.where(unknown, np.nan, ends), 0, -1)


def _labelled(
    table: xr.DataArray, names: list, pair: list, prediction: xr.DataArray, parts: tuple
) -> xr.Dataset:
    batch, found, ends, null, level = parts
    sufficient = "prediction" in table.dims
    rate = "precision" if sufficient else "true_positive_rate"
    one = {"units": "1"}
    variables: dict[str, Any] = {
        "gap": ((*batch, "class"), found["gap"], one),
        "interval": ((*batch, "class", "bound"), ends.pop("gap"), {**one, "level": level}),
        rate: ((*batch, "class", "group"), found["rate"], one),
    }
    if sufficient:
        variables["divergence"] = (
            (*batch, "class", "group"),
            found["divergence"],
            {"units": "nat"},
        )
    counts = np.moveaxis(table.values.sum(axis=-1), -2, -1)
    variables["n_samples"] = ((*batch, "class", "group"), counts, {"units": ""})
    for name, interval in ends.items():
        units = {"units": "nat" if name == "divergence_sum" else "1"}
        variables[name] = (batch, found[name], units)
        variables[f"{name}_interval"] = ((*batch, "bound"), interval, {**units, "level": level})
        variables[f"{name}_null"] = (batch, null[name], units)
    coords = {key: coord for key, coord in prediction.coords.items() if "sample" not in coord.dims}
    own = {"class": _names(names), "group": _names(pair), "bound": BOUND}
    return xr.Dataset(variables, {**coords, **own}).assign_attrs(
        units="1", difference=f"{pair[1]} - {pair[0]}", n_samples=prediction.sizes["sample"]
    )


def _names(names: list) -> np.ndarray:
    """Return labels as a coordinate: words as objects, which zarr keeps as they are."""
    return np.array(names, dtype=object if any(isinstance(name, str) for name in names) else None)
