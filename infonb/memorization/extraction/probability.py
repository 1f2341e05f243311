"""(n, p)-extraction: how often one must sample from a model until it recites a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.extraction.sequences import checked_log_probability, with_known
from infonb.validate import check_integer, check_number

__all__ = ["extraction_probability"]

#: Below this log-probability 1 - (1 - p)^n is n p, to the last digit, and 1 - p rounds to 1.
_RARE = -40.0


def extraction_probability(
    log_probability: xr.DataArray,
    *,
    n: int | Sequence[int] = (1, 10, 100, 1000),
    p: float | Sequence[float] = (0.1, 0.5, 0.9),
) -> xr.Dataset:
    r"""
    Return how probable it is that a model recites sequences when it is sampled n times.

    Dims (\*batch, sample[, position]) in; (\*batch, sample), (\*batch, n, sample), (\*batch, p,
    sample) and (\*batch, n, p, sample) out.

    .. math:: P_n(z) = 1 - (1 - p_z)^n, \quad n_p(z) = \lceil \ln(1 - p) / \ln(1 - p_z) \rceil

    with :math:`p_z`, the product of the probabilities of the target's tokens.

    Parameters
    ----------
    log_probability
        Natural logarithms of the probability of each true token after the true ones before it,
        of the N target tokens: one forward pass tells them
        (`infonb.networks.token_log_probabilities`). Without ``position``: their sums. For another
        way of sampling, such as top-k, those of its distribution; minus infinity is allowed.
    n
        Numbers of tries, one or several.
    p
        Probabilities to be reached, above 0 and below 1, one or several.

    Returns
    -------
    xarray.Dataset
        ``log_p`` (\*batch, sample), nat, the logarithm of :math:`p_z`; ``p_z``, which may be too
        small for a float and 0 then; ``probability`` (\*batch, n, sample); ``extractable``
        (\*batch, n, p, sample), bool: the probability reaches p; ``n_needed`` (\*batch, p, sample),
        the fewest tries that reach p, infinite beyond 1e308; ``log_n_needed`` (\*batch, p,
        sample), nat, which does not overflow. Units 1. A single `n` or `p` makes no dim.

    Raises
    ------
    TypeError, ValueError
        If log-probabilities are NaN or above 0, or have a dim `n` or `p` themselves, `n` is no
        whole number from 1 to 1e18, or `p` not between 0 and 1.

    Notes
    -----
    Greedy decoding tells whether the likeliest text is the training text; a sequence of
    probability 0.01 a try is not, and comes out in 100 tries with probability 0.63: greedy scores
    understate the risk. Neither says more about sequences that anybody would write: compare with
    held-out ones, or with a model that has not seen them.

    References
    ----------
    Hayes et al., "Measuring memorization in language models via probabilistic extraction",
    NAACL 2025 (arXiv 2410.19482), definition of (n, p)-discoverable extraction.

    Examples
    --------
    >>> steps = xr.DataArray(np.log([[0.5, 0.5], [1.0, 1.0]]), dims=("sample", "position"))
    >>> found = extraction_probability(steps, n=2, p=0.5)
    >>> found.probability.values, found.n_needed.values
    (array([0.4375, 1.    ]), array([3., 1.]))
    """
    log_p: Any = checked_log_probability(log_probability, "log_probability", zero=True)
    if taken := [dim for dim in ("n", "p") if dim in log_p.dims or dim in log_p.coords]:
        raise ValueError(
            f"log_probability has {taken[0]!r} already, which is a dim of the result; rename it: "
            f"log_probability.rename({taken[0]}=...)."
        )
    tries = _listed("n", n, lambda value: check_integer("n", value, 1, 10**18))
    wanted = _listed("p", p, _probability)
    log_miss = _log_miss(log_p)  # of one try, ln(1 - p_z), 0 or below
    with np.errstate(divide="ignore", over="ignore"):
        # rare sequences: n p_z in logarithms, since p_z itself may be no float any more
        rare = np.exp(log_p + np.log(tries.astype(float)))
        found = xr.where(log_p > _RARE, -np.expm1(tries * log_miss), -np.expm1(-rare))
        log_n = np.log(-np.log1p(-wanted)) - xr.where(log_p > _RARE, np.log(-log_miss), log_p)
        # 0.729 = 0.9 ** 3 but for the last digit
        n_needed: Any = np.maximum(np.ceil(np.exp(log_n) * (1 - 1e-12)), 1.0)
    result = xr.Dataset({
        "log_p": log_p.assign_attrs(units="nat"),
        "p_z": np.exp(log_p).assign_attrs(units="1"),
        "probability": found.transpose(..., "sample").assign_attrs(units="1"),
        "n_needed": n_needed.transpose(..., "sample").assign_attrs(units="tries"),
        "log_n_needed": log_n.clip(min=0.0).transpose(..., "sample").assign_attrs(units="nat"),
    })  # fmt: skip
    reached = (tries >= result.n_needed).transpose(..., *tries.dims, *wanted.dims, "sample")
    result["extractable"] = reached.assign_attrs(units="1")
    return with_known(result, log_probability).assign_attrs(
        measure="(n, p)-extraction", units="1", n_samples=log_p.sizes["sample"]
    )


def _log_miss(log_p: Any) -> Any:
    """Return ln(1 - exp(log_p)), exact at both ends; minus infinity where p is 1."""
    with np.errstate(divide="ignore"):
        return xr.where(log_p > -np.log(2), np.log(-np.expm1(log_p)), np.log1p(-np.exp(log_p)))


def _probability(value: Any) -> float:
    number = check_number("p", value, 0.0, 1.0)
    if number in (0.0, 1.0):
        raise ValueError(f"p must be above 0 and below 1, such as 0.5; not {value!r}.")
    return number


def _listed(name: str, values: Any, check: Any) -> xr.DataArray:
    """Return one value, or several along a dim of their own, each checked."""
    if isinstance(values, str) or (isinstance(values, (Sequence, np.ndarray)) and not len(values)):
        raise ValueError(f"{name} must be a number, or a list of some; not {values!r}.")
    if not isinstance(values, (Sequence, np.ndarray)):
        one = check(values)
        return xr.DataArray(one, coords={name: one})
    several = [check(one) for one in values]
    return xr.DataArray(several, coords={name: several}, dims=name)
