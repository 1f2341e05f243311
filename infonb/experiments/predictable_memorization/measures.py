"""What a model recites, how many bits it holds, and what its neurons do at the prompt's end."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.memorization import extraction, unintended_memorization

if TYPE_CHECKING:
    from torch import nn

__all__ = ["GROUPS", "activations_of", "folded", "information_of", "medians", "recitation",
           "recited_from", "stacked", "unfolded"]  # fmt: skip

#: Groups whose neurons are compared: planted with copies, and those that no model has seen.
GROUPS = ("planted", "background", "held_out", "new")

_JOINED = " | "


def recitation(
    model: nn.Module, sequences: xr.Dataset, *, prompt: int, at_least: float
) -> xr.Dataset:
    """
    Return what a model recites, its log-probabilities and bits: all (sample).

    ``score``, ``memorized``, ``first_slip`` of the continuation; ``log_p`` (nat) of all tokens
    after the prompt; ``bits`` beyond the source that the sequence was drawn from, of all tokens.
    """
    from infonb.networks import token_log_probabilities

    found = recited_from(model, sequences, prompt=prompt, at_least=at_least)
    sure = token_log_probabilities(model, sequences.tokens).log_probability
    source = sequences.source.sel(position=sure.position)
    return xr.Dataset({
        "score": found.score, "memorized": found.memorized, "first_slip": found.first_slip,
        "log_p": sure.sel(position=slice(prompt, None)).sum("position").assign_attrs(units="nat"),
        "bits": unintended_memorization(sure, source).bits,
    }).reset_coords(drop=True)  # fmt: skip


def recited_from(
    model: nn.Module, sequences: xr.Dataset, *, prompt: int, at_least: float
) -> xr.Dataset:
    """Return the scores of the greedy continuation of a prompt, as `extraction` does."""
    from infonb.networks import greedy_continuation

    n = sequences.sizes["position"] - prompt
    said = greedy_continuation(model, sequences.tokens, prompt=prompt, n=n)
    return extraction(sequences.tokens.sel(position=said.position), said, at_least=at_least)


def activations_of(model: nn.Module, sequences: xr.Dataset, *, prompt: int, n: int) -> xr.DataArray:
    """
    Return the MLPs' hidden neurons at the last token of the prompt: (group, layer, neuron, place).

    Of as many sequences in each group; of the planted ones those with the most copies. Of all
    blocks but the first, whose MLP stands beside its attention and reads the last token alone.
    """
    import torch

    from infonb.activations import record

    role = sequences["role"].values
    groups = []
    for group in GROUPS:
        at = np.flatnonzero(role == group)
        if group == "planted":
            at = at[np.argsort(-sequences["planted"].values[at], kind="stable")]
        groups.append(at[:n])
    tokens = sequences.tokens.values[np.concatenate(groups), :prompt]
    known: Any = model
    layers = {
        f"block {i + 1}": f"gpt_neox.layers.{i}.mlp.dense_h_to_4h"
        for i in range(1, known.config.num_hidden_layers)
    }
    given = {"input_ids": torch.from_numpy(tokens)}
    recorded = record(
        model, given, layers=layers, reduce=_last, prediction=False, batch_size=len(tokens),
        progress=False,
    ).activation  # fmt: skip
    parts = [recorded.isel(sample=slice(i * n, (i + 1) * n)).drop_vars("sample")
             for i in range(len(GROUPS))]  # fmt: skip
    names = xr.Variable("group", np.array(GROUPS, object))
    return xr.concat(parts, names).rename(sample="place").drop_vars("width")


def information_of(
    activation: xr.DataArray, *, bins: int, edges: str, k: int, mi_samples: int, mi_neurons: int
) -> xr.Dataset:
    """
    Return entropy (group, layer, neuron) and MI of drawn pairs within a layer, in nats.

    All groups share the range of the bins, as one network's neurons do.
    """
    from infonb.measures import ScaleWarning, TiesWarning, entropy, mutual_information
    from infonb.measures.drawn import share_out

    alone = activation.isel(group=0, drop=True).rename(place="sample")
    with warnings.catch_warnings():
        # neurons that hardly vary on one of the groups: the page's estimator is kept there, too
        warnings.simplefilter("ignore", TiesWarning)
        warnings.simplefilter("ignore", ScaleWarning)
        mutual = mutual_information(
            activation.rename(place="sample"), k=k, standardize=True,
            max_samples=mi_samples or None,
            neurons=share_out(alone, mi_neurons) if mi_neurons else None,
        )  # fmt: skip
    found = {"mutual_information": mutual}
    if edges != "shared":
        found["entropy"] = unfolded(entropy(folded(activation), bins=bins, edges=edges))
    return xr.Dataset(found)  # put together at once: of all neurons, and of those drawn for MI


def medians(information: xr.Dataset) -> xr.Dataset:
    """Return the medians of neurons, and of pairs within a layer: (group, layer)."""
    from infonb.dims import median_within_layers

    found = {"median_mi": median_within_layers(information.mutual_information)}
    if "entropy" in information:
        found["median_entropy"] = information.entropy.median("neuron")
    return xr.Dataset(found)


def folded(activation: xr.DataArray) -> xr.DataArray:
    """Return activations whose groups are layers of their own: one ruler is laid on all."""
    parts = []
    for group in activation.group.values.tolist():
        one = activation.sel(group=group, drop=True)
        names = [f"{group}{_JOINED}{layer}" for layer in one.layer.values.tolist()]
        parts.append(one.assign_coords(layer=np.array(names, object)))
    return xr.concat(parts, "layer").rename(place="sample")


def unfolded(values: xr.DataArray) -> xr.DataArray:
    """Return what was measured of folded layers as (..., group, layer, neuron)."""
    names = [str(one).split(_JOINED) for one in values.layer.values.tolist()]
    groups = list(dict.fromkeys(group for group, _ in names))
    parts = []
    for group in groups:
        at = [i for i, (own, _) in enumerate(names) if own == group]
        labels = np.array([names[i][1] for i in at], object)
        parts.append(values.isel(layer=at).assign_coords(layer=labels))
    return xr.concat(
        parts, xr.Variable("group", np.array(groups, object)), combine_attrs="override"
    )


def _last(tensor: Any) -> Any:
    """Return the last position of (sample, position, neuron)."""
    return tensor[:, -1]


def stacked(parts: Sequence[xr.Dataset], shares: Sequence[float]) -> xr.Dataset:
    """Return what was measured at each checkpoint as one dataset (checkpoint, ...)."""
    return xr.concat(
        list(parts), xr.Variable("checkpoint", np.array(list(shares), float)),
        combine_attrs="override",
    )  # fmt: skip
