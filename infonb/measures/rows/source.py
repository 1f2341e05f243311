"""
Where the rows of samples come from, and how to compute with them.

The measures are written once, for rows in memory (`infonb.measures.rows.loaded.Loaded`), which are
computed with at once, and for chunks that are never all loaded (`infonb.measures.rows.chunked`), of
which everything is a task of dask. What stands here is what both can do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
import xarray as xr

from infonb.dims import Attributes
from infonb.measures.rows.edges import Edges, Rulers
from infonb.measures.rows.layout import Layout

__all__ = ["Block", "PairsOfRows", "Source"]


class PairsOfRows(Protocol):
    """Row numbers of the first and of the second of each pair, (pair,) int32."""

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Both."""
        ...


class Block(NamedTuple):
    """Pairs of rows from one range of rows and another, perhaps the same."""

    one: tuple[int, int]
    other: tuple[int, int]
    first: np.ndarray
    """(pair,) counted from the start of `one`."""
    second: np.ndarray
    """(pair,) counted from the start of `other`."""
    is_first: bool = True
    """Whether it stands for all where one word is enough."""


class Source(Protocol):
    """The rows of an array. What is returned is a value or, if the source is lazy, a task."""

    lazy: bool
    layout: Layout

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return ``function(*args)``."""

    def rulers(self, edges: Edges, *, checked: bool = True) -> Any:
        """Return the rulers of the rows; not `checked`: what follows finds values outside."""

    def counts(self, edges: Edges, rulers: Any) -> Any:
        """Return how many values of every row lie in each bin, (row, bins) int64."""

    def rowwise(self, work: Callable[..., Any], *args: Any) -> Any:
        """Return ``work(values, start, stop, *args)`` of blocks of rows, joined along the rows."""

    def pairwise(
        self, pairs: PairsOfRows, work: Callable[..., Any], *args: Any, bins: int | None = None
    ) -> Any:
        """Return ``work(source, block, *args)`` of blocks of pairs, joined; `bins`: of codes."""

    def load(self, start: int, stop: int) -> np.ndarray:
        """Return the values of consecutive rows, (row, sample) and C-contiguous."""
        ...

    def codes(self, start: int, stop: int, edges: Edges, rulers: Rulers) -> np.ndarray:
        """Return the bins of consecutive rows, (row, sample)."""
        ...

    def labelled(
        self, values: Any, template: xr.DataArray, attrs: Attributes, *, pointwise: bool
    ) -> xr.DataArray:
        """Return values as a labelled array, lazy if they are a task. Pointwise: samples last."""
        ...
