"""A function of one's own as `reduce`: what it gets, and whose rows it returns."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from infonb.activations.batch import describe
from infonb.activations.tokens import Tokens

__all__ = ["by_function"]


def by_function(
    function: Callable[..., Any],
    tensor: torch.Tensor,
    layer: str,
    n_samples: int,
    tokens: Tokens | None,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """
    Return what a function makes of a tensor, and the sample of each row if it is not one of each.

    The samples are found by the same function, of a tensor that holds the number of the sample
    everywhere: what takes or averages tokens of a sample returns this number, times what it returns
    of ones.
    """
    more: tuple[Any, ...] = ()
    if _takes_mask(function):
        more = (_mask(tensor, layer, tokens),)
    state = torch.get_rng_state()
    try:
        rows = function(tensor, *more)
    except Exception as error:
        error.add_note(f"infonb: reduce was called with {describe(tensor)} of layer {layer!r}.")
        raise
    if not isinstance(rows, torch.Tensor) or rows.ndim != 2:
        raise ValueError(
            f"layer {layer!r}: reduce must return a tensor of dims (sample, neuron); it "
            f"made {describe(rows)} of {describe(tensor)}."
        )
    if len(tensor) != n_samples or (len(rows) == n_samples and not more):
        return rows, None
    with torch.random.fork_rng(devices=[]):
        samples = _samples(function, tensor, more, len(rows), state)
    numbers = torch.arange(n_samples)
    if samples is None and len(rows) == n_samples:
        return rows, None
    if samples is None or not torch.equal(samples.unique(), numbers):
        raise ValueError(
            f"layer {layer!r} gives {len(rows)} rows, made by reduce of {describe(tensor)}, for a "
            f"batch of {n_samples} samples. Return one row for each sample, or rows of single "
            "tokens, some of every sample: lambda x, mask: x[mask]."
        )
    return rows, None if torch.equal(samples, numbers) else samples


def _mask(tensor: torch.Tensor, layer: str, tokens: Tokens | None) -> torch.Tensor:
    """Return the mask of a layer's tokens; where there is none, all of them are real."""
    shape = tuple(tensor.shape[:2])
    mask, problem = None, ""
    if tokens is not None and tensor.ndim > 1:
        mask, problem = tokens.for_function(layer, shape)
    if problem:
        raise ValueError(f"layer {layer!r}: reduce wants the mask, but {problem}.")
    return torch.ones(shape, dtype=torch.bool, device=tensor.device) if mask is None else mask


def _takes_mask(function: Callable[..., Any]) -> bool:
    """Tell whether a function needs two arguments, or has one of the name mask."""
    try:
        called = function.forward if isinstance(function, nn.Module) else function
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # some functions written in C have no signature
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    placed = [p for p in parameters if p.kind in kinds]
    return len(placed) > 1 and (placed[1].default is placed[1].empty or placed[1].name == "mask")


def _samples(
    function: Callable[..., Any],
    tensor: torch.Tensor,
    more: tuple[Any, ...],
    n_rows: int,
    state: torch.Tensor,
) -> torch.Tensor | None:
    # in float32 at least: half precision does not hold all numbers
    ones = torch.ones_like(tensor, dtype=torch.promote_types(tensor.dtype, torch.float32))
    numbers = torch.arange(1, len(tensor) + 1, device=tensor.device)
    found = []
    for marked in (ones, ones * numbers.view(-1, *[1] * (tensor.ndim - 1))):
        torch.set_rng_state(state)  # what is drawn at random is drawn alike
        try:
            found.append(function(marked, *more).detach().cpu().double())
        except Exception:  # whatever a function of the user's says of such numbers
            return None
        if found[-1].shape[0] != n_rows:
            return None
    one, number = found
    if n_rows == len(tensor):  # what neither takes nor averages tokens: a row is of its place
        places = torch.arange(1.0, n_rows + 1, dtype=torch.float64)[:, None]
        number = torch.where((one - 1).abs() < 1e-3, number, places)
    else:
        number = number / one
    whole = number[:, :1].round()
    return whole[:, 0].long() - 1 if ((number - whole).abs() < 1e-3).all() else None
