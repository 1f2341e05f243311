"""Whole layers as clouds of points: one matrix of samples for each layer of each batch entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import take_activation
from infonb.measures.rows.layout import Layout, layout, real
from infonb.measures.variable import check_variable
from infonb.validate import check_dim, check_integer

__all__ = ["BOUND", "Layers", "generator", "over_entries", "take_layers"]

BOUND = np.array(["low", "high"], dtype=object)
#: Squares of larger values are none that a float holds.
_LARGEST = 1e140


@dataclass(frozen=True)
class Layers:
    """The layers of an activation, as points: samples first, the neurons of a layer beside each."""

    whole: xr.DataArray
    """The activation, of all samples."""
    template: xr.DataArray
    """The dims of a result (batch dims, then layer, if there is one) and its coordinates."""
    points: list[np.ndarray]
    """Of each entry of the template, in its order: (sample, neuron) float64, padding left out."""
    chosen: np.ndarray
    """(sample,) which of all samples these are."""
    where: Layout
    entry: np.ndarray
    """(row,) which entry of the template a row belongs to."""

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.chosen)

    def classes(self, label: Any, what: str) -> tuple[list[np.ndarray], str]:
        """Return the classes (sample,) from 0 of each entry, and the name of the label."""
        import pandas as pd

        variable = check_variable(label, self.whole, self.where, self.chosen)
        if variable.n_classes is None:
            raise TypeError(
                f"{what} needs a label with classes; {variable.name!r} is continuous. Cast whole "
                "numbers to int (label.astype(int)), or cut it into classes with pandas.qcut."
            )
        if variable.values.shape[1] != 1:
            raise ValueError(f"{what} needs one label for each sample; give one at a time.")
        # numbered as they occur, so that an entry has the numbers that it has alone
        numbered = [pd.factorize(codes[0])[0].astype(np.int64) for codes in variable.values]
        _, first = np.unique(self.entry, return_index=True)
        return [numbered[variable.entry[row]] for row in first], variable.name

    def labelled(self, values: Any, more: tuple[str, ...] = (), **attrs: Any) -> xr.Variable:
        """Return values (entry, ...) as a variable with the dims of the template, then `more`."""
        array = np.asarray(values)
        shape = (*self.template.shape, *array.shape[1:])
        return xr.Variable((*self.template.dims, *more), array.reshape(shape), attrs)


def generator(seed: int, what: str) -> np.random.Generator:
    """Return random numbers of a purpose: others than those that users draw with the same seed."""
    return np.random.default_rng([seed, *what.encode()])


def take_layers(
    activation: Any, max_samples: int | None = None, seed: int = 0, at_least: int = 4
) -> Layers:
    """Return the layers of at most so many samples, drawn without replacement, in their order."""
    activation = take_activation(activation)
    seed = check_integer("seed", seed, 0)
    check_dim("sample", activation.dims, "activation")
    n = activation.sizes["sample"]
    if n < at_least:
        raise ValueError(f"a whole layer needs at least {at_least} samples; there are {n}.")
    chosen = np.arange(n)
    if max_samples is not None and check_integer("max_samples", max_samples, at_least) < n:
        chosen = np.sort(generator(seed, "samples").choice(n, max_samples, replace=False))
    where, array = layout(activation.isel(sample=chosen), "sample")
    values = array.values.reshape(-1, where.n_samples)[where.position]
    values = real(values).astype(np.float64)
    where.check_range(*where.range_of(values))
    template, entry = where.template, where.position
    if "neuron" in where.unit_dims:
        entry = entry // template.sizes["neuron"]
        along = [name for name, coord in template.coords.items() if "neuron" in coord.dims]
        template = template.isel(neuron=0, drop=True).drop_vars(along, errors="ignore")
    points = [values[entry == one].T for one in range(template.size)]
    for one in points:
        _check_points(one)
    return Layers(activation, template, points, chosen, where, entry)


def _check_points(points: np.ndarray) -> None:
    """Raise unless a layer has neurons, and values whose squares float64 holds."""
    if not points.shape[1]:
        raise ValueError("a layer has no neuron within its width: leave it out.")
    if (largest := float(np.abs(points).max())) > _LARGEST:
        raise ValueError(
            f"activation has values up to {largest:.3g}, whose squares overflow: scale it down, "
            f"below {_LARGEST:g}."
        )


def over_entries(layers: Layers, work: Callable[[int, np.ndarray], Any]) -> np.ndarray:
    """Return what a function of each entry and its points gives, as an array (entry, ...)."""
    return np.array([work(at, points) for at, points in enumerate(layers.points)], float)
