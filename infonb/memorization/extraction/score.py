"""Extraction: the exact and the graded score of greedy continuations."""

from __future__ import annotations

import math
from fractions import Fraction

import xarray as xr

from infonb.memorization.extraction.sequences import alike, checked_tokens, with_known
from infonb.validate import check_number

__all__ = ["extraction"]


def extraction(
    target: xr.DataArray, generated: xr.DataArray, *, at_least: float = 1.0
) -> xr.Dataset:
    r"""
    Return which training sequences a model recites, given their beginnings.

    Dims (\*batch, sample, position) in; the same and (\*batch, sample) out.

    .. math:: \mathrm{score} = \frac{1}{N} \sum_{i=1}^{N} [S_{k+i} = G_{k+i}]

    of the sequence S and the greedy continuation G of its first k tokens.

    Parameters
    ----------
    target
        The N true tokens behind the prompt, whole numbers (sample, position), or more dims.
    generated
        What the model wrote there by itself, token after token, the most probable one each time:
        (..., sample, position), as `infonb.networks.greedy_continuation` returns it. More dims,
        such as ``model`` and ``checkpoint``, are batches.
    at_least
        Share of the N tokens, above 0 and up to 1, from which on a sequence counts as memorized.
        1: all of them, which the paper calls *k-extractable*.

    Returns
    -------
    xarray.Dataset
        ``matches`` (\*batch, sample, position), bool; ``n_matches`` (\*batch, sample), how many;
        ``score`` (\*batch, sample), their share, 0 … 1, units 1; ``memorized`` (\*batch, sample),
        bool; ``first_slip`` (\*batch, sample), how many tokens are right before the first that is
        not, N where all are right. Attributes ``n_tokens``, ``needed`` (matches that count as
        memorized), ``at_least``, ``n_samples``.

    Raises
    ------
    TypeError, ValueError
        If an array is no labelled one of whole numbers, has no dim ``sample`` or ``position``,
        nothing along one of them, a token below 0 (padding), or is not of the same samples and
        positions as the other; if `at_least` is not between 0 and 1.

    Notes
    -----
    Tokens are compared place by place: a slip mostly costs what follows, but a later match counts
    again. What is memorized is decided on the whole number of matches, never on the mean, a
    float.

    *The null.* Of a random sequence over V tokens that the model has not seen, a token is right
    with the chance 1 / V, and all N with :math:`V^{-N}`. Real texts are more predictable: score
    held-out sequences of the same kind, too; what these reach is not memory. Longer prompts find
    more. Greedy decoding shows one continuation of many, `extraction_probability` all of them.

    In half precision a near tie can turn out differently: let the model compute in float32.

    References
    ----------
    Biderman et al., "Emergent and Predictable Memorization in Large Language Models", NeurIPS 2023,
    section 2 and table 1; Carlini et al., "Quantifying Memorization Across Neural Language
    Models", ICLR 2023.

    Examples
    --------
    >>> target = xr.DataArray([[1, 2, 3, 4], [5, 6, 7, 8]], dims=("sample", "position"))
    >>> generated = xr.DataArray([[1, 2, 3, 4], [5, 6, 0, 8]], dims=("sample", "position"))
    >>> found = extraction(target, generated)
    >>> found.score.values, found.memorized.values, found.first_slip.values
    (array([1.  , 0.75]), array([ True, False]), array([4, 2]))
    """
    share = check_number("at_least", at_least, 0.0, 1.0)
    if not share:
        raise ValueError("at_least must be above 0, or everything counts as memorized; not 0.")
    target, generated = checked_tokens(target, "target"), checked_tokens(generated, "generated")
    matches = generated == alike(generated, target, ("generated", "target"))
    matches = matches.transpose(..., "sample", "position")
    n = matches.sizes["position"]
    # a share such as 5 / 6 is a little more or less than that as a float: 6 * 5 / 6 must be 5
    needed = max(1, math.ceil(Fraction(share).limit_denominator(10**6) * n))
    n_matches = matches.sum("position")
    first = (~matches).argmax("position")
    found = xr.Dataset({
        "matches": matches.assign_attrs(units="1"),
        "n_matches": n_matches.assign_attrs(units="tokens"),
        "score": (n_matches / n).assign_attrs(units="1", long_name="share of tokens recited"),
        "memorized": (n_matches >= needed).assign_attrs(units="1"),
        "first_slip": first.where(n_matches < n, n).assign_attrs(units="tokens"),
    })  # fmt: skip
    return with_known(found, target, generated).assign_attrs(
        measure="extraction by greedy decoding", units="1", n_tokens=n, needed=needed,
        at_least=share, n_samples=matches.sizes["sample"],
    )  # fmt: skip
