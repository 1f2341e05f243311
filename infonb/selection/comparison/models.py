"""Models as they are given, stores, datasets or arrays, become labelled networks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.activations import from_arrays, open_activations
from infonb.dims import inside_width, take_activation, with_layer
from infonb.measures.rows.layout import plain
from infonb.validate import check_dim, did_you_mean

__all__ = ["Models", "Network", "read_models"]

FORMS = (
    "a Dataset or DataArray of activations (layer, neuron, sample), the path of a zarr store, a "
    "dict of layer → array (sample, neuron), or a list of these for several seeds"
)


@dataclass(frozen=True)
class Network:
    """One network: its activations (layer, neuron, sample), padding at the end of `neuron`."""

    model: str
    seed: Any
    values: xr.DataArray
    known: dict[str, Any]
    """What the recording knows of its samples."""

    @property
    def place(self) -> str:
        """Which network this is, in words."""
        return f"model {self.model!r}" + ("" if self.seed is None else f", seed {self.seed!r}")

    @property
    def widths(self) -> dict[str, int]:
        """How many neurons each layer has."""
        return dict(zip(self.layers, self.values["width"].values.tolist(), strict=True))

    @property
    def layers(self) -> list[str]:
        """The names of the layers, in depth order."""
        return self.values["layer"].values.tolist()


@dataclass(frozen=True)
class Models:
    """All networks, and what their models are called."""

    networks: tuple[Network, ...]
    names: tuple[str, ...]
    labels: tuple[Hashable, ...]
    """The names as they were given, such as the numbers of a dimension."""
    seeds: tuple[Any, ...]
    """Of all networks; none if there is no seed."""
    paired: bool
    """Whether seeds have labels that the models share: networks of one seed belong together."""

    def of(self, name: str) -> list[Network]:
        """Return the networks of a model."""
        return [one for one in self.networks if one.model == name]

    def layers(self, name: str) -> list[str]:
        """Return the layers that all networks of a model have."""
        own = self.of(name)
        return [layer for layer in own[0].layers if all(layer in one.layers for one in own)]

    def resolve(self, reference: Hashable) -> str:
        """Return the name of the reference; raise unless it is a model."""
        for name, label in zip(self.names, self.labels, strict=True):
            if reference in (label, name):
                return name
        raise ValueError(
            f"reference must be one of {', '.join(map(repr, self.labels))}; not {reference!r}."
            f"{did_you_mean(reference, self.names)}"
        )


def read_models(models: Any, dim: str) -> Models:
    """Return the networks of models in any of the accepted forms."""
    if isinstance(models, str | Path):
        models = open_activations(models, chunks={})
    if isinstance(models, xr.Dataset | xr.DataArray):
        given = _along(take_activation(models), dim)
    elif isinstance(models, Mapping):
        given = list(models.items())
    else:
        raise TypeError(
            f"models must be {{name: activations}}, or one array with the dim {dim!r}; not "
            f"{type(models).__name__}."
        )
    if not given:
        raise ValueError("models is empty; give at least one: {'name': activations}.")
    labels = [plain(label) for label, _ in given]
    names = [str(label) for label in labels]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the name {name!r} is given twice; models need names of their own.")
    read = [_networks(name, one) for name, (_, one) in zip(names, given, strict=True)]
    networks = [one for own, _ in read for one in own]
    if all(one.seed is None for one in networks):
        return Models(tuple(networks), tuple(names), tuple(labels), (), True)
    _check_numbers(names, [len(own) for own, _ in read])
    paired = all(labelled for _, labelled in read) and _have_common([own for own, _ in read])
    if not paired:  # seeds of the same number have nothing in common
        networks = [replace(one, seed=i) for own, _ in read for i, one in enumerate(own)]
    networks = [one if one.seed is not None else replace(one, seed=0) for one in networks]
    seeds = tuple(dict.fromkeys(one.seed for one in networks))
    return Models(tuple(networks), tuple(names), tuple(labels), seeds, paired)


def _along(values: xr.DataArray, dim: str) -> list[tuple[Any, xr.DataArray]]:
    """Return the parts of an array along the dimension of the models."""
    if dim not in values.dims:
        others = [d for d in values.dims if d not in ("seed", "layer", "neuron", "sample")]
        hint = f"pass dim={others[0]!r}" if others else "for a single model: {'name': activations}"
        raise ValueError(f"dim {dim!r} not found; models has dims {values.dims}; {hint}.")
    labels = values[dim].values.tolist()
    return [(label, values.isel({dim: i}, drop=True)) for i, label in enumerate(labels)]


def _networks(name: str, given: Any) -> tuple[list[Network], bool]:
    """Return the networks of one model, and whether their seeds have labels."""
    if isinstance(given, list | tuple):
        if not given:
            raise ValueError(f"model {name!r} is an empty list; give the activations of a network.")
        read = [_read(name, one) for one in given]
        if any("seed" in values.dims for values in read):
            raise ValueError(
                f"model {name!r} is a list of networks, one of which has a dim 'seed' itself; give "
                "one array with that dim, or a list of networks without it."
            )
        return [_network(name, i, values) for i, values in enumerate(read)], False
    values = _read(name, given)
    if "seed" not in values.dims:
        return [_network(name, None, values)], True
    if not values.sizes["seed"]:
        raise ValueError(f"model {name!r} is empty: dim 'seed' has length 0.")
    seeds = [plain(seed) for seed in values["seed"].values]
    parts = [values.isel(seed=i, drop=True) for i in range(len(seeds))]
    labelled = "seed" in values.coords
    networks = [_network(name, seed, one) for seed, one in zip(seeds, parts, strict=True)]
    return networks, labelled


def _read(name: str, given: Any) -> xr.DataArray:
    """Return activations in any of the accepted forms as an array."""
    try:
        if isinstance(given, str | Path):
            given = open_activations(given, chunks={})
        elif isinstance(given, Mapping) and not isinstance(given, xr.Dataset):
            given = from_arrays(given)
        if isinstance(given, xr.Dataset | xr.DataArray):
            return take_activation(given)
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise type(error)(f"model {name!r}: {error}") from None
    kind = type(given).__name__
    hint = ""
    if hasattr(given, "shape"):
        hint = " Name its layer: {'layer': array}."
    elif hasattr(given, "named_modules"):
        hint = " Record its activations first: infonb.record(model, inputs)."
    raise TypeError(f"model {name!r} must be {FORMS}; not {kind}.{hint}")


def _network(name: str, seed: Any, values: xr.DataArray) -> Network:
    """Return a network with plain labels: names of layers, places of neurons."""
    place = f"model {name!r}"
    check_dim("sample", values.dims, place)
    further = [str(d) for d in values.dims if d not in ("layer", "neuron", "sample")]
    if further:
        views = " For views, units=True measures UnitMem of all, and the rest of the first."
        raise ValueError(
            f"{place} has the further dim {further[0]!r}; choose one of its labels: "
            f".isel({further[0]}=-1), or name the dim of the models: dim={further[0]!r}."
            f"{views * ('augmentation' in further)}"
        )
    known = {
        str(n): c.values
        for n, c in values.coords.items()
        if c.dims == ("sample",) and n != "sample"
    }
    values = with_layer(values)
    if "neuron" not in values.dims:
        values = values.drop_vars("neuron", errors="ignore").expand_dims("neuron")
    values = values.transpose("layer", "neuron", "sample")
    for dim, size in values.sizes.items():
        if not size:
            raise ValueError(f"{place} is empty: dim {dim!r} has length 0.")
    layers = [str(layer) for layer in values["layer"].values]
    if len(set(layers)) < len(layers):
        raise ValueError(f"{place}: layer names must differ; not {layers}.")
    inside = inside_width(values)
    there = np.ones(values.shape[:2], bool)
    if inside is not None:
        there &= inside.broadcast_like(values.isel(sample=0)).transpose("layer", "neuron").values
    widths = there.sum(axis=1)
    plain_ = values.variable
    if (there != (np.arange(there.shape[1]) < widths[:, None])).any():  # some were left out
        order = np.argsort(~there, axis=1, kind="stable")
        parts = [plain_.isel(layer=i, neuron=order[i]) for i in range(len(order))]
        plain_ = xr.Variable.concat(parts, "layer")
    coords = {
        "layer": np.array(layers, dtype=object),
        "width": ("layer", widths.astype(np.int64)),
    }
    if "sample" in values.coords:
        coords["sample"] = values["sample"].values
    array = xr.DataArray(plain_, coords, name="activation")
    return Network(name, seed, array, known)


def _check_numbers(names: Sequence[str], numbers: Sequence[int]) -> None:
    """Raise if one model was trained once, and another several times."""
    if min(numbers) == 1 < max(numbers):
        once, often = (names[numbers.index(n)] for n in (1, max(numbers)))
        raise ValueError(
            f"model {often!r} has {max(numbers)} networks and {once!r} has one, of which no spread "
            "over seeds is known; give at least two of each, or choose one: .isel(seed=[0])."
        )


def _have_common(models: Sequence[Sequence[Network]]) -> bool:
    """Return whether the models have enough seeds in common to compare networks of one seed."""
    sets = [{one.seed for one in own} for own in models]
    return len(set.intersection(*sets)) >= min(2, *(len(seeds) for seeds in sets))
