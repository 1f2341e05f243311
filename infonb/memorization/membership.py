"""Membership by loss: whether its loss tells that an example was in the training set."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

from infonb.memorization.ranking import BOUND, auroc, check_groups
from infonb.validate import check_choice, check_level, check_number

__all__ = ["membership"]


def membership(
    loss: xr.DataArray,
    is_in: xr.DataArray,
    *,
    rates: Sequence[float] = (0.001, 0.01),
    member: str = "low",
    level: float = 0.95,
) -> xr.Dataset:
    r"""
    Return how well a threshold on the loss tells training samples from others: ROC, AUROC, TPR.

    Dims (\*batch, sample) in; (\*batch), (\*batch, rate) and (\*batch, false_positive) out.

    Parameters
    ----------
    loss
        Of each sample, from one network, in or out: mostly the ``loss`` of its last epoch. Any
        other score will do.
    is_in
        Whether a sample was in the training set, bool (sample); for ``role``, write
        ``data.role == "in"``.
    rates
        False positive rates at which the true positive rate is told.
    member
        ``"low"``: a low loss speaks for a member; ``"high"``, for scores such as probabilities.
    level
        Probability that an interval covers.

    Returns
    -------
    xarray.Dataset
        ``auroc`` and its ``auroc_interval`` (bound), of Newcombe; ``true_positive_rate`` (rate)
        with ``true_positive_interval`` (rate, bound), of Clopper and Pearson, at the most generous
        ``threshold`` (rate), in units of the loss, that no more than that share of the out group
        passes; ``false_positive_interval`` (rate, bound), likewise, of the share that it does let
        pass; ``roc`` (false_positive), the true positive rate where so many of the out group pass,
        with the coordinate ``false_positive_rate``; ``advantage``, that of Yeom et al.
        Attributes ``units``, ``measure``, ``n_in``, ``n_out``.

    Raises
    ------
    TypeError, ValueError
        If a group is empty, a loss is NaN, or a rate is not between 0 and 1.

    Warns
    -----
    UserWarning
        If the out group has too few samples for a rate: of fewer than 1 / rate none may pass, and
        the true rate of false positives can be several times as high as asked for.

    Notes
    -----
    A sample is taken for a member where its loss is below a threshold (Yeom et al.). AUROC and
    accuracy say what happens on average; an attack that names few members without error is serious
    and hardly shows in them: hence the rates at few false positives (Carlini et al.), and an ROC on
    logarithmic axes. Their attack itself (LiRA) compares with networks that were trained with and
    without each sample: give ``in_out``'s score of a sample in place of the loss for that.

    The threshold is the most generous that lets at most ``rate`` of the out group pass, samples of
    equal loss together: no point between two samples is made up. Its interval takes the threshold
    for given; how far off its rate of false positives may be stands in
    ``false_positive_interval``.

    ``advantage`` is the true less the false positive rate at the mean loss of the in group.

    References
    ----------
    Yeom, Giacomelli, Fredrikson, Jha, "Privacy Risk in Machine Learning", CSF 2018, section 3.2
    (Adversary 2); Carlini, Chien, Nasr, Song, Terzis, Tramèr, "Membership Inference Attacks From
    First Principles", IEEE S&P 2022; Clopper and Pearson, Biometrika 26, 404 (1934).

    Examples
    --------
    >>> loss = xr.DataArray([0.1, 0.2, 0.6, 0.5, 0.7, 0.9], dims="sample")
    >>> is_in = xr.DataArray([True, True, True, False, False, False], dims="sample")
    >>> told = membership(loss, is_in, rates=[0.34])
    >>> round(float(told.auroc), 3), told.true_positive_rate.values, told.roc.values.round(2)
    (0.889, array([1.]), array([0.67, 1.  , 1.  , 1.  ]))
    """
    check_choice("member", member, ["low", "high"])
    check_level(level)
    if not isinstance(rates, Iterable) or isinstance(rates, str):
        raise TypeError(f"rates must be a list of numbers, such as [0.01]; not {rates!r}.")
    wanted = [check_number("rates", rate, 0.0, 1.0) for rate in rates]
    loss, inside = check_groups(loss, is_in, "is_in")
    if bool(loss.isnull().any()):
        raise ValueError(
            f"loss is NaN for {int(loss.isnull().sum()):,} of {loss.size:,} values; leave these "
            "samples out of both."
        )
    _warn_of_few(int((~inside).sum()), wanted)
    sign = -1.0 if member == "low" else 1.0
    score = sign * loss.values.astype(float)
    ours, others = score[..., inside], -np.sort(-score[..., ~inside], axis=-1)
    allowed = np.array([_allowed(rate, others.shape[-1]) for rate in wanted], int)
    ranks = auroc(sign * loss, is_in, level=level)
    passed = _passed(ours, others)
    dims = loss.dims[:-1]
    found = {
        "auroc": ranks.auroc.variable,
        "auroc_interval": ranks.interval.variable,
        "true_positive_rate": ((*dims, "rate"), passed[..., allowed]),
        "true_positive_interval": _clopper_pearson(passed[..., allowed], inside.sum(), dims, level),
        "threshold": ((*dims, "rate"), sign * _thresholds(others)[..., allowed]),
        "false_positive_interval": _clopper_pearson(
            _false(score[..., ~inside], _thresholds(others)[..., allowed]), (~inside).sum(), dims,
            level,
        ),
        "roc": ((*dims, "false_positive"), passed),
        "advantage": (dims, _advantage(ours, score[..., ~inside])),
    }  # fmt: skip
    return _described(found, loss, wanted, others.shape[-1], int(inside.sum()))


def _allowed(rate: float, n: int) -> int:
    """Return how many of the out group may pass."""
    return int(np.floor(rate * n + 1e-9))


def _thresholds(others: np.ndarray) -> np.ndarray:
    """Return the score that has to be exceeded where k of the out group may pass: (..., k)."""
    least = np.full((*others.shape[:-1], 1), -np.inf)
    return np.concatenate([others, least], axis=-1)


def _passed(ours: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the share of the in group above each threshold: (..., k)."""
    ours, limits = np.sort(ours, axis=-1), _thresholds(others)
    rows = zip(ours.reshape(-1, ours.shape[-1]), limits.reshape(-1, limits.shape[-1]), strict=True)
    below = np.array([np.searchsorted(row, limit, side="right") for row, limit in rows])
    return 1.0 - below.reshape(limits.shape) / ours.shape[-1]


def _false(others: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return the share of the out group above each limit: (..., rate)."""
    return (others[..., None, :] > limits[..., None]).mean(axis=-1)


def _advantage(ours: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return true less false positives at the mean score of the in group."""
    limit = ours.mean(axis=-1, keepdims=True)
    return (ours >= limit).mean(axis=-1) - (others >= limit).mean(axis=-1)


def _clopper_pearson(
    share: np.ndarray, n: int, dims: tuple, level: float
) -> tuple[tuple, np.ndarray]:
    """Return the exact interval of a share of n: (..., rate, bound)."""
    from scipy.stats import beta

    hits, tail = np.rint(share * n), (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, beta.ppf(tail, hits, n - hits + 1), 0.0)
        high = np.where(hits < n, beta.ppf(1 - tail, hits + 1, n - hits), 1.0)
    return (*dims, "rate", "bound"), np.stack([low, high], axis=-1)


def _warn_of_few(n: int, rates: Sequence[float]) -> None:
    few = [rate for rate in rates if 0 < rate * n < 1 - 1e-9]
    if few:
        told = " and ".join(f"{rate:.3g}" for rate in few)
        warnings.warn(
            f"the out group has {n:,} samples, too few for a false positive rate of {told}: none "
            f"of them may pass, and up to {1 - 0.05 ** (1 / n):.2g} of others still could. Take at "
            f"least {int(np.ceil(1 / min(few))):,}.",
            stacklevel=3,
        )


def _described(
    found: dict, loss: xr.DataArray, rates: Sequence[float], n_out: int, n_in: int
) -> xr.Dataset:
    coords = {key: coord for key, coord in loss.coords.items() if "sample" not in coord.dims}
    share = np.arange(n_out + 1) / n_out
    result = xr.Dataset(
        found,
        {**coords, "rate": list(rates), "bound": BOUND,
         "false_positive": np.arange(n_out + 1), "false_positive_rate": ("false_positive", share)},
    )  # fmt: skip
    for variable in result.data_vars.values():
        variable.attrs["units"] = "1"
    result.threshold.attrs["units"] = str(loss.attrs.get("units", ""))
    how = {"measure": "membership", "formula": "a sample is in where its loss is below a threshold"}
    return result.assign_attrs(**how, n_in=n_in, n_out=n_out)
