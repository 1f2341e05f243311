"""Who taught whom: what a sample's score gains by another one in the training set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.memorization.in_out import aligned, run_dims
from infonb.validate import check_choice, check_dim, check_integer

__all__ = ["influence"]


def influence(
    score: xr.DataArray,
    held_out: xr.DataArray,
    *,
    dim: str | Sequence[str] = ("repeat", "fold"),
    given: str = "out",
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return what each sample's score gains by each other sample in the training set.

    .. math:: \mathrm{infl}(i, j) =
        \mathrm{mean}\{s_j(r) : i \in S_r\} - \mathrm{mean}\{s_j(r) : i \notin S_r\}

    over trainings r on the samples :math:`S_r`; with *right or wrong* as score
    :math:`P(j\ \mathrm{right}\,|\,i\ \mathrm{in}) - P(j\ \mathrm{right}\,|\,i\ \mathrm{out})`.

    Parameters
    ----------
    score
        As for `in_out`, dims (\*dim, ``sample``, ...). It may also be of samples that are not in
        the plan at all, such as a test set.
    held_out
        Whether a training left a sample out, bool (\*dim, sample), as of `in_out_plan`.
    dim
        The dims of the trainings.
    given
        ``"out"``: only trainings that left j itself out count, so that what j taught itself does
        not hide what others did. ``"any"``: all trainings, as the formula says; then the diagonal
        is the memorization.
    seed
        Of the null's permutation.

    Returns
    -------
    xarray.Dataset
        ``influence`` (..., sample, other_sample): of the *other sample*, the teacher i, on the
        score of the *sample*, the learner j; NaN where no training had i in, or out. ``n_in``,
        ``n_out``: the number of trainings with i in and out that are behind it. ``null``: the same
        with the memberships of the trainings permuted, so that nobody taught anybody; what is found
        there is chance. Units of the score.

    Raises
    ------
    TypeError, ValueError
        As of `in_out`; or if some of the samples are in the plan and others are not.

    Notes
    -----
    Matrix products of scores and memberships: O(trainings × samples²), and samples² numbers for
    each result. To ask about a few learners select them: ``score.sel(sample=few)``.

    With given="out" most pairs rest on few trainings: of T trainings with a share p of the samples
    in each, on T (1 − p) p with i in and T (1 − p)² with i out, most evenly with halves. Of many
    teachers the best is high by chance alone: compare it with the highest of ``null`` for the same
    learner, which is the best of as many.

    References
    ----------
    Feldman and Zhang (2020), "What neural networks memorize and why", definition of infl in section
    2.

    Examples
    --------
    >>> from infonb.memorization import in_out_plan
    >>> held_out = in_out_plan(40, repeats=50, folds=2)
    >>> right = ~held_out  # each knows itself,
    >>> right[..., 3] |= right[..., 7]  # and 3 is known, too, where 7 is in
    >>> found = influence(right, held_out).sel(sample=3)
    >>> int(found.influence.idxmax()), float(found.influence.max())
    (7, 1.0)
    >>> bool(found.null.max() < 0.6)
    True
    """
    dims = run_dims(dim)
    check_choice("given", given, ["out", "any"])
    check_integer("seed", seed, 0)
    score, own, held_out = _of_learners(score, held_out, dims)
    teacher = {"sample": "other_sample"}
    inside = ~held_out.drop_vars([n for n in held_out.coords if n not in held_out.dims])
    found = xr.apply_ufunc(
        _influence, score.astype(float), own if given == "out" else xr.ones_like(own),
        inside.rename(teacher),
        kwargs={"n_dims": len(dims), "rng": np.random.default_rng(seed)},
        input_core_dims=[[*dims, "sample"], [*dims, "sample"], [*dims, "other_sample"]],
        output_core_dims=[["sample", "other_sample"]] * 4,
    )  # fmt: skip
    result = xr.Dataset(dict(zip(("influence", "n_in", "n_out", "null"), found, strict=True)))
    about = {"units": score.attrs.get("units", ""), "n": score.sizes["sample"], "given": given}
    for name, words in {"influence": "influence", "null": "influence by chance"}.items():
        result[name].attrs = {"long_name": words, "measure": "mean if in − mean if out", **about}
    for side in ("in", "out"):
        result[f"n_{side}"].attrs = {"long_name": f"trainings with the teacher {side}", "units": ""}
    return result


def _influence(
    score: np.ndarray, counts: np.ndarray, inside: np.ndarray, *, n_dims: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """Return influence, its two counts and its null; (..., *dims, n) → (..., sample, other)."""
    values, counted, members = (
        array.reshape(*array.shape[: array.ndim - n_dims - 1], -1, array.shape[-1])
        for array in (score, counts, inside)
    )
    there = np.isfinite(values) & counted
    found, n_in, n_out = _difference(values, there, members)
    permuted = members[..., rng.permutation(members.shape[-2]), :]
    return found, n_in, n_out, _difference(values, there, permuted)[0]


def _difference(
    values: np.ndarray, there: np.ndarray, members: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the difference of means with a member in and out, and of how many each is."""
    weights = np.swapaxes(there.astype(float), -1, -2)  # (..., sample, run)
    scores = np.swapaxes(np.where(there, values, 0.0), -1, -2)
    member = members.astype(float)  # (..., run, other)
    n_in, total_in = weights @ member, scores @ member
    n_out = weights.sum(axis=-1, keepdims=True) - n_in
    total_out = scores.sum(axis=-1, keepdims=True) - total_in
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 where there is no training
        difference = total_in / n_in - total_out / n_out
    return difference, n_in.round().astype(np.int32), n_out.round().astype(np.int32)


def _of_learners(
    score: xr.DataArray, held_out: xr.DataArray, dims: Sequence[str]
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Return the scores, whether each learner was left out, and the memberships of the teachers."""
    check_array(score, "score")
    check_array(held_out, "held_out, as of in_out_plan")
    for name, array in (("score", score), ("held_out", held_out)):
        check_dim("sample", array.dims, name)
    own = held_out
    if "sample" in score.coords and "sample" in held_out.coords:
        labels = score["sample"].values
        known = np.isin(labels, held_out["sample"].values)
        if known.any() and not known.all():
            raise ValueError(
                f"{int(known.sum()):,} of {known.size:,} samples of score are in the plan; give "
                "samples of the plan, or samples of which none is."
            )
        # all trainings left out what is not in the plan, such as a test set
        own = held_out.drop_vars([n for n in held_out.coords if n not in held_out.dims])
        own = own.reindex(sample=labels, fill_value=True)
    return *aligned(score, own, dims), held_out.compute()
