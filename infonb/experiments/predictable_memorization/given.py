"""Models of one's own, or published ones, asked about sequences of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from infonb.memorization import extraction, extraction_strength

if TYPE_CHECKING:
    from torch import nn

__all__ = ["score_sequences"]


def score_sequences(
    model: str | nn.Module, tokens: Any, *, revision: str = "main", prompt: int = 32,
    n: int | None = 32, at_least: float = 1.0, batch_size: int = 64,
) -> xr.Dataset:  # fmt: skip
    """
    Return what a model recites of sequences: of Pythia, say, on the data that it was trained on.

    Dims in: `tokens` (sample, position), whole numbers; out: (sample). What the experiment does
    with its own small models, for any.

    Parameters
    ----------
    model
        A name of the hub (``"EleutherAI/pythia-70m"``), a folder, or a model: as of
        `infonb.networks.language_model`, and of `infonb.networks.greedy_continuation`.
    tokens
        Training sequences, such as `infonb.data.load_preshuffled` or
        `infonb.data.load_memorized_evals` give; only the first `prompt` + `n` tokens are used.
    revision
        Of a name or a folder, such as ``"step23000"``.
    prompt, n
        Tokens that are given, and those to be continued; `n` None: all others.
    at_least
        Share of right tokens from which on a sequence counts as memorized.
    batch_size
        Sequences at once.

    Returns
    -------
    xarray.Dataset
        ``score``, ``memorized``, ``first_slip``, ``log_p`` (nat: of the continuation, given the
        prompt), ``strength`` (of the prompt and continuation as a whole), all (sample), with the
        coordinates of the samples. Several models: ``xr.concat([...], "size")``, and
        `infonb.memorization.memorization_prediction`.

    Raises
    ------
    ValueError, FileNotFoundError
        If there is no such model or revision, sequences are shorter than `prompt` + `n`, or a token
        is not in the vocabulary.

    Notes
    -----
    In float32. The paper's own numbers are in half precision, where near ties may be decided
    otherwise. A list of memorized sequences is a biased sample: precision and recall on it are not
    those of the corpus.

    References
    ----------
    Biderman et al., NeurIPS 2023, section 2 (prompt = n = 32).

    Examples
    --------
    >>> from infonb.networks import language_model
    >>> tokens = [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]]
    >>> found = score_sequences(language_model(hidden=16), tokens, prompt=3, n=3)
    >>> found.memorized.dims, bool((found.log_p < 0).all())
    (('sample',), True)
    """
    from infonb.networks import greedy_continuation, language_model, token_log_probabilities

    one: Any = language_model(model, revision=revision) if isinstance(model, str) else model
    rows = tokens if isinstance(tokens, xr.DataArray) else _labelled(tokens)
    if n is None:
        n = rows.sizes.get("position", 0) - prompt
    said = greedy_continuation(one, rows, prompt=prompt, n=n, batch_size=batch_size)
    rows = rows.isel(position=slice(prompt + n)).assign_coords(position=range(prompt + n))
    told = token_log_probabilities(one, rows, batch_size=batch_size)
    target = rows.sel(position=slice(prompt, None)).astype("int64")
    found = extraction(target, said.assign_coords(position=target.position), at_least=at_least)
    log_p = told.log_probability.sel(position=slice(prompt, None)).sum("position")
    return found[["score", "memorized", "first_slip"]].assign(
        log_p=log_p.assign_attrs(units="nat"), strength=extraction_strength(told.right).strength
    ).assign_attrs(said.attrs)  # fmt: skip


def _labelled(tokens: Any) -> xr.DataArray:
    import numpy as np

    values = np.asarray(tokens)
    if values.ndim != 2:
        raise ValueError(f"tokens must have dims (sample, position); not shape {values.shape}.")
    return xr.DataArray(values, dims=("sample", "position"))
