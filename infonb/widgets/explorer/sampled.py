"""A random choice of samples of labelled activations, in memory, with what there is to choose."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import count_neurons, inside_width, with_layer
from infonb.measures import entropy, take_activation
from infonb.validate import check_dim, check_integer
from infonb.widgets.explorer.choice import Choice

__all__ = ["Sampled"]

#: So many values are held in memory at most (half a gigabyte of float32): fewer samples if need be.
_MOST_VALUES = 2**27

_INNER = ("layer", "neuron", "sample")

#: Controls whose value is what is chosen, no label; a dimension of levels cannot have their names.
_SETTINGS = ("bins", "edges", "k", "n_samples", "unit")


class Sampled:
    """At most so many samples of activations; of an array on disk only these are read, once."""

    def __init__(
        self,
        activations: xr.DataArray | xr.Dataset,
        *,
        by: str | None = None,
        max_samples: int = 10_000,
        seed: int = 0,
    ) -> None:
        check_integer("max_samples", max_samples, 2)
        check_integer("seed", seed, 0)
        values = take_activation(activations)
        for dim in ("neuron", "sample"):
            check_dim(dim, values.dims, "activations")
        self.has_layer = "layer" in values.dims
        values = with_layer(values)
        self.dims = _level_dims(values, by)
        dims = [*self.dims.values(), *_INNER]
        values = values.squeeze([d for d in values.dims if d not in dims]).transpose(*dims)
        self.levels = {name: values[dim].values.tolist() for name, dim in self.dims.items()}
        for dim in dims[:-1]:
            _check_labels(values, dim)
        values = _padding_last(values)  # also after a selection
        self.labels = values.neuron.values.tolist()
        widths = _widths(values)
        there = np.flatnonzero(widths)  # of a selection some layers have no neuron
        if not there.size:
            raise ValueError(
                "activations has no neurons: all are beyond the 'width' of the layers."
            )
        values = values.isel(layer=there)
        self.layer_labels = values.layer.values.tolist()
        self.layers = [str(layer) for layer in self.layer_labels]
        self.widths = [widths[layer] for layer in there]
        self.of_samples = values.sizes["sample"]
        if self.of_samples < 2:
            raise ValueError("activations has fewer than 2 samples; record more of them.")
        each = prod(values.sizes[dim] for dim in dims[:-1])
        self.n_samples = min(self.of_samples, max_samples, max(_MOST_VALUES // each, 2))
        rng = np.random.default_rng(seed)
        # in random order: the first n of them are a random choice too, and need no copy
        self.order = rng.permutation(self.of_samples)[: self.n_samples]
        self.values = _read(values, self.order)
        entropy(self.values, bins=1)  # raises if a value is not finite, and says where

    @property
    def networks(self) -> list[tuple[int, ...]]:
        """The positions of all levels; one without any if there is one network only."""
        return list(product(*(range(len(labels)) for labels in self.levels.values())))

    def choice(self, values: Mapping[str, Any]) -> Choice:
        """Return what some values of controls choose; of those that are missing, the first."""
        chosen = {name: values[name] for name in _SETTINGS if name in values}
        for name in ("neuron", "other"):
            if name in values:
                chosen[name] = self.labels.index(values[name])
        level = tuple(labels.index(values[name]) for name, labels in self.levels.items())
        return Choice(level=level, layer=self.layers.index(values["layer"]), **chosen)

    def neurons(self, layer: str) -> list[int]:
        """Return the labels of a layer's neurons."""
        return self.labels[: self.widths[self.layers.index(layer)]]

    def samples(self, n: int) -> np.ndarray:
        """Return which n samples were chosen: positions (sample,), in increasing order."""
        return np.sort(self.order[:n])

    def network(self, level: tuple[int, ...], n: int) -> xr.DataArray:
        """Return the activations of one network, dims (layer, neuron, sample)."""
        values = self.values.isel(dict(zip(self.dims.values(), level, strict=True)))
        return values.isel(sample=slice(n))


def _level_dims(values: xr.DataArray, by: str | None) -> dict[str, str]:
    """Return control → dimension of levels; the control of the first is called level."""
    if by is not None:
        check_dim(by, values.dims, "activations")
        if by in _INNER:
            raise ValueError(f"by={by!r} is no dimension of levels, such as alpha, seed or epoch.")
    left = [str(dim) for dim in values.dims if dim not in (*_INNER, by) and values.sizes[dim] > 1]
    left.sort(key=lambda dim: dim == "seed")  # seeds are no levels where there are others
    first, *others = [*([by] if by else []), *left] or [""]
    for dim in others:
        if dim in ("level", "other", *_SETTINGS):
            raise ValueError(
                f"activations has a dimension {dim!r}, the name of another control; rename it, as "
                f"in activations.rename({dim}='of_network')."
            )
    return {"level": first, **{dim: dim for dim in others}} if first else {}


def _check_labels(values: xr.DataArray, dim: str) -> None:
    """Raise if two things along a dimension have one name: only one could be chosen."""
    labels, counts = np.unique(values[dim].values.astype(str), return_counts=True)
    if (counts > 1).any():
        twice = str(labels[counts > 1][0])
        raise ValueError(
            f"activations has {dim} {twice!r} more than once; give each its own "
            f"label: activations.assign_coords({dim}=...)."
        )


def _padding_last(values: xr.DataArray) -> xr.DataArray:
    """Return the neurons in an order in which those of every layer come before its padding."""
    inside = inside_width(values)
    if inside is None or "neuron" not in inside.dims:
        return values
    number = inside.sum([dim for dim in inside.dims if dim != "neuron"])
    order = np.argsort(-number.values, kind="stable")
    if (inside.isel(neuron=order).astype(int).diff("neuron") > 0).any():
        raise ValueError(
            "layers have padding at different neurons, none of which come last in all of them; "
            "explore one layer: activations.sel(layer=[...])."
        )
    return values.isel(neuron=order)


def _widths(values: xr.DataArray) -> list[int]:
    """Return how many neurons of each layer are there, also after a selection of neurons."""
    width = values.coords.get("width", xr.DataArray(0))
    for dim in (str(dim) for dim in width.dims if dim != "layer"):
        if (width != width.isel({dim: 0})).any():
            raise ValueError(
                f"layers have other widths at other labels of {dim!r}; explore one of them: "
                f"activations.sel({dim}=...)."
            )
    return count_neurons(values)


def _read(values: xr.DataArray, order: np.ndarray) -> xr.DataArray:
    """Return the samples in the given order, in memory."""
    if values.chunks is None:
        return values.isel(sample=order)
    # from disk in the order of the chunks
    first = np.sort(order)
    return values.isel(sample=first).compute().isel(sample=np.searchsorted(first, order))
