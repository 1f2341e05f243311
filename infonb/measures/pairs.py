"""Which pairs of neurons are measured, and the labels of the result."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import Attributes
from infonb.measures.drawn import Neurons, check_neurons, draw_rows, numbers_of_layers
from infonb.measures.rows.layout import Layout, plain
from infonb.measures.rows.room import check_room
from infonb.validate import check_choice, did_you_mean

__all__ = ["Pairs", "check_pairs", "choose_pairs"]


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows, each once, and where their values stand in the result."""

    groups: list[tuple[np.ndarray, np.ndarray | None]]
    """Rows that are paired with each other (None), or with other rows."""
    one: np.ndarray
    other: np.ndarray
    """(row,) where a row stands among the result's own dims, and among those called other."""
    template: xr.DataArray
    """The result's dims and coordinates; no values."""
    size: int
    """How many values the result has for each place among its own dims."""
    attrs: Attributes

    @property
    def number(self) -> int:
        """How many pairs there are."""
        return sum(
            len(a) * (len(a) + 1) // 2 if b is None else len(a) * len(b) for a, b in self.groups
        )

    def check_room(self, n_points: int) -> None:
        """Raise if the values of all pairs, so many of each, do not fit into memory."""
        points = f" at {n_points:,} samples" if n_points > 1 else ""
        remedy = (
            "Draw fewer (neurons=, here how many of each layer), or take those within layers "
            "(within='layer') or of two (between=)."
        )
        if n_points > 1:
            remedy = f"Leave out pointwise=True, or draw fewer samples (max_samples=). {remedy}"
        check_room(
            # the result; of each pair the values in two units, its ends and places
            8 * self.template.size * n_points + 16 * self.number * (n_points + 2),
            f"the mutual information of {self.number:,} pairs of neurons{points}",
            remedy,
        )

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (pair,) int32 row numbers, those of the first and those of the second."""
        found = [_triangle(a) if b is None else _product(a, b) for a, b in self.groups]
        if not found:
            return np.empty(0, np.int32), np.empty(0, np.int32)
        first, second = (np.concatenate(side) for side in zip(*found, strict=True))
        # the earlier row first, as among all pairs, so that shuffles are the same
        return np.minimum(first, second), np.maximum(first, second)

    def unpack(self, values: np.ndarray) -> np.ndarray:
        """Return values (pair, ...) in the shape of the template; NaN where there is no pair."""
        full = np.full((self.template.size, *values.shape[1:]), np.nan)
        for a, b in (self.ends, self.ends[::-1]):  # a pair may have a place, its mirror or both
            place = self.one[a] * self.size + self.other[b]
            there = (self.one[a] >= 0) & (self.other[b] >= 0)
            if there.all():
                full[place] = values
            else:
                full[place[there]] = values[there]
        return full.reshape((*self.template.shape, *values.shape[1:]))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the rest: tasks that travel stay small."""
        return {name: value for name, value in self.__dict__.items() if name != "ends"}


def check_pairs(
    within: str | None, between: tuple[Hashable, Hashable] | None, neurons: Neurons | None
) -> None:
    """Raise unless the choice of pairs makes sense by itself."""
    if within is not None:
        check_choice("within", within, ["layer"])
        if between is not None:
            raise ValueError("within and between exclude each other; pass one of them.")
    if between is not None and (not isinstance(between, list | tuple) or len(between) != 2):
        raise ValueError(
            f"between must be two layers, as in between=('fc1', 'fc3'); not {between!r}."
        )
    if neurons is not None:
        check_neurons(neurons)


def choose_pairs(
    where: Layout,
    within: str | None = None,
    between: tuple[Hashable, Hashable] | None = None,
    neurons: Neurons | None = None,
    seed: int = 0,
) -> Pairs:
    """Return the pairs: all, those within each layer, or those between two layers."""
    if not where.unit_dims:
        raise ValueError(
            "mutual_information pairs the dims 'layer' and 'neuron', and the activation has "
            f"neither: its dims are {(*where.template.dims, where.dim)}. Rename the dimension of "
            "the neurons, as in activation.rename(unit='neuron')."
        )
    if (within or between) and where.unit_dims != ("layer", "neuron"):
        option = "within='layer'" if within else f"between={between!r}"
        raise ValueError(
            f"{option} needs the dims 'layer' and 'neuron'; the activation has "
            f"{(*where.template.dims, where.dim)}. Leave it out."
        )
    attrs: Attributes = {}
    template, position = where.template, where.position
    if neurons is not None:
        template, position, number = _draw(where, neurons, seed)
        attrs |= {"neurons": number if isinstance(neurons, Mapping) else int(neurons), "seed": seed}
    if between is not None:
        ends = [_layer(where, name) for name in between]
        attrs["between"] = " and ".join(str(plain(where.template.layer.values[i])) for i in ends)
        return _across(template, position, ends[0], ends[1], attrs)
    if within is not None:
        attrs["within"] = within
    return _among(template, position, where.unit_dims, within is not None, attrs)


def _draw(where: Layout, neurons: Neurons, seed: int) -> tuple[xr.DataArray, np.ndarray, int]:
    """Return the template of the neurons drawn in some layer, the rows' positions in it, and n."""
    if "neuron" not in where.unit_dims:
        raise ValueError(
            f"neurons={neurons} draws from the dim 'neuron', which the activation does not have."
        )
    template, has_layers = where.template, len(where.unit_dims) == 2
    layers = template["layer"].values.tolist() if has_layers else []
    numbers = numbers_of_layers(neurons, layers)
    layer, place = np.divmod(where.position, template.sizes["neuron"])
    drawn = draw_rows(layer, place, numbers, seed)
    kept = np.unique(place[drawn])
    template = template.isel(neuron=kept)
    if "neuron" not in template.coords:
        template = template.assign_coords(neuron=kept)
    position = np.where(drawn, layer * len(kept) + np.searchsorted(kept, place), -1)
    number = int(np.bincount(layer[drawn] // len(numbers), minlength=1).max())
    return template, position, number


def _layer(where: Layout, name: Hashable) -> int:
    names = [plain(value) for value in where.template["layer"].values]
    if name not in names:
        raise ValueError(
            f"layer {name!r} not found; the activation has the layers "
            f"{', '.join(map(repr, names))}.{did_you_mean(name, names)}"
        )
    return names.index(name)


def _among(
    template: xr.DataArray,
    position: np.ndarray,
    unit_dims: tuple[Hashable, ...],
    within: bool,
    attrs: Attributes,
) -> Pairs:
    """Return the pairs of all units of a batch entry, or of each layer of one."""
    inner = ("neuron",) if within else unit_dims
    size = int(np.prod([template.sizes[d] for d in inner]))
    rows = np.flatnonzero(position >= 0)
    group = position[rows] // size
    bounds = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
    groups: list[Any] = [(rows[a:b], None) for a, b in pairwise(bounds)]
    other = np.where(position >= 0, position % size, -1)
    return Pairs(groups, position, other, _paired(template, template, inner), size, attrs)


def _across(
    template: xr.DataArray, position: np.ndarray, a: int, b: int, attrs: Attributes
) -> Pairs:
    """Return the pairs of a unit of layer a with one of layer b."""
    n_layers, n_neurons = template.sizes["layer"], template.sizes["neuron"]
    entry, unit = np.divmod(position, n_layers * n_neurons)
    layer, neuron = np.divmod(unit, n_neurons)
    layer = np.where(position >= 0, layer, -1)
    groups: list[Any] = []
    for index in np.unique(entry[position >= 0]):
        own, theirs = (np.flatnonzero((layer == i) & (entry == index)) for i in (a, b))
        groups.append((own, None if a == b else theirs))
    one, at_one = _one_layer(template, a, neuron, layer == a)
    other, at_other = _one_layer(template, b, neuron, layer == b)
    at_one = np.where(at_one >= 0, entry * one.sizes["neuron"] + at_one, -1)
    template = _paired(one, other, ("neuron",))
    return Pairs(groups, at_one, at_other, template, other.sizes["neuron"], attrs)


def _triangle(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of some rows, each once, with those of a row and itself."""
    first, second = np.triu_indices(len(rows))
    rows = rows.astype(np.int32)
    return rows[first], rows[second]


def _product(rows: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of a row and one of the others."""
    first, second = np.repeat(rows, len(others)), np.tile(others, len(rows))
    return first.astype(np.int32), second.astype(np.int32)


def _one_layer(
    template: xr.DataArray, index: int, neuron: np.ndarray, here: np.ndarray
) -> tuple[xr.DataArray, np.ndarray]:
    """Return one layer without what it has not in any batch entry, and where its rows stand."""
    one = template.isel(layer=index)
    for name, coord in template.coords.items():
        if coord.dims == ("layer",) and coord.dtype == object:
            # isel makes text of a fixed width of it, for which zarr has no specification
            scalar = np.array(coord.values[index], dtype=object)
            one = one.assign_coords({name: xr.Variable((), scalar)})
    kept = np.unique(neuron[here])
    return one.isel(neuron=kept), np.where(here, np.searchsorted(kept, neuron), -1)


def _paired(one: xr.DataArray, other: xr.DataArray, inner: tuple[Hashable, ...]) -> xr.DataArray:
    """Return the dims and coordinates of pairs: those of one, and `inner` of the other again."""
    twice = {d: f"other_{d}" for d in inner}
    coords: dict[Any, Any] = dict(one.coords)
    for name, coord in other.coords.items():
        # of a single layer the scalar coordinates (layer, width) tell which it is
        if set(coord.dims) & set(twice) or (one is not other and name in ("layer", "width")):
            variable = coord.variable
            renamed = [twice.get(str(d), d) for d in variable.dims]
            coords[f"other_{name}"] = xr.Variable(renamed, variable.values, variable.attrs)
    dims = (*one.dims, *twice.values())
    shape = (*one.shape, *(other.sizes[d] for d in inner))
    empty = np.broadcast_to(np.False_, shape)
    return xr.DataArray(empty, coords, dims)
