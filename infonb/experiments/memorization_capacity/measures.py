"""What is measured on a network: bits of its strings, what it recites, entropy and MI."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["bits_and_recital", "information_of", "parameters_of"]

#: Role → word for the group in results.
GROUPS = {"train": "trained", "held_out": "held out"}


def parameters_of(model: nn.Module) -> tuple[int, int]:
    """Return how many parameters a network has, and how many of them are not of its tokens."""
    counts = {name: one.numel() for name, one in model.named_parameters()}
    of_tokens = sum(n for name, n in counts.items() if "embed" in name or "lm_head" in name)
    whole = sum(counts.values())
    return whole, whole - of_tokens


def most_bits(tokens: xr.DataArray, vocabulary: int) -> xr.DataArray:
    """
    Return the bits of strings, (sample, position) → (), that a model may hold at most.

    Several strings have the same first token, which is given: then the best a model can do is to
    find all their ends equally likely.
    """
    import numpy as np

    values = tokens.transpose("sample", "position").values
    begins, alike = (
        np.unique(part, axis=0, return_inverse=True, return_counts=True)[1:]
        for part in (values[:, :1], values)
    )
    open_ends, copies = (count[place.ravel()] for place, count in (begins, alike))
    told = values[:, 1:].size * np.log2(vocabulary)
    return xr.DataArray(told - np.log2(open_ends / copies).sum(), attrs={"units": "bit"})


def bits_and_recital(
    model: nn.Module, data: dict[str, xr.Dataset], *, vocabulary: int, prompt: int
) -> xr.Dataset:
    """
    Return the bits that a network holds of the strings, and which of them it recites.

    ``bits`` (string) of those it was trained on; ``total_bits`` and ``bits_per_parameter``, with
    and without the tokens' own; ``bits_each``, ``clipped_each``, ``recited`` and ``score`` (group):
    means over strings, of held-out ones too. A code of the true source, log2 V bits a token, is
    the reference; ``string_bits`` so many has a string, ``most_bits`` can be held of all.
    """
    from infonb.memorization import extraction, unintended_memorization
    from infonb.networks import greedy_continuation, token_log_probabilities

    whole, inner = parameters_of(model)
    each: dict[str, list[Any]] = {}
    found = xr.Dataset()
    for role, group in GROUPS.items():
        tokens = data[role].tokens.drop_vars("sample", errors="ignore")
        tokens = tokens.assign_coords(position=range(tokens.sizes["position"]))
        likely = token_log_probabilities(model, tokens).log_probability
        held = unintended_memorization(likely, -math.log(vocabulary), n_parameters=whole)
        said = greedy_continuation(
            model, tokens, prompt=prompt, n=tokens.sizes["position"] - prompt
        )
        recital = extraction(tokens.isel(position=slice(prompt, None)), said)
        clipped = held.bits.clip(min=0).mean()
        parts = {
            "bits_each": held.bits.mean(), "clipped_each": clipped,
            "recited": recital.memorized.mean(), "score": recital.score.mean(),
        }  # fmt: skip
        for name, value in parts.items():
            each.setdefault(name, []).append(float(value))
        if group == "trained":
            found["bits"] = held.bits.rename(sample="string").reset_coords(drop=True)
            found["total_bits"] = held.total_bits
            found["bits_per_parameter"] = held.bits_per_parameter
            found["bits_per_inner_parameter"] = held.total_bits / inner
            found["string_bits"] = held.reference_bits.isel(sample=0, drop=True)
            found["most_bits"] = most_bits(tokens, vocabulary)
    found = found.assign_coords(string=range(found.sizes["string"]))
    found = found.assign({name: ("group", values) for name, values in each.items()})
    return found.assign_coords(group=list(GROUPS.values())).assign(
        n_parameters=whole, n_inner_parameters=inner
    )


def information_of(
    model: nn.Module, strings: xr.Dataset, *, prompt: int, layers: int, **options: Any
) -> xr.Dataset:
    """
    Return the neurons of the blocks' MLPs at the last token of the prompt, with H and MI.

    Before the GELU: behind it, many are nearly 0, of which neighbours make no sense.
    """
    from infonb.activations import record
    from infonb.experiments.measuring import information

    recorded = record(
        model, {"input_ids": strings.tokens},
        layers={f"MLP {at + 1}": f"gpt_neox.layers.{at}.mlp.act" for at in range(layers)},
        hook="input", reduce=lambda values: values[:, prompt - 1], prediction=False,
        progress=False,
    )  # fmt: skip
    recorded = recorded.drop_vars([name for name, c in recorded.coords.items()
                                   if "sample" in c.dims and name != "sample"])  # fmt: skip
    return information(recorded, **options)
