"""Which neurons are looked at: by name, or those of the lowest and highest entropy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.measures.rows.layout import plain
from infonb.validate import did_you_mean

__all__ = ["BY_ENTROPY", "Chosen", "choose_neurons"]

#: What chooses neurons by their entropy → whether the highest come first.
BY_ENTROPY = {"lowest entropy": False, "highest entropy": True}


class Chosen(NamedTuple):
    """Neurons of any layers, (row,) each."""

    layer: np.ndarray
    """Place of the layer."""
    neuron: np.ndarray
    """Place of the neuron in it."""
    why: list[str]
    entropy: np.ndarray | None
    """In nats, where neurons are chosen by it."""
    attrs: dict[Any, Any]
    """How it was measured."""


def choose_neurons(
    values: xr.DataArray, there: np.ndarray, neurons: Any, each: int, entropy: xr.DataArray | None
) -> Chosen:
    """Return the neurons that are meant, of activations (layer, neuron, sample), `there` or not."""
    if neurons is None:
        neurons = list(BY_ENTROPY)
    elif isinstance(neurons, str | tuple) or not isinstance(neurons, Sequence | np.ndarray):
        neurons = [neurons]
    if not len(neurons):
        raise ValueError("neurons is empty; give at least one, or None for those by entropy.")
    table: np.ndarray | None = None
    attrs: dict[Any, Any] = {}
    if any(isinstance(one, str) and one in BY_ENTROPY for one in neurons) or entropy is not None:
        table, attrs = _entropies(values, there, entropy)
    places: list[tuple[int, int]] = []
    why: list[str] = []
    for one in neurons:
        if isinstance(one, str) and one in BY_ENTROPY:
            assert table is not None
            found = _by_entropy(table, each, highest=BY_ENTROPY[one])
        else:
            found = _by_name(values, there, one)
        places += found
        why += [one if isinstance(one, str) and one in BY_ENTROPY else "name"] * len(found)
    layer, neuron = np.array(places).T
    return Chosen(layer, neuron, why, None if table is None else table[layer, neuron], attrs)


def _entropies(
    values: xr.DataArray, there: np.ndarray, entropy: xr.DataArray | None
) -> tuple[np.ndarray, dict[Any, Any]]:
    """Return the entropy of all neurons (layer, neuron), NaN for padding, and its attributes."""
    if entropy is None:
        from infonb.measures import entropy as measured

        entropy = measured(values).compute()
    elif not isinstance(entropy, xr.DataArray) or not {*entropy.dims} <= {"layer", "neuron"}:
        dims = getattr(entropy, "dims", type(entropy).__name__)
        raise ValueError(
            f"entropy must be a DataArray (layer, neuron), as infonb.entropy returns it for these "
            f"activations; not {dims}."
        )
    for dim in ("layer", "neuron"):
        if dim not in entropy.dims:
            entropy = entropy.expand_dims(dim)
    entropy = entropy.transpose("layer", "neuron")
    if entropy.shape != there.shape:
        raise ValueError(
            f"entropy has shape {entropy.shape}, the activations have layer, neuron {there.shape}; "
            "give that of the same neurons."
        )
    return np.where(there, entropy.values, np.nan), entropy.attrs


def _by_entropy(table: np.ndarray, each: int, *, highest: bool) -> list[tuple[int, int]]:
    """Return so many neurons of all layers; equal ones in their order."""
    flat = table.ravel()
    order = np.argsort(-flat if highest else flat, kind="stable")  # NaN is sorted to the end
    chosen = order[np.isfinite(flat[order])][:each]
    layer, neuron = np.unravel_index(chosen, table.shape)
    return list(zip(layer.tolist(), neuron.tolist(), strict=True))


def _by_name(values: xr.DataArray, there: np.ndarray, one: Any) -> list[tuple[int, int]]:
    """Return the neuron of that name in each layer that has it, or in the layer that is named."""
    layers, labels = values["layer"].values.tolist(), values["neuron"].values.tolist()
    layer, label = one if isinstance(one, tuple) and len(one) == 2 else (None, plain(one))
    if layer is not None and layer not in layers:
        raise ValueError(
            f"layer must be one of {', '.join(map(repr, layers))}; not {layer!r}."
            f"{did_you_mean(layer, layers)}"
        )
    found = [
        (i, at)
        for i, name in enumerate(layers)
        for at, own in enumerate(labels)
        if there[i, at] and own == label and layer in (None, name)
    ]
    if not found:
        where = "any layer" if layer is None else f"layer {layer!r}"
        known = f"{labels[0]!r} to {labels[-1]!r}"
        choices = [*BY_ENTROPY, *labels] if isinstance(label, str) else []
        raise ValueError(
            f"no neuron {label!r} in {where}; there are {known}, or give 'lowest entropy', "
            f"'highest entropy'.{did_you_mean(label, choices)}"
        )
    return found
