"""From a file of weights to the activations that are kept of it: drawn examples, chosen layers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.compare_models.files import content_of
from infonb.experiments.run_folder import digest, file_checksum

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "code_content", "describe_recording", "drawn", "examples_of", "kept_activations",
    "record_network", "without_samples",
]  # fmt: skip

_STORE = "activations.zarr"


def examples_of(source: str, n_samples: int, seed: int, size: int) -> xr.Dataset:
    """Return the examples of a file, or as many of them as are drawn; a file is read once."""
    content = code_content(source) or content_of(source)
    return _examples(source, n_samples, seed, size, content)


@lru_cache(maxsize=1)
def _examples(source: str, n_samples: int, seed: int, size: int, content: str) -> xr.Dataset:
    from infonb.data.inputs import load_inputs

    return load_inputs(source, n_samples or None, seed, size=size or None, say=lambda line: None)


def code_content(source: str) -> str:
    """Return the checksum of ``FILE.py:FUNCTION`` and what it imports from there; else nothing."""
    from infonb.data.own_code import is_own, own_file
    from infonb.data.own_imports import imported_files

    if not is_own(source):
        return ""
    path = own_file(source)[0]
    folder = path.parent.resolve()
    return digest({
        file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name:
        file_checksum(file) for file in imported_files(path)
    })  # fmt: skip


def drawn(examples: xr.Dataset, n_samples: int, seed: int) -> xr.Dataset:
    """Return so many of the samples, drawn by the seed, in their order; 0: all."""
    n = examples.sizes["sample"]
    if not 0 < n_samples < n:
        return examples
    chosen = np.random.default_rng(seed).choice(n, n_samples, replace=False)
    return examples.isel(sample=np.sort(chosen))


def record_network(
    model: nn.Module, examples: xr.Dataset, layers: Sequence[str], device: str, told: Sequence[str]
) -> xr.Dataset:
    """Return the activations of a network, of the layers named or those that suit it."""
    from infonb.activations import record
    from infonb.networks.loading import inputs_for
    from infonb.training.device import choose_device

    chosen: Any = list(layers) or "blocks"
    model = model.to(choose_device(device))
    found = record(model, inputs_for(model, examples), layers=chosen, progress=False)
    return found.assign_attrs(told="\n".join(told))


def without_samples(activation: xr.DataArray) -> xr.DataArray:
    """Return activations without what is known of single samples, which may differ."""
    of_samples = [name for name, coord in activation.coords.items() if "sample" in coord.dims]
    return activation.drop_vars(of_samples)


def describe_recording(activations: xr.Dataset) -> str:
    """Return which layers were recorded, in a line: "fc1, fc2 (64 neurons each)"."""
    layers = [str(layer) for layer in activations["layer"].values]
    widths = activations["width"].values.tolist() if "width" in activations else []
    if len(set(widths)) == 1:
        neurons = f" ({widths[0]:,} neurons{' each' if len(layers) > 1 else ''})"
    else:
        neurons = f" ({', '.join(f'{width:,}' for width in widths)} neurons)" if widths else ""
    return f"{', '.join(layers)}{neurons}"


def kept_activations(folder: Path | None, make: Callable[[], xr.Dataset]) -> xr.Dataset:
    """Return activations, made once and kept in the folder of a run, which opens them lazily."""
    from infonb.activations import open_activations, save_activations

    if folder is None:
        return make()
    place = folder / _STORE
    if not (place / "zarr.json").is_file():
        if place.is_dir() and not any(path.is_file() for path in place.rglob("*")):
            shutil.rmtree(place)  # what is left of a damaged one
        save_activations(make(), place)
    return open_activations(place, chunks={})
