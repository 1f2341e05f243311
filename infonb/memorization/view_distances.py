"""Distances of views: how close together a model keeps views of the same sample."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.encoders import Values, by_layer, check_alike, known_of, taken
from infonb.validate import check_dim, did_you_mean

__all__ = ["distances"]

#: Values of one layer that are looked at in one go, in double precision 64 MB.
_BLOCK = 1 << 23


def distances(
    acts: xr.Dataset | xr.DataArray,
    models: Sequence[Hashable],
    *,
    dim: str,
    pairs: str,
    unit_length: bool,
    clean: xr.Dataset | xr.DataArray | None = None,
) -> xr.DataArray:
    """Return the mean distances of pairs of views, (..., model, layer, sample); target first."""
    values = _of_models(taken(acts, "LayerMem", at_least=2), models, dim)
    still = _still(clean, values, pairs, models, dim)
    if "augmentation" not in values.dims or (still is None and values.sizes["augmentation"] < 2):
        raise ValueError(
            "LayerMem needs the distance of two views of each sample, but there is one only; "
            "record with augment= and n_augmentations of 2 or more, or pass pairs='clean-aug' and "
            "clean=."
        )
    inner = ("augmentation", "neuron", "sample")
    dims = tuple(d for d in values.dims if d not in (*inner, "layer"))
    anchors = iter(()) if still is None else by_layer(still.transpose(*dims, "layer", *inner[1:]))
    found = []
    for name, x in by_layer(values):
        anchor = None if still is None else next(anchors)[1]
        _check_widths(x, dims.index(dim), name, models)
        found.append(_of_layer(x, anchor, unit_length))
    attrs = {
        "units": "1", "long_name": "distance of views", "pairs": pairs,
        "unit_length": str(unit_length), "n_augmentations": values.sizes["augmentation"],
        "n_samples": values.sizes["sample"],
    }  # fmt: skip
    coords = known_of(values.drop_vars("width", errors="ignore"), "augmentation", "neuron")
    whole = np.stack(found, axis=-2)
    return xr.DataArray(whole, coords, (*dims, "layer", "sample"), "alignment", attrs)


def _of_models(values: xr.DataArray, models: Sequence[Hashable], dim: str) -> xr.DataArray:
    check_dim(dim, values.dims, "activation")
    if dim not in values.coords:
        raise ValueError(
            f"the encoders have no labels along {dim!r}, by which target and reference are named: "
            f"acts.assign_coords({dim}=[{models[0]!r}, {models[1]!r}])."
        )
    there = list(values[dim].values.tolist())
    for role, name in zip(("target", "reference"), models, strict=True):
        if name not in there:
            raise ValueError(
                f"{role} {name!r} not found along {dim!r}; there are {there}."
                f"{did_you_mean(name, there)}"
            )
    return values.isel({dim: [there.index(name) for name in models]})


def _still(
    clean: Any, values: xr.DataArray, pairs: str, models: Sequence[Hashable], dim: str
) -> xr.DataArray | None:
    """Return the activations of the samples as they are, if the pairs are with these."""
    if pairs == "aug-aug":
        if clean is not None:
            raise ValueError("clean is for pairs='clean-aug'; with 'aug-aug' it is not used.")
        return None
    if clean is None:
        raise ValueError(
            "pairs='clean-aug' is of the samples as they are and their views: give the former as "
            "clean=, recorded without augment=; or pass pairs='aug-aug'."
        )
    still = _of_models(taken(clean, "LayerMem", at_least=2), models, dim)
    if "augmentation" in still.dims:
        raise ValueError("clean must be without the dim 'augmentation': record without augment=.")
    dims = tuple(one for one in values.dims if one != "augmentation")
    if set(still.dims) != set(dims):
        raise ValueError(f"clean has the dims {still.dims}; it needs {dims}, as acts have them.")
    check_alike(values, still, "clean", *dims)
    return still


def _check_widths(values: Values, place: int, name: object, models: Sequence[Hashable]) -> None:
    """Raise unless both encoders have as many neurons in a layer; `place` is their dim."""
    there = np.moveaxis(np.asarray(~np.isnan(values).all(axis=-1)), place, 0)
    widths = there.reshape(2, -1, values.shape[-2]).sum(axis=-1).max(axis=-1)
    if widths[0] != widths[1]:
        raise ValueError(
            f"layer {name!r} has {widths[0]:,} neurons in {models[0]!r}, but {widths[1]:,} in "
            f"{models[1]!r}: distances in spaces of different size are not to be compared. Train "
            "the reference with the same architecture."
        )


def _of_layer(values: Values, anchor: Values | None, unit_length: bool) -> Values:
    """Return mean distances, (..., augmentation, neuron, sample) → (..., sample)."""
    n = values.shape[-1]
    step = max(1, _BLOCK // max(values.size // n, 1))
    parts = []
    for low in range(0, n, step):
        views = _unit(np.nan_to_num(values[..., low : low + step]), unit_length)
        views = np.moveaxis(views, -3, 0)
        if anchor is None:
            found = [_norm(a - b) for a, b in combinations(views, 2)]
        else:
            still = _unit(np.nan_to_num(anchor[..., low : low + step]), unit_length)
            found = [_norm(still - view) for view in views]
        parts.append(np.mean(found, axis=0))
    return np.concatenate(parts, axis=-1)


def _unit(values: Values, wanted: bool) -> Values:
    """Return representations (..., neuron, sample) of length 1; those of length 0 stay."""
    if not wanted:
        return values
    length = np.sqrt((values**2).sum(axis=-2, keepdims=True))
    return values / np.where(length == 0, 1, length)


def _norm(values: Values) -> Values:
    return np.sqrt(np.einsum("...ns,...ns->...s", values, values))
