"""Unintended memorization: bits that a model holds of samples beyond what a reference knows."""

from __future__ import annotations

import math
from typing import Any

import xarray as xr

from infonb.memorization.extraction.sequences import (
    alike,
    checked_log_probability,
    checked_numbers,
    with_known,
)
from infonb.validate import check_choice, check_number

__all__ = ["unintended_memorization"]


def unintended_memorization(
    log_probability: xr.DataArray,
    reference: xr.DataArray | float,
    *,
    n_parameters: float | xr.DataArray | None = None,
    clip: bool = False,
) -> xr.Dataset:
    r"""
    Return how many bits a model holds of each sample, beyond what can be known without having it.

    Dims (\*batch, sample[, position]) in; (\*batch, sample) and (\*batch) out.

    .. math:: \mathrm{bits}(x) = \log_2 p(x \mid \hat\theta) - \log_2 p(x \mid \theta)

    of the model :math:`\hat\theta` and the reference :math:`\theta`: how much shorter the model's
    code for a sample is.

    Parameters
    ----------
    log_probability
        Natural logarithms of the probability of each true token after those before it
        (`infonb.networks.token_log_probabilities`); without ``position``: their sums, or any
        log-density of samples.
    reference
        The same of a model that has not seen the samples (larger, or trained on other data: then
        what can be generalized is left out); or a number: the log-probability of every token from
        the true source, as ``-math.log(V)`` of random tokens out of V, of which nothing but the
        samples themselves can be learnt.
    n_parameters
        Parameters of the model, a number or along dims of the batch: for bits per parameter.
    clip
        Whether a sample that the model knows less well than the reference counts 0: as where each
        sample is described by whichever of the two has the shorter code. Otherwise it counts below
        0, as does an untrained model. Clipped, held-out samples no longer have 0 on average.

    Returns
    -------
    xarray.Dataset
        ``bits`` (\*batch, sample); ``reference_bits`` (..., sample), the length of the reference's
        code, above which no model's ``bits`` can be; ``total_bits`` (\*batch), the sum over
        samples; ``bits_per_parameter`` (\*batch), if told. Units bit.

    Raises
    ------
    TypeError, ValueError
        If log-probabilities are NaN, infinite or above 0, both are of different samples, a number
        is given as the reference of sums, or a number of parameters is not above 0.

    Notes
    -----
    Sum over *different* samples, each once, however many copies were trained on: a second copy
    holds nothing new. On random strings total_bits is all that the model holds. It grows with
    the number of samples until the model is full; there Morris et al. find about 3.6 bits a
    parameter in GPT-style models of 500,000 to 1.5 billion parameters, trained until they learn no
    more. The null is the bits of held-out samples: 0 or below on average, since no model describes
    a true source better than that source.

    With a model as the reference the bits depend on it: a weak one makes knowledge look like
    memory.

    References
    ----------
    Morris et al., "How much do language models memorize?", 2025 (arXiv 2505.24832): memorization
    by compression, without what a reference generalizes; section 3, random strings.

    Examples
    --------
    >>> sure = math.log(2) * xr.DataArray([[-1, 0], [-2, -3]], dims=("sample", "position"))
    >>> found = unintended_memorization(sure, -math.log(4), n_parameters=2)
    >>> found.bits.values, round(float(found.bits_per_parameter), 3)
    (array([ 3., -1.]), 1.0)
    >>> unintended_memorization(sure, -math.log(4), clip=True).bits.values
    array([3., 0.])
    """
    check_choice("clip", clip, [True, False])
    own = checked_log_probability(log_probability, "log_probability")
    base = _reference(log_probability, own, reference)
    bits = ((own - base) / math.log(2)).transpose(..., "sample")
    bits = bits.clip(min=0.0) if clip else bits
    found = xr.Dataset({
        "bits": bits.assign_attrs(units="bit", long_name="unintended memorization"),
        "reference_bits": (-base / math.log(2)).assign_attrs(units="bit"),
        "total_bits": bits.sum("sample").assign_attrs(units="bit"),
    })  # fmt: skip
    if n_parameters is not None:
        per = found.total_bits / _parameters(n_parameters, found.total_bits)
        found["bits_per_parameter"] = per.transpose(*found.total_bits.dims).assign_attrs(
            units="bit per parameter"
        )
    return with_known(found, log_probability).assign_attrs(
        measure="unintended memorization", units="bit", clip=str(clip),
        reference="model" if isinstance(reference, xr.DataArray) else "source",
        n_samples=own.sizes["sample"],
    )  # fmt: skip


def _reference(given: xr.DataArray, own: xr.DataArray, reference: Any) -> xr.DataArray:
    """Return the reference's log-probability of each sample."""
    if isinstance(reference, xr.DataArray):
        if ("position" in reference.dims) != ("position" in given.dims):
            raise ValueError(
                "log_probability and reference must both have the dim 'position', or neither: "
                "otherwise they may be of different tokens; sum both over 'position'."
            )
        base = alike(given, reference, ("log_probability", "reference"))
        return checked_log_probability(base, "reference")
    each = check_number("reference", reference)
    if each > 0:
        raise ValueError(
            f"reference must be a logarithm of a probability, such as -math.log(V); not {each}."
        )
    if "position" not in given.dims:
        raise ValueError(
            "a number as reference is of each token, but log_probability has no dim 'position': "
            "give it per token, or the reference as an array (sample)."
        )
    return xr.full_like(own.isel({d: 0 for d in own.dims if d != "sample"}, drop=True),
                        each * given.sizes["position"])  # fmt: skip


def _parameters(n_parameters: Any, total: xr.DataArray) -> Any:
    if not isinstance(n_parameters, xr.DataArray):
        number = check_number("n_parameters", n_parameters, 0)
        if not number:
            raise ValueError("n_parameters must be above 0.")
        return number
    given = checked_numbers(n_parameters, "n_parameters", total.dims, zero=False)
    return alike(total, given, ("log_probability", "n_parameters"))
