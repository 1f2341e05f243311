"""Whether the files of a comparison are there and fit each other: before anything is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.experiments.compare_models.files import is_store
from infonb.experiments.compare_models.recording import drawn, record_network
from infonb.experiments.compare_models.units import has_views
from infonb.parameters import ParameterError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["check_fit", "check_samples", "check_sources", "check_views"]

#: Weights are all loaded once beforehand, if they are no more than this together.
_CHECKED_BYTES = 2**30


def check_sources(
    sources: dict[str, str], model: str, inputs: str, device: str
) -> nn.Module | None:
    """
    Raise one line unless all files are there and fit; the file of the model is run.

    Returns the network of the first weights; None if there are only stores.
    """
    for name, path in sources.items():
        if not os.path.lexists(Path(path).expanduser()):
            raise FileNotFoundError(f"model {name!r}: no file or folder {path}.")
    weights = {name: path for name, path in sources.items() if not is_store(path)}
    for path in set(sources.values()) - set(weights.values()):
        from infonb.activations import open_activations

        open_activations(path)
    if not weights:
        return None
    first = next(iter(weights.values()))
    for name, value, example in (
        ("model", model or all(map(_is_of_a_hub, weights.values())),
         "net.py:build, or a store of activations in place of weights"),
        ("inputs", inputs, "examples.npz"),
    ):  # fmt: skip
        if not value:
            raise ParameterError(f"{first} holds weights: {name} must be given, such as {example}.")
    return _check_weights(weights, model, inputs, device)


def _is_of_a_hub(path: str) -> bool:
    from infonb.networks.hub import is_hub_folder

    return is_hub_folder(Path(path).expanduser())


def _check_weights(weights: dict[str, str], model: str, inputs: str, device: str) -> nn.Module:
    from infonb.data.inputs import check_inputs
    from infonb.networks.loading import load_model
    from infonb.training.device import choose_device

    choose_device(device)
    check_inputs(inputs)
    sizes = {name: Path(path).expanduser().stat().st_size for name, path in weights.items()}
    # large ones are refused in their turn: those before them are kept
    names = list(weights) if sum(sizes.values()) <= _CHECKED_BYTES else list(weights)[:1]
    first = None
    for name in names:
        network = load_model(model, weights[name], say=lambda line: None)
        first = network if first is None else first
    assert first is not None
    return first


def check_views(sources: dict[str, str], views: str) -> None:
    """Raise one line if views are asked for of a store, which holds no network."""
    stores = [name for name, path in sources.items() if is_store(path)]
    if views != "none" and stores:
        raise ParameterError(
            f"views are made for networks, but model {stores[0]!r} is a store of activations; "
            "record its views: infonb.record(..., augment=). A store of views needs no views=."
        )


def check_samples(
    sources: dict[str, str], n_samples: int, seed: int, examples: xr.Dataset | None
) -> None:
    """Raise one line unless all stores, and the examples, have the same samples."""
    from infonb.activations import open_activations
    from infonb.selection.comparison.models import read_models
    from infonb.selection.comparison.samples import same_samples

    parts: dict[str, xr.DataArray] = {}
    for name, path in sources.items():
        if is_store(path):
            one = drawn(open_activations(path, chunks={}), n_samples, seed).activation
            parts[name] = one.isel(augmentation=0, drop=True) if has_views(one) else one
        elif examples is not None and "the inputs" not in parts:
            parts["the inputs"] = _without_values(examples)
    if len(parts) > 1:
        same_samples(read_models(parts, "model").networks)


def _without_values(examples: xr.Dataset) -> xr.DataArray:
    """Return what will be recorded of the examples, with their labels and no values."""
    n = examples.sizes["sample"]
    nothing = np.broadcast_to(np.float32(0), (1, 2, n))
    known = {name: coord for name, coord in examples.coords.items() if coord.dims == ("sample",)}
    return xr.DataArray(nothing, known, ("layer", "neuron", "sample")).chunk()


def check_fit(
    network: nn.Module, examples: xr.Dataset, layers: Sequence[str], device: str, inputs: str
) -> None:
    """Raise one line unless a network takes the examples, and has the layers: with two samples."""
    some = examples.isel(sample=slice(0, 2))
    try:
        record_network(network, some, layers, device, ())
    except ValueError:
        raise
    except Exception as error:  # torch has many words
        told = str(error).strip().partition("\n")[0] or type(error).__name__
        shape = ", ".join(f"{dim} {size}" for dim, size in some["input"].sizes.items())
        raise ParameterError(
            f"the network does not take the inputs of {inputs} ({shape.replace('sample 2, ', '')}, "
            f"{some['input'].dtype}): {told}."
        ) from None
