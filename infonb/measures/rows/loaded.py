"""Rows in memory, computed with at once; and the choice between them and rows in chunks."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import Attributes
from infonb.measures.rows.edges import Edges, Rulers
from infonb.measures.rows.layout import Layout, layout, real
from infonb.measures.rows.room import check_room
from infonb.measures.rows.source import Block, PairsOfRows, Source

__all__ = ["Loaded", "rows_of"]

_SOME = "Measure some neurons at a time (activation.isel(neuron=...)), or a chunked array."


def rows_of(activation: xr.DataArray, dim: Hashable) -> Source:
    """Return the rows of an array with dims (layer, neuron, dim) and any batch dims."""
    where, array = layout(activation, dim)
    if array.chunks is None:
        return Loaded(array, where)
    from infonb.measures.rows.chunked import Chunked

    return Chunked(array, where)


class Loaded:
    """Rows in memory: see `Source`."""

    lazy = False

    def __init__(self, array: xr.DataArray, where: Layout) -> None:
        values = array.values
        if not values.flags.c_contiguous:
            check_room(values.nbytes, "a copy of the activations in order", _SOME)
        values = real(values).reshape(-1, where.n_samples)
        if where.n_rows < len(values):
            values = values[where.position]
        self.layout, self.values = where, np.ascontiguousarray(values)
        # refuses NaN and infinite values before anything else
        self.ranges = where.range_of(self.values)
        where.check_range(*self.ranges)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    def rulers(self, edges: Edges, *, checked: bool = True) -> Rulers:
        return edges.of_rows(self.layout, self.ranges)

    def counts(self, edges: Edges, rulers: Rulers) -> np.ndarray:
        from infonb.measures.kernels.counts import row_counts

        return row_counts(self.values, *rulers)

    def rowwise(self, work: Callable[..., Any], *args: Any) -> Any:
        return work(self.values, 0, len(self.values), *args)

    def pairwise(
        self, pairs: PairsOfRows, work: Callable[..., Any], *args: Any, bins: int | None = None
    ) -> Any:
        whole = 0, len(self.values)
        return work(self, Block(whole, whole, *pairs.ends), *args)

    def load(self, start: int, stop: int) -> np.ndarray:
        return self.values[start:stop]

    def codes(self, start: int, stop: int, edges: Edges, rulers: Rulers) -> np.ndarray:
        from infonb.measures.kernels.counts import row_codes

        sets, which = rulers
        return row_codes(self.values[start:stop], sets, which[start:stop])

    def labelled(
        self, values: Any, template: xr.DataArray, attrs: Attributes, *, pointwise: bool
    ) -> xr.DataArray:
        return self.layout.labelled(values, template, attrs, pointwise)
