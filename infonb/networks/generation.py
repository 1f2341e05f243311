"""What a language model says: its greedy continuation, and how likely it finds given tokens."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import nn

from infonb.networks.state import device_and_dtype, eval_mode
from infonb.validate import check_integer

__all__ = ["greedy_continuation", "token_log_probabilities"]


def greedy_continuation(
    model: nn.Module, tokens: Any, *, prompt: int, n: int, batch_size: int = 256
) -> xr.DataArray:
    """
    Return what a language model continues the first tokens of sequences with, the likeliest each.

    Dims in: `tokens` (sample, position), whole numbers; out: (sample, position), the `n` positions
    after the prompt, numbered as in the sequences, int64.

    Parameters
    ----------
    model
        A language model of transformers (`language_model`), which keeps keys and values of what it
        has read; or any module tokens (sample, position) → logits (sample, position, token), which
        reads its own words anew at each step. Put into eval mode, and back.
    tokens
        The sequences: an array, or a DataArray whose coordinates of ``sample`` are kept.
    prompt
        How many tokens the model is given.
    n
        How many it continues them with. It does not stop at a token that ends texts.
    batch_size
        Sequences at once. Logits are large: those of 256 sequences of 64 of 50,304 tokens, as of
        Pythia, take 3 GB.

    Returns
    -------
    xarray.DataArray
        With the attributes ``model``, ``dtype``, ``prompt``, ``n``, ``decoding``, ``n_samples``.

    Raises
    ------
    ValueError
        If sequences are shorter than `prompt` + `n`, a token is not in the vocabulary, there is no
        sequence, the model reads fewer positions, or its logits are NaN or have other dims.

    Notes
    -----
    The first of equally likely tokens is taken. In half precision nearly equal ones change places:
    ``dtype`` says in which one it was.

    References
    ----------
    Biderman et al., *Emergent and Predictable Memorization in Large Language Models*, NeurIPS 2023,
    section 2 (there prompt = n = 32, on the first 64 tokens of a sequence).

    Examples
    --------
    >>> class NextNumber(nn.Module):
    ...     def forward(self, tokens):
    ...         return nn.functional.one_hot((tokens + 1) % 10, 10).float()
    >>> greedy_continuation(NextNumber(), [[1, 2, 3, 4], [7, 8, 8, 8]], prompt=2, n=2).values
    array([[3, 4],
           [9, 0]])
    """
    prompt, n = check_integer("prompt", prompt, 1), check_integer("n", n, 1)
    sequences = _sequences(tokens, model)
    length = sequences.sizes["position"]
    if length < prompt + n:
        raise ValueError(
            f"sequences have {length} tokens, but prompt + n is {prompt} + {n} = {prompt + n}. "
            "Take fewer, or leave out sequences that are so short."
        )
    _check_reads(model, prompt + n - 1)
    parts = [
        _continued(model, batch[:, :prompt], n) for batch in _batches(model, sequences, batch_size)
    ]
    chosen = sequences.isel(position=slice(prompt, prompt + n))
    return xr.DataArray(
        torch.cat(parts).numpy(), chosen.coords, chosen.dims, name="generated",
        attrs=_attrs(model, sequences) | {"prompt": prompt, "n": n, "decoding": "greedy"},
    )  # fmt: skip


def token_log_probabilities(model: nn.Module, tokens: Any, *, batch_size: int = 256) -> xr.Dataset:
    """
    Return how likely each token of sequences is, given those before it, from one forward pass.

    Dims in: `tokens` (sample, position), whole numbers; out: ``log_probability`` (sample,
    position), natural logarithms, float64, and ``right`` (sample, position), whether the token is
    the likeliest, of all positions but the first, which no token stands before.

    Parameters
    ----------
    model, tokens, batch_size
        As of `greedy_continuation`.

    Returns
    -------
    xarray.Dataset
        In nats; attributes ``model``, ``dtype``, ``n_samples``. All of ``right`` from a position on
        means that the greedy continuation from there on is that of the sequence.

    Raises
    ------
    ValueError
        If sequences have a single token, a token is not in the vocabulary, there is no sequence,
        the model reads fewer positions, or its logits are NaN or have other dims.

    References
    ----------
    Hayes et al., *Measuring memorization in language models via probabilistic extraction*, 2024
    (arXiv 2410.19482), section 3: a sequence's probability needs no sampling.

    Examples
    --------
    >>> class Even(nn.Module):
    ...     def forward(self, tokens):
    ...         return torch.zeros(*tokens.shape, 4)
    >>> found = token_log_probabilities(Even(), [[0, 1, 2]])
    >>> found.log_probability.values.round(3), found.position.values
    (array([[-1.386, -1.386]]), array([1, 2]))
    """
    sequences = _sequences(tokens, model)
    if sequences.sizes["position"] < 2:
        raise ValueError("sequences have 1 token: nothing stands before it. Give longer ones.")
    _check_reads(model, sequences.sizes["position"] - 1)
    likely, right = [], []
    for batch in _batches(model, sequences, batch_size):
        logits, _ = _read(model, batch[:, :-1], None)
        target = batch[:, 1:].to(logits.device)
        _check_known(batch.numpy(), logits.shape[-1])
        likely.append(torch.stack([*map(_log_probability, logits, target)]).cpu())
        right.append((logits.argmax(-1) == target).cpu())
    chosen = sequences.isel(position=slice(1, None))
    found = {"log_probability": torch.cat(likely).numpy(), "right": torch.cat(right).numpy()}
    units = {"log_probability": {"units": "nat"}, "right": {}}
    return xr.Dataset(
        {name: (chosen.dims, values, units[name]) for name, values in found.items()},
        chosen.coords, _attrs(model, sequences),
    )  # fmt: skip


def _log_probability(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return (position) of one sequence: in double precision those of a batch fill the memory."""
    return logits.double().log_softmax(-1).gather(1, target[:, None])[:, 0]


def _continued(model: nn.Module, prompt: torch.Tensor, n: int) -> torch.Tensor:
    """Return the `n` likeliest tokens after a batch of prompts, one after the other."""
    said: list[torch.Tensor] = []
    tokens, past = prompt, None
    for _ in range(n):
        logits, past = _read(model, tokens, past)
        said.append(logits[:, -1].argmax(-1, keepdim=True).cpu())
        # a model that keeps what it has read is given the new token alone
        tokens = said[-1] if past is not None else torch.cat([prompt, *said], dim=1)
    return torch.cat(said, dim=1)


def _read(model: nn.Module, tokens: torch.Tensor, past: Any) -> tuple[torch.Tensor, Any]:
    """Return logits (sample, position, token), and keys and values of what was read, or None."""
    tokens = tokens.to(device_and_dtype(model)[0])
    with eval_mode(model):
        assert not model.training
        if not _keeps(model):
            try:
                found = model(tokens)
            except IndexError as error:
                raise ValueError(
                    f"the model cannot read tokens from {int(tokens.min())} to {int(tokens.max())} "
                    f"({error}). Take the sequences that belong to its vocabulary."
                ) from error
            return _checked_logits(getattr(found, "logits", found), tokens), None
        found = model(input_ids=tokens, past_key_values=past, use_cache=True)
    return _checked_logits(found.logits, tokens), found.past_key_values


def _checked_logits(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Return logits; raise for other dims, and for NaN, which argmax takes for the largest."""
    if logits.ndim != 3 or logits.shape[:2] != tokens.shape:
        raise ValueError(
            f"the model must give logits (sample, position, token) of tokens {tuple(tokens.shape)};"
            f" not {tuple(logits.shape)}."
        )
    if bool(logits.isnan().any()):
        raise ValueError(
            "the model's logits are NaN: look at its weights, or at the loss of its training."
        )
    return logits


def _keeps(model: nn.Module) -> bool:
    """Whether a model takes what it has read before."""
    named = inspect.signature(model.forward).parameters
    return {"input_ids", "past_key_values", "use_cache"} <= set(named)


def _batches(model: nn.Module, sequences: xr.DataArray, size: int) -> Iterator[torch.Tensor]:
    """Go through the sequences in batches."""
    yield from torch.from_numpy(sequences.values).split(check_integer("batch_size", size, 1))


def _sequences(tokens: Any, model: nn.Module) -> xr.DataArray:
    """Return tokens as (sample, position), int64; raise for those that no model can read."""
    if not isinstance(tokens, xr.DataArray):
        values = np.asarray(tokens)
        if values.ndim != 2:
            raise ValueError(f"tokens must have dims (sample, position); not shape {values.shape}.")
        tokens = xr.DataArray(values, dims=("sample", "position"))
    if set(tokens.dims) != {"sample", "position"}:
        raise ValueError(f"tokens must have dims (sample, position); not {tokens.dims}.")
    tokens = tokens.transpose("sample", "position")
    if not tokens.sizes["sample"]:
        raise ValueError("tokens has 0 samples: there is no sequence to continue.")
    if tokens.dtype.kind not in "iu":
        raise ValueError(f"tokens must be whole numbers; not {tokens.dtype}.")
    values = tokens.values.astype(np.int64)
    _check_known(values, getattr(getattr(model, "config", None), "vocab_size", None))
    if "position" not in tokens.coords:
        tokens = tokens.assign_coords(position=np.arange(values.shape[1]))
    return tokens.copy(data=values)


def _check_known(values: NDArray[np.int64], vocabulary: int | None) -> None:
    """Raise for a token that the model does not know; on a GPU it would end the process."""
    bad = values < 0 if vocabulary is None else (values < 0) | (values >= vocabulary)
    if bad.any():
        sample, position = np.argwhere(bad)[0].tolist()
        words = "0 and on" if vocabulary is None else f"0 to {vocabulary - 1}"
        raise ValueError(
            f"token {values[sample, position]} of sample {sample}, position {position}, is not in "
            f"the vocabulary of the model, {words}. Take the sequences that belong to it."
        )


def _check_reads(model: nn.Module, n: int) -> None:
    """Raise unless a model reads so many positions."""
    most = getattr(getattr(model, "config", None), "max_position_embeddings", None)
    if most is not None and n > most:
        raise ValueError(f"the model reads {most} positions at most; not {n}.")


def _attrs(model: nn.Module, sequences: xr.DataArray) -> dict[str, Any]:
    dtype = str(device_and_dtype(model)[1]).removeprefix("torch.")
    return {"model": type(model).__name__, "dtype": dtype, "n_samples": sequences.sizes["sample"]}
