"""All evaluations of an intervention: which neurons are off, and what came out, labelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from infonb.selection.interventions.switching_order import Order, order

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """
    The orders in which neurons are switched off, by their measures and drawn, and the numbers.

    Going through it gives what is off in each evaluation, the untouched model first.
    """

    by: list[str]
    groups: list[list[Order]]
    """For each group of layers the orders by each choice, then the drawn ones."""
    numbers: np.ndarray

    @classmethod
    def of(
        cls, scored: Mapping[str, xr.DataArray], recorded: xr.DataArray,
        groups: Sequence[Sequence[str]], numbers: np.ndarray, repeats: int, seed: int,
    ) -> Plan:  # fmt: skip
        """Return the plan for scores (layer, neuron), and so many drawn orders."""
        return cls(
            list(scored),
            [
                [order(score, recorded, group, [seed, 0]) for score in scored.values()]
                + [order(None, recorded, group, [seed, 1, r]) for r in range(repeats)]
                for group in groups
            ],
            numbers,
        )

    def _places(self) -> Iterator[tuple[int, int, int, Order, int]]:
        for at, orders in enumerate(self.groups):
            for which, one in enumerate(orders):
                for place, n in enumerate(self.numbers.tolist()):
                    if 0 < n <= len(one.neuron):
                        yield at, which, place, one, n

    def __len__(self) -> int:
        return 1 + sum(1 for _ in self._places())

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        yield {}
        for *_, one, n in self._places():
            yield {layer: torch.from_numpy(places) for layer, places in one.first(n).items()}

    def labelled(
        self, values: np.ndarray, sets: Sequence[str], layers: Sequence[str] | None
    ) -> xr.Dataset:
        """Return what the evaluations gave (set, evaluation), with `layers` one group for each."""
        shape = (len(self.groups), len(self.groups[0]), len(self.numbers), len(sets))
        table = np.full(shape, np.nan)
        table[:, :, self.numbers == 0] = values[:, 0]
        for (at, which, place, *_), one in zip(self._places(), values.T[1:], strict=True):
            table[at, which, place] = one
        n_by = len(self.by)
        null = xr.DataArray(table[:, n_by:], dims=("layer", "repeat", "number", "set"))
        value = xr.DataArray(table[:, :n_by], dims=("layer", "by", "number", "set"))
        band = null.quantile([0.025, 0.975], "repeat", skipna=False)
        variables = {
            "value": value,
            "null": null,
            "null_mean": null.mean("repeat", skipna=False),
            "null_band": band.rename(quantile="bound").drop_vars("bound"),
            "p": _p(value, null),
        }
        coords = {
            "by": np.array(self.by, dtype=object),
            "number": self.numbers,
            "set": np.array(list(sets), dtype=object),
            "bound": np.array(["low", "high"], dtype=object),
            "repeat": np.arange(len(self.groups[0]) - n_by),
            **self._which(),
        }
        found = xr.Dataset(variables).assign_coords(coords)
        if layers is None:
            return found.isel(layer=0)
        return found.assign_coords(layer=np.array(list(layers), dtype=object))

    def _which(self) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
        """Return which neuron went first in each order, which second; "" and -1 where none is."""
        most, n_by = int(self.numbers.max()), len(self.by)
        shape = (len(self.groups), len(self.groups[0]), most)
        layer, neuron = np.full(shape, "", dtype=object), np.full(shape, -1)
        score = np.full(shape, np.nan)
        for at, orders in enumerate(self.groups):
            for which, one in enumerate(orders):
                n = min(most, len(one.neuron))
                layer[at, which, :n], neuron[at, which, :n] = one.layer[:n], one.neuron[:n]
                score[at, which, :n] = one.score[:n]
        chosen, drawn = ("layer", "by", "rank"), ("layer", "repeat", "rank")
        return {
            "rank": (("rank",), np.arange(1, most + 1)),
            "off_layer": (chosen, layer[:, :n_by]),
            "off_neuron": (chosen, neuron[:, :n_by]),
            "score": (chosen, score[:, :n_by]),
            "null_layer": (drawn, layer[:, n_by:]),
            "null_neuron": (drawn, neuron[:, n_by:]),
        }


def _p(value: xr.DataArray, null: xr.DataArray) -> xr.DataArray:
    """
    Return how often drawn orders are as far to one side, twice the smaller share; at most 1.

    The order itself counts as one of them (Phipson and Smyth 2010).
    """
    n = null.sizes["repeat"]
    above, below = ((1 + side.sum("repeat")) / (n + 1) for side in (null >= value, null <= value))
    p = (2 * above.where(above < below, below)).clip(max=1.0)
    return p.where(value.notnull() & null.notnull().all("repeat")).transpose(*value.dims)
