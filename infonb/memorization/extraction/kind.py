"""Three kinds of memorized sequences: recited, reconstructed and recollected ones."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization.extraction.sequences import (
    alike,
    checked_bool,
    checked_copies,
    checked_tokens,
    with_known,
)
from infonb.validate import check_integer

__all__ = ["KINDS", "memorization_kind", "predictable_sequences"]

KINDS = ("not memorized", "recite", "reconstruct", "recollect")
TEMPLATES = ("none", "repeating", "incrementing")


def memorization_kind(
    memorized: xr.DataArray,
    n_copies: xr.DataArray,
    predictable: xr.DataArray,
    *,
    more_than: int = 5,
) -> xr.DataArray:
    r"""
    Return why a model can recite each sequence: duplicates, a predictable template, or neither.

    Dims (\*batch, sample) and (sample) in; (\*batch, sample) out.

    Parameters
    ----------
    memorized
        Which sequences a model recites, bool (\*batch, sample): of `extraction`.
    n_copies
        How often each was in the training data, whole numbers (sample).
    predictable
        Which of them follow a template, bool (sample): of `predictable_sequences`.
    more_than
        Copies beyond which a sequence counts as recited.

    Returns
    -------
    xarray.DataArray
        ``kind`` (\*batch, sample), words: ``"recite"`` (memorized, more copies than `more_than`),
        ``"reconstruct"`` (memorized, fewer copies, predictable), ``"recollect"`` (memorized
        otherwise: rare, and no template), ``"not memorized"``.

    Raises
    ------
    TypeError, ValueError
        If `memorized` or `predictable` is not bool, `n_copies` is no whole number or below 0, or
        they are of different samples.

    Notes
    -----
    The kinds are rules, not causes: a recited sequence may follow a template, too. Held-out
    sequences that a model completes (0 copies) can only be reconstructed, or were guessed: look
    at them as the null.

    References
    ----------
    Prashanth et al., "Recite, Reconstruct, Recollect: Memorization in LMs as a Multifaceted
    Phenomenon", ICLR 2025 (arXiv 2406.17746): more than 5 duplicates; repeating or incrementing
    templates.

    Examples
    --------
    >>> memorized = xr.DataArray([True, True, True, False], dims="sample")
    >>> n_copies = xr.DataArray([9, 1, 1, 9], dims="sample")
    >>> predictable = xr.DataArray([True, True, False, False], dims="sample")
    >>> memorization_kind(memorized, n_copies, predictable).values.tolist()
    ['recite', 'reconstruct', 'recollect', 'not memorized']
    """
    check_integer("more_than", more_than, 0)
    memorized = checked_bool(memorized, "memorized")
    predictable = checked_bool(predictable, "predictable")
    copies = alike(memorized, checked_copies(n_copies, "n_copies"), ("memorized", "n_copies"))
    template = alike(memorized, predictable, ("memorized", "predictable"))
    often = copies > more_than
    number = xr.where(often, 1, xr.where(template, 2, 3)).where(memorized, 0).astype(int)
    number = number.transpose(..., "sample")
    kind = number.copy(data=np.array(KINDS, object)[number.values])
    found = with_known(kind.to_dataset(name="kind"), memorized).kind
    found.attrs = {
        "units": "1", "measure": "kind of memorization", "more_than": more_than,
        "n_samples": found.sizes["sample"],
    }  # fmt: skip
    return found


def predictable_sequences(tokens: xr.DataArray, *, max_period: int | None = None) -> xr.Dataset:
    r"""
    Return which sequences follow a template, so that they can be continued without a memory.

    Dims (\*batch, sample, position) in; (\*batch, sample) out.

    Parameters
    ----------
    tokens
        Whole sequences, prompt and continuation, whole numbers.
    max_period
        The longest template looked for; None: half the sequence.

    Returns
    -------
    xarray.Dataset
        ``predictable`` (\*batch, sample), bool; ``template`` (\*batch, sample), ``"repeating"``,
        ``"incrementing"`` or ``"none"``; ``period`` (\*batch, sample), tokens, of the shortest
        template, 0 for none.

    Raises
    ------
    TypeError, ValueError
        If tokens are no whole numbers from 0 on, or there are fewer than three of them.

    Notes
    -----
    *Repeating*: every token is the one of q places before, and the template of q tokens is there
    at least twice. *Incrementing*: tokens at distance q always differ by the same whole number, one
    for each place in the template, at least one of which is not 0, and it is there at least three
    times, as in "1, 2, 3," (q = 2). Of random sequences of T tokens out of V next to none do so by
    chance, a share of some :math:`V^{-T/3}` at most. Increments are of token *numbers*: those of
    digits and letters mostly follow each other, those of longer numbers do not, so that texts that
    count up may be missed.

    References
    ----------
    Prashanth et al., ICLR 2025 (arXiv 2406.17746), repeating and incrementing templates.

    Examples
    --------
    >>> rows = [[7, 3, 7, 3, 7, 3], [1, 9, 2, 9, 3, 9], [1, 5, 2, 8, 0, 3]]
    >>> found = predictable_sequences(xr.DataArray(rows, dims=("sample", "position")))
    >>> found.template.values.tolist(), found.period.values
    (['repeating', 'incrementing', 'none'], array([2, 2, 0]))
    """
    tokens = checked_tokens(tokens, "tokens")
    length = tokens.sizes["position"]
    if length < 3:
        raise ValueError(f"tokens has {length} along 'position'; a template needs 3 or more.")
    most = length // 2 if max_period is None else check_integer("max_period", max_period, 1)
    values = tokens.values.astype(np.int64)
    template = np.zeros(values.shape[:-1], int)
    period = np.zeros(values.shape[:-1], int)
    for q in range(min(most, length // 2), 0, -1):  # the shortest last, so that it stands
        steps = values[..., q:] - values[..., :-q]
        repeats = (steps == 0).all(-1)
        # as a template repeats, so do the steps from one of its copies to the next
        steady = (steps[..., q:] == steps[..., :-q]).all(-1) & (length >= 3 * q)
        here = repeats | steady
        template = np.where(here, np.where(repeats, 1, 2), template)
        period = np.where(here, q, period)
    dims = tokens.dims[:-1]
    found = xr.Dataset({
        "predictable": (dims, template > 0, {"units": "1"}),
        "template": (dims, np.array(TEMPLATES, object)[template], {"units": "1"}),
        "period": (dims, period, {"units": "tokens"}),
    })  # fmt: skip
    known = {name: c for name, c in tokens.coords.items() if "position" not in c.dims}
    return found.assign_coords(known).assign_attrs(
        measure="predictable templates", units="1", n_samples=tokens.sizes["sample"]
    )
