"""Extraction strength: how little of a sequence is needed for all the rest of it."""

from __future__ import annotations

import xarray as xr

from infonb.memorization.extraction.sequences import checked_bool, with_known

__all__ = ["extraction_strength"]


def extraction_strength(right: xr.DataArray) -> xr.Dataset:
    r"""
    Return how short a beginning makes a model recite all the rest of a sequence.

    Dims (\*batch, sample, position) in; (\*batch, sample) out.

    .. math:: \mathrm{strength} = 1 - \frac{1}{N} \min \{k : \text{the greedy continuation of the
        first } k \text{ tokens is right up to } N\}

    Parameters
    ----------
    right
        Whether the most probable token is the true one, each after the *true* tokens before it,
        bool: ``right`` of `infonb.networks.token_log_probabilities`, from one forward pass.

    Returns
    -------
    xarray.Dataset
        ``prefix`` (\*batch, sample), the shortest such beginning, tokens of `right`, 0 … N;
        ``strength`` (\*batch, sample), 0 … 1, units 1: 1 where every token is right, 0 where the
        last one is not.

    Raises
    ------
    TypeError, ValueError
        If `right` is not bool, or lacks ``sample`` or ``position``, or has nothing along them.

    Notes
    -----
    One pass is enough, though the definition has one decoding for each beginning. As long as the
    model has been right since token k, what it wrote *is* the true sequence, so that its next
    choice is the one after the true tokens: it recites all of the rest exactly where `right` holds
    from k on. The shortest such k is the place behind the last wrong token.

    The null is the strength of held-out sequences: 1 token of N may be right at the end by chance.

    References
    ----------
    Carlini et al., "Extracting Training Data from Large Language Models", USENIX Security 2021;
    as a strength: Wang et al., "Towards Effective Evaluations and Comparisons for LLM Unlearning
    Methods", ICLR 2025 (arXiv 2406.09179).

    Examples
    --------
    >>> rows = [[0, 1, 0, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    >>> right = xr.DataArray(rows, dims=("sample", "position")) > 0
    >>> extraction_strength(right).strength.values
    array([0.25, 1.  , 0.  ])
    """
    right = checked_bool(right, "right", ("sample", "position"))
    n = right.sizes["position"]
    behind = (~right).isel(position=slice(None, None, -1)).argmax("position")  # right at the end
    prefix = (n - behind).where(~right.all("position"), 0)
    found = xr.Dataset({
        "prefix": prefix.assign_attrs(units="tokens"),
        "strength": (1 - prefix / n).assign_attrs(units="1", long_name="extraction strength"),
    })  # fmt: skip
    return with_known(found, right).assign_attrs(
        measure="extraction strength", units="1", n_tokens=n, n_samples=right.sizes["sample"]
    )
