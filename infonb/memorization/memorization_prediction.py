"""Prediction of memorization: what a cheaper model tells of the large one's memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.extraction.sequences import (
    alike,
    checked_bool,
    checked_numbers,
    with_known,
)
from infonb.validate import check_number

__all__ = ["memorization_prediction"]


def memorization_prediction(
    memorized: xr.DataArray,
    truth: xr.DataArray,
    *,
    n_parameters: float | xr.DataArray | None = None,
    n_tokens: float | xr.DataArray | None = None,
    seen_before: float | None = None,
) -> xr.Dataset:
    r"""
    Return how well a cheaper model's memory predicts that of another: precision and recall.

    Dims (\*batch, sample) in; (\*batch) out.

    .. math:: P = \frac{|\text{predicted} \cap \text{true}|}{|\text{predicted}|}, \quad
        R = \frac{|\text{predicted} \cap \text{true}|}{|\text{true}|}, \quad C = 6 N D

    Parameters
    ----------
    memorized
        What the smaller models, or earlier checkpoints, recite: bool (\*batch, sample), the
        ``memorized`` of `extraction`. This is the prediction.
    truth
        What the model recites that it is all about, the largest or the last: bool (sample), or with
        some of the batch's dims, such as ``seed``.
    n_parameters, n_tokens
        Parameters N of each model and tokens D that it was trained on: numbers, or arrays along
        dims of the batch. With both there is ``flops``.
    seen_before
        Only samples whose coordinate ``first_seen`` (sample) lies at 0 or above and below this
        number, in its units: those that every checkpoint compared had seen. Without it a
        checkpoint is blamed for what it could not know. Samples never trained on (``first_seen``
        below 0, or NaN) are left out, too.

    Returns
    -------
    xarray.Dataset
        ``precision`` and ``recall`` (\*batch), 0 … 1, units 1; ``n_predicted``, ``n_truth``,
        ``n_both`` (\*batch), whole numbers, for which n_predicted P = n_truth R = n_both; ``flops``
        (\*batch): 6 N D, if told. Attributes ``n_samples`` (that were counted), ``n_left_out``.

    Raises
    ------
    TypeError, ValueError
        If an array is not bool, both are of different samples, a number is below 0, or
        ``first_seen`` is not there, or not the same in both.

    Notes
    -----
    An empty prediction has precision NaN (nothing was claimed) and recall 0; with nothing to be
    predicted recall is NaN, and precision 0 wherever something was claimed. For whom a leak is
    costly recall counts: what the small model does not foresee.

    *The swapped rate.* The paper's published figures call scikit-learn's ``confusion_matrix`` with
    prediction and truth exchanged, so that their "true positive rate" is the precision. Here
    `memorized` is the prediction, always.

    *The null*: a prediction that says nothing has a precision of n_truth / n_samples, whatever its
    size. On a sample that was chosen by what is memorized (half from a published list of memorized
    sequences, say) precision rises with the share of these, and is no longer that of the corpus;
    recall is kept if they were chosen from what the *true* model memorizes, at random.

    References
    ----------
    Biderman et al., NeurIPS 2023, sections 3 to 5, figure 2 and table 2; 6 N D: Kaplan et al.,
    "Scaling Laws for Neural Language Models", 2020.

    Examples
    --------
    >>> small = xr.DataArray([True, True, True, False, False], dims="sample")
    >>> large = xr.DataArray([True, True, False, True, True], dims="sample")
    >>> found = memorization_prediction(small, large, n_parameters=2, n_tokens=3)
    >>> float(found.recall), int(found.n_both), int(found.flops)
    (0.5, 2, 36)
    """
    memorized, truth = checked_bool(memorized, "memorized"), checked_bool(truth, "truth")
    truth_alone = alike(memorized, truth, ("memorized", "truth"))
    kept = _kept(memorized, truth, seen_before)
    said, true = memorized.isel(sample=kept), truth_alone.isel(sample=kept)
    both = (said & true).sum("sample")
    counts = xr.broadcast(said.sum("sample"), true.sum("sample"), both)
    n_predicted, n_truth, n_both = (one.transpose(*both.dims) for one in counts)
    found = xr.Dataset({
        "precision": _share(n_both, n_predicted, "precision"),
        "recall": _share(n_both, n_truth, "recall"),
        "n_predicted": n_predicted.assign_attrs(units="sequences"),
        "n_truth": n_truth.assign_attrs(units="sequences"),
        "n_both": n_both.assign_attrs(units="sequences"),
    })  # fmt: skip
    if n_parameters is not None and n_tokens is not None:
        found["flops"] = _flops(found, n_parameters, n_tokens)
    return with_known(found, memorized, truth).assign_attrs(
        measure="prediction of memorization", units="1", n_samples=int(kept.size),
        n_left_out=int(memorized.sizes["sample"] - kept.size),
    )  # fmt: skip


def _kept(memorized: xr.DataArray, truth: xr.DataArray, seen_before: Any) -> np.ndarray:
    """Return the places of the samples that count: all, or those first seen before a checkpoint."""
    n = memorized.sizes["sample"]
    if seen_before is None:
        return np.arange(n)
    limit = check_number("seen_before", seen_before, 0)
    told = [one.first_seen for one in (memorized, truth) if "first_seen" in one.coords]
    first = told[0] if told else None
    if len(told) == 2 and not np.array_equal(told[0], told[1], equal_nan=True):
        raise ValueError(
            "memorized and truth have different first_seen: they are of different samples, or in "
            "another order."
        )
    if first is None or first.dims != ("sample",):
        raise ValueError(
            "seen_before needs to know when each sample was first trained on: "
            "memorized.assign_coords(first_seen=('sample', ...))."
        )
    kept = np.flatnonzero((first.values >= 0) & (first.values < limit))
    if not kept.size:
        raise ValueError(
            f"none of the {n:,} samples was seen before {limit:g}; choose a later one."
        )
    return kept


def _share(part: xr.DataArray, whole: xr.DataArray, name: str) -> xr.DataArray:
    """Return part / whole, NaN of nothing."""
    share = part / whole.where(whole > 0)
    return share.assign_attrs(units="1", long_name=name)


def _flops(found: xr.Dataset, n_parameters: Any, n_tokens: Any) -> xr.DataArray:
    """Return 6 N D for each entry of the batch."""
    numbers = []
    for name, given in (("n_parameters", n_parameters), ("n_tokens", n_tokens)):
        if not isinstance(given, xr.DataArray):
            numbers.append(xr.DataArray(check_number(name, given, 0)))
            continue
        given = checked_numbers(given, name, found.precision.dims, zero=True)
        numbers.append(alike(found.precision, given, ("memorized", name)))
    flops = 6 * numbers[0] * numbers[1]
    whole = flops.broadcast_like(found.precision.reset_coords(drop=True))
    return whole.transpose(*found.precision.dims).assign_attrs(
        units="FLOP", long_name="compute of the training"
    )
