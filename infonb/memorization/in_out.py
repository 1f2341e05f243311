"""What a model knows of a sample because it saw it: its score where it was in, and left out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.validate import check_choice, check_dim, check_level

__all__ = ["aligned", "in_out", "run_dims"]


def in_out(
    score: xr.DataArray,
    held_out: xr.DataArray,
    *,
    dim: str | Sequence[str] = ("repeat", "fold"),
    pool: str = "mean",
    interval: str = "auto",
    level: float = 0.95,
) -> xr.Dataset:
    r"""
    Return the memorization of each sample: its score in training sets less its score out of them.

    .. math:: \mathrm{mem}_i = U_i - V_i, \quad
        U_i = \mathrm{pool}\{s_i(r) : i \in S_r\}, \quad
        V_i = \mathrm{pool}\{s_i(r) : i \notin S_r\}

    over trainings r on the samples :math:`S_r`. With *right or wrong* as score it is Feldman's
    memorization :math:`P(\mathrm{right}\,|\,\mathrm{in}) - P(\mathrm{right}\,|\,\mathrm{out})`,
    with the log-density of a density model the score of van den Burg and Williams.

    Parameters
    ----------
    score
        What a training says of each sample, in or out: probability of its label, right or wrong,
        log-density, anything that is higher for what is known better. Dims (\*dim, ``sample``,
        ...); all others are a batch. NaN: this training was not evaluated on this sample.
    held_out
        Whether the training left the sample out, bool (\*dim, sample), as of `in_out_plan`. It may
        have dims of the batch.
    dim
        The dims of the trainings that are pooled. With ``"fold"`` alone each repeat is measured for
        itself.
    pool
        ``"mean"``, or ``"logmeanexp"`` of log-probabilities: the logarithm of their mean
        probability, which is the paper's for densities.
    interval
        ``"newcombe"``, ``"welch"``, or ``"auto"``: the first if all scores lie in 0 .. 1.
    level
        Probability that the interval covers the memorization.

    Returns
    -------
    xarray.Dataset
        ``U``, ``V``, ``mem`` (..., sample) in units of the score; ``interval`` (..., sample, bound)
        with the bounds ``low`` and ``high``; ``n_in``, ``n_out`` (..., sample): how many values are
        behind them. Coordinates of the samples are kept. Attributes of ``mem``: ``units``,
        ``measure``, ``pool``, ``interval``, ``level``, ``n`` (samples).

    Raises
    ------
    TypeError
        If one of the two is no DataArray, or `held_out` is not bool.
    ValueError
        If a dim is missing, if the two are of different samples or trainings, or a score is
        infinite.

    Warns
    -----
    UserWarning
        Once, if samples have no value in or none out: they are NaN.

    Notes
    -----
    *The interval* is about one sample and new trainings on the same samples, not about new samples.
    Few values are out: each repeat of K folds gives one, so that 10 repeats cannot tell a
    probability of 0.9 from one of 1. Two intervals, both with their errors measured in
    ``tests/memorization/test_in_out.py``:

    - ``newcombe``: the Wilson intervals of both means, joined by Newcombe's method 10. Made for
      right or wrong: with 30 values in and 10 out it covers 0.954 on average over all pairs of
      shares, and 0.906 at worst, with 6 and 2 0.955 and 0.846. Of probabilities it is a bound, for
      no distribution in 0 .. 1 spreads more than that of right and wrong: too wide where a
      probability hardly varies, and not fooled where ten values happen to be alike.
    - ``welch``: Student's t with the Welch-Satterthwaite degrees of freedom; NaN unless two values
      are in and two out. For log-densities, which spread about evenly. Of scores that are
      mostly alike with a rare exception it covers far less than it says.

    *Bias of logmeanexp.* The logarithm of a mean is too low, the more so the fewer values: V of a
    tenth of the values is lower than U even where nothing is memorized. For log-densities that
    spread normally over trainings with standard deviation sd, and no memorization, ``mem`` is on
    average, in nats:

    ======================  ========  ======  ======
    repeats, folds          sd = 0.5  sd = 1  sd = 3
    ======================  ========  ======  ======
    10, 10                  +0.01     +0.06   +1.04
    2, 5                    +0.04     +0.21   +1.46
    1, 5                    +0.09     +0.34   +2.03
    ======================  ========  ======  ======

    ``"mean"`` has no such bias. The interval of ``"logmeanexp"`` (by the delta method) does not
    allow for it, and is too narrow where one training dominates the sum.

    References
    ----------
    Feldman (2020), "Does learning require memorization?", section 1; Feldman and Zhang (2020),
    "What neural networks memorize and why", section 2; van den Burg and Williams (2021), "On
    memorization in probabilistic deep generative models", Algorithm 1. Newcombe, Stat. Med. 17, 873
    (1998), method 10; Welch, Biometrika 34, 28 (1947).

    Examples
    --------
    >>> from infonb.memorization import in_out_plan
    >>> held_out = in_out_plan(4, repeats=10, folds=2)
    >>> knows = xr.DataArray([True, False, False, True], dims="sample")  # whether it was in or not
    >>> right = (knows | ~held_out).assign_attrs(units="share right")
    >>> found = in_out(right, held_out)
    >>> found.mem.values, found.n_out.values
    (array([0., 1., 1., 0.]), array([10, 10, 10, 10]))
    >>> found.interval.sel(bound="low").values.round(2)
    array([-0.28,  0.61,  0.61, -0.28])
    """
    dims = run_dims(dim)
    score, held_out = aligned(score, held_out, dims)
    check_choice("pool", pool, ["mean", "logmeanexp"])
    kind = _interval_of(score, interval, pool)
    check_level(level)
    core = [*dims, "sample"]
    found = xr.apply_ufunc(
        _in_out, score.astype(float), held_out,
        kwargs={"n_dims": len(dims), "pool": pool, "kind": kind, "level": level},
        input_core_dims=[core, core],
        output_core_dims=[["sample"]] * 3 + [["sample", "bound"]] + [["sample"]] * 2,
    )  # fmt: skip
    names = ("U", "V", "mem", "interval", "n_in", "n_out")
    result = xr.Dataset(dict(zip(names, found, strict=True)))
    result = result.assign_coords(bound=np.array(["low", "high"], dtype=object))
    _tell_missing(result)
    return _described(result, score, {"pool": pool, "interval": kind, "level": level})


class Pooled(NamedTuple):
    """A pooled score, the variance of that, and of how many values: each (..., sample)."""

    value: np.ndarray
    variance: np.ndarray
    n: np.ndarray


def pooled(values: np.ndarray, there: np.ndarray, pool: str) -> Pooled:
    """Return what is pooled over the trainings: (..., run, sample) → (..., sample)."""
    if pool == "mean":
        return _mean(values, there)
    top = np.where(there, values, -np.inf).max(axis=-2, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    mean, variance, n = _mean(np.exp(np.where(there, values, -np.inf) - top), there)
    return Pooled(top[..., 0, :] + np.log(mean), variance / mean**2, n)  # by the delta method


def _mean(values: np.ndarray, there: np.ndarray) -> Pooled:
    n = there.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 where no training is
        mean = np.where(there, values, 0).sum(axis=-2) / n
        squares = np.where(there, (values - mean[..., None, :]) ** 2, 0).sum(axis=-2)
        return Pooled(mean, squares / (n - 1) / n, n)


def _in_out(
    score: np.ndarray, held_out: np.ndarray, *, n_dims: int, pool: str, kind: str, level: float
) -> tuple[np.ndarray, ...]:
    """Return U, V, mem, interval, n_in, n_out of (..., *dims, sample)."""
    values, out = (_one_run_dim(array, n_dims) for array in (score, held_out))
    there = np.isfinite(values)
    inside, outside = (pooled(values, there & chosen, pool) for chosen in (~out, out))
    mem = inside.value - outside.value
    limits = {"newcombe": newcombe, "welch": welch}[kind](inside, outside, level)
    return inside.value, outside.value, mem, limits, inside.n, outside.n


def _one_run_dim(values: np.ndarray, n_dims: int) -> np.ndarray:
    """Return (..., *dims, sample) as (..., run, sample)."""
    return values.reshape(*values.shape[: values.ndim - n_dims - 1], -1, values.shape[-1])


def newcombe(inside: Pooled, outside: Pooled, level: float) -> np.ndarray:
    """Return the interval of a difference of two shares: (..., bound). Newcombe's method 10."""
    (p, low_p, high_p), (q, low_q, high_q) = (wilson(one, level) for one in (inside, outside))
    below, above = np.hypot(p - low_p, high_q - q), np.hypot(high_p - p, q - low_q)
    return np.stack([p - q - below, p - q + above], axis=-1)


def wilson(share: Pooled, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a share in 0 .. 1 and its Wilson interval."""
    from scipy.stats import norm

    z, p, n = norm.ppf((1 + level) / 2), np.clip(share.value, 0, 1), np.maximum(share.n, 1)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return p, np.minimum(middle - half, p), np.maximum(middle + half, p)


def welch(inside: Pooled, outside: Pooled, level: float) -> np.ndarray:
    """Return Student's interval of a difference of two means: (..., bound). Welch (1947)."""
    from scipy.stats import t

    variances, numbers = (
        np.stack([getattr(one, name) for one in (inside, outside)]) for name in ("variance", "n")
    )
    whole = variances.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = whole**2 / (variances**2 / (numbers - 1)).sum(axis=0)
        half = t.ppf((1 + level) / 2, np.where(whole > 0, freedom, 1)) * np.sqrt(whole)
    mem = inside.value - outside.value
    return np.stack([mem - half, mem + half], axis=-1)


def run_dims(dim: str | Sequence[str]) -> tuple[str, ...]:
    """Return the dims of the trainings; raise if there is none, or the samples are among them."""
    dims = (dim,) if isinstance(dim, str) else tuple(dim)
    if not dims or "sample" in dims:
        raise ValueError(f"dim must name dims of the trainings, such as 'repeat'; not {dim!r}.")
    return dims


def aligned(
    score: xr.DataArray, held_out: xr.DataArray, dims: Sequence[str]
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return both arrays, of the same trainings and samples; raise one clear error if not."""
    check_array(score, "score")
    check_array(held_out, "held_out, as of in_out_plan")
    for name, array in (("score", score), ("held_out", held_out)):
        for one in (*dims, "sample"):
            check_dim(one, array.dims, name)
    if held_out.dtype != bool:
        raise TypeError(f"held_out must be bool, True where left out; not {held_out.dtype}.")
    beyond = [str(one) for one in held_out.dims if one not in score.dims]
    if beyond:
        raise ValueError(f"held_out has the dim {beyond[0]!r}, which score {score.dims} has not.")
    if score.dtype.kind == "f" and bool(np.isinf(score).any()):
        raise ValueError(
            f"score is infinite for {int(np.isinf(score).sum()):,} of {score.size:,} values; clip "
            "it, such as a logarithm of 0, or put NaN where it is not known."
        )
    for shared in map(str, held_out.dims):
        _check_same(score, held_out, shared)
    return score.compute(), held_out.compute()


def _check_same(score: xr.DataArray, held_out: xr.DataArray, dim: str) -> None:
    """Raise unless two arrays have the same labels along a dim, in the same order."""
    what = {"sample": "samples"}.get(dim, f"labels of {dim!r}")
    n, n_plan = score.sizes[dim], held_out.sizes[dim]
    if n != n_plan:
        raise ValueError(f"score and held_out are of different {what}: {n:,} and {n_plan:,}.")
    if dim in score.coords and dim in held_out.coords:
        differ = np.flatnonzero(score[dim].values != held_out[dim].values)
        if differ.size:
            ours, theirs = (one[dim].values[differ[0]].item() for one in (score, held_out))
            raise ValueError(
                f"score and held_out are of different {what}: at place {differ[0]} {ours!r} and "
                f"{theirs!r}. Bring them in one order: score.sel({dim}=held_out.{dim})."
            )


def _interval_of(score: xr.DataArray, interval: str, pool: str) -> str:
    """Return which interval suits the scores; raise if the one that is asked for does not."""
    check_choice("interval", interval, ["auto", "newcombe", "welch"])
    low, high = float(score.min()), float(score.max())  # all NaN: neither
    inside = pool == "mean" and low >= -1e-6 and high <= 1 + 1e-6
    if interval == "newcombe" and not inside:
        raise ValueError(
            f"interval='newcombe' is for means of scores in 0 .. 1; these are {pool}s of scores in "
            f"{low:.3g} .. {high:.3g}. Take 'welch'."
        )
    return interval if interval != "auto" else "newcombe" if inside else "welch"


def _tell_missing(result: xr.Dataset) -> None:
    """Warn once of samples without a value in or out."""
    without = {side: int((result[f"n_{side}"] == 0).sum()) for side in ("in", "out")}
    told = [f"{n:,} were never {side}" for side, n in without.items() if n]
    if told:
        warnings.warn(
            f"of {result.mem.size:,} samples {' and '.join(told)}: they are NaN. More repeats, or "
            "folds instead of shares, leave out every sample.",
            stacklevel=3,
        )


def _described(result: xr.Dataset, score: xr.DataArray, how: dict[str, Any]) -> xr.Dataset:
    """Return the result with units, and how it came about."""
    about = {"units": score.attrs.get("units", ""), "n": score.sizes["sample"], **how}
    words = {
        "U": "score of samples in the training set",
        "V": "score of samples left out",
        "mem": "memorization, U − V",
        "interval": "interval of the memorization",
    }
    for name, said in words.items():
        result[name].attrs = {"long_name": said, "measure": "mem = U − V", **about}
    for side in ("in", "out"):
        result[f"n_{side}"].attrs = {"long_name": f"values {side}", "units": ""}
    return result
