"""What is measured of one network beside its log-density: distances, and information."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "as_network_takes", "distances", "information_of", "layers_of", "null_distances",
    "scrambled_ratio",
]  # fmt: skip

#: So many images are in one batch of the authors' code.
_BATCH = 256


def as_network_takes(images: xr.DataArray, kind: str) -> xr.DataArray:
    """Return images (sample, row, column) with a channel, if the network wants one."""
    return images.expand_dims(channel=1, axis=1) if kind == "conv" else images


def layers_of(hidden: int, kind: str) -> list[str]:
    """Return the layers of the encoder that are measured: before the ReLU, and latent means."""
    stem = {"mlp": "fc", "conv": "conv"}[kind]
    return [*(f"encoder.{stem}{i}" for i in range(1, hidden + 1)), "mean"]


def distances(
    model: Any, samples: xr.Dataset, train: xr.Dataset, reference: xr.DataArray, *, downsample: int
) -> xr.Dataset:
    """
    Return what tests by distance say: ``nearest_ratio`` (sample), ``c_t``, ``auth_pct``.

    And ``scrambled_agreement``, Spearman's ρ of the ratio with the one that the authors' code
    computes.
    """
    from infonb.memorization import authenticity, data_copying, nearest_ratio, spearman

    images, reference = (_bare(one) for one in (samples["input"], reference))
    made = model.sample(reference.sizes["sample"]).cpu().numpy().reshape(reference.shape)
    made = reference.copy(data=made)
    known = _regular(train)
    found = nearest_ratio(images, reference, made, downsample=downsample)["rho"]
    smaller = [_smaller(one, downsample).values for one in (images, reference, made)]
    agreement = spearman(found, found.copy(data=scrambled_ratio(*smaller))).spearman
    return xr.Dataset({
        "nearest_ratio": found.astype(np.float32), "scrambled_agreement": agreement,
        "c_t": data_copying(known, reference, made)["c_t"],
        "auth_pct": authenticity(known, made)["auth_pct"],
    })  # fmt: skip


def null_distances(train: xr.Dataset, reference: xr.DataArray) -> xr.Dataset:
    """Return ``c_t_null`` and ``auth_pct_null``: real images stand for generated ones."""
    from infonb.memorization import authenticity, data_copying

    known, reference = _regular(train), _bare(reference)
    halves = [reference.isel(sample=slice(start, None, 2)) for start in (0, 1)]
    return xr.Dataset({
        "c_t_null": data_copying(known, *halves)["c_t"],
        "auth_pct_null": authenticity(known, reference)["auth_pct"],
    })  # fmt: skip


def scrambled_ratio(images: np.ndarray, held_out: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Return what the authors' code takes for the ratio: distances of each batch's first image."""
    from infonb.memorization.density.nearest import nearest

    x, *others = (one.reshape(len(one), -1).astype(float) for one in (images, held_out, made))
    first = x[np.arange(len(x)) // _BATCH * _BATCH]
    of_first = [np.linalg.norm(first - one[nearest(x, one)[0]], axis=1) for one in others]
    return np.asarray(of_first[0] / np.maximum(of_first[1], 1e-12))


def information_of(
    models: Mapping[int, nn.Module], images: xr.DataArray, layers: list[str], *, bins: int,
    edges: str, k: int, mi_samples: int, mi_neurons: int,
) -> xr.Dataset:  # fmt: skip
    """
    Return activations of the encoder, their entropy and the median MI of pairs within a layer.

    Dims ``activation`` (checkpoint, layer, neuron, image), ``entropy`` (checkpoint, layer, neuron),
    ``pair_information`` (checkpoint, layer), in nats; each network has bins of its own.
    """
    from infonb.activations import record
    from infonb.dims import median_within_layers
    from infonb.experiments.measuring import information
    from infonb.measures import ScaleWarning, TiesWarning

    values = _bare(images).to_dataset(name="input")
    several = [
        record(model, values, layers=layers, prediction=False, progress=False)
        for model in models.values()
    ]
    recorded = several[0].drop_vars([one for one in several[0].coords if one == "sample"])
    epochs = xr.Variable("checkpoint", np.array(list(models)))
    recorded["activation"] = xr.concat(
        [one["activation"].drop_vars("sample", errors="ignore") for one in several], epochs
    )
    with warnings.catch_warnings():
        # of a small network that has hardly learnt anything a whole layer may be off, and the next
        # one the same for many images
        warnings.simplefilter("ignore", TiesWarning)
        warnings.simplefilter("ignore", ScaleWarning)
        found = information(
            recorded, bins=bins, edges=edges, k=k, mi_samples=mi_samples, mi_neurons=mi_neurons
        )
    kept = [name for name in ("activation", "entropy") if name in found]
    told = found[kept].assign(pair_information=median_within_layers(found.mutual_information))
    return told.rename(sample="image")


def _bare(values: xr.DataArray) -> xr.DataArray:
    return values.drop_vars(list(values.coords))


def _regular(train: xr.Dataset) -> xr.DataArray:
    return _bare(train["input"].isel(sample=np.flatnonzero(train["role"].values == "regular")))


def _smaller(images: xr.DataArray, times: int) -> xr.DataArray:
    return images.coarsen(row=times, column=times).mean()
