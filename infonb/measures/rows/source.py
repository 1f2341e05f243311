"""
Where the rows of samples come from, and how to compute with them.

The measures are written once, for rows in memory (`Loaded`, here) and for chunks that are never
all loaded (`infonb.measures.rows.chunked.Chunked`): `Source.call` computes at once or makes a task
of dask, `fold` adds up what each chunk of samples gives, `load` brings some rows into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import xarray as xr

from infonb.measures.options import Attributes
from infonb.measures.rows.edges import Edges
from infonb.measures.rows.layout import Layout, real

__all__ = ["Loaded", "Source"]


class Source:
    """The rows of an array, and how to compute with them."""

    lazy: bool
    layout: Layout

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return ``function(*args)``, now or as a task."""
        raise NotImplementedError

    def pieces(self) -> Iterator[tuple[np.ndarray, int, np.ndarray]]:
        """Yield (row numbers, first sample, values) until every value was there once."""
        raise NotImplementedError

    def fold(
        self,
        work: Callable[..., Any],
        merge: Callable[[list[Any]], Any],
        *args: Any,
        side_by_side: bool = True,
    ) -> Any:
        """
        Return ``work(source, *args, None)`` of all samples, now or as a task.

        In parts, ``found = work(part, *args, found)`` adds to what was found before, and ``merge``
        makes one of several; `side_by_side` with one thread for each part, else in turn.
        """
        raise NotImplementedError

    def with_rows(
        self,
        bounds: Iterable[tuple[int, int]],
        function: Callable[..., Any],
        *args: Any,
        after: Any = None,
        chain: int = 0,
    ) -> Any:
        """Return ``function(source, *args)`` that may load these rows, now or as a task."""
        raise NotImplementedError

    def share(self, value: Any) -> Any:
        """Return a large value in the form in which many calls have it."""
        raise NotImplementedError

    def rowwise(self, work: Callable[..., Any], *args: Any) -> Any:
        """Return ``work(values, start, stop, *args)`` of blocks of rows, joined along the rows."""
        raise NotImplementedError

    def as_array(self, values: Any, shape: tuple[int, ...]) -> Any:
        """Return a task as an array of this shape; what is no task as it is."""
        return values

    def load(self, start: int, stop: int) -> np.ndarray:
        """Return the values of consecutive rows, (row, sample) and C-contiguous."""
        raise NotImplementedError

    def codes(
        self, start: int, stop: int, edges: Edges, bins_of_rows: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """Return the bins of consecutive rows, (row, sample), given the edges of all rows."""
        raise NotImplementedError

    def block(self, bins: int | None = None) -> int:
        """Return how many rows to load at a time; with `bins` their codes."""
        raise NotImplementedError

    def ranges(self) -> Any:
        """Return the least and the greatest value of every row (low, high), now or as a task."""
        return self.call(_checked, self.layout, self.fold(_ranges, _widest))

    def no_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest of no values, for every row."""
        return np.full(self.layout.n_rows, np.inf), np.full(self.layout.n_rows, -np.inf)

    def range_of(
        self, row: np.ndarray, first: int, values: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and greatest value of every row in a piece; refuse NaN and infinity."""
        from infonb.measures.kernels.counts import row_range

        least, greatest = row_range(values)
        bad = ~(np.isfinite(least) & np.isfinite(greatest))
        if bad.any():
            at = int(np.argmax(bad))
            sample = int(np.argmax(~np.isfinite(values[at])))
            self.layout.refuse(int(row[at]), first + sample, float(values[at, sample]))
        low, high = self.no_range()
        low[row], high[row] = least, greatest
        return low, high

    def labelled(
        self, values: Any, template: xr.DataArray, name: str, attrs: Attributes, *, pointwise: bool
    ) -> xr.DataArray:
        """Return values as a labelled array; lazy if they are a task. Pointwise: samples last."""
        where = self.layout
        dims, shape = template.dims, template.shape
        coords = dict(template.coords)
        if pointwise:
            dims, shape = (*dims, where.dim), (*shape, where.n_samples)
            coords |= {n: c for n, c in where.sample_coords.items() if set(c.dims) <= set(dims)}
        values = self.as_array(values, shape)
        return xr.DataArray(values, coords, dims, name, attrs)


class Loaded(Source):
    """Rows in memory."""

    lazy = False

    def __init__(self, array: xr.DataArray, where: Layout) -> None:
        values = real(array.values).reshape(-1, where.n_samples)
        if where.n_rows < len(values):
            values = values[where.position]
        self.layout, self.values = where, np.ascontiguousarray(values)
        # refuses NaN and infinite values before anything else
        self._ranges = _checked(where, _ranges(self))

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return ``function(*args)``."""
        return function(*args)

    def pieces(self) -> Iterator[tuple[np.ndarray, int, np.ndarray]]:
        """Yield everything at once."""
        yield np.arange(len(self.values)), 0, self.values

    def fold(
        self,
        work: Callable[..., Any],
        merge: Callable[[list[Any]], Any],
        *args: Any,
        side_by_side: bool = True,
    ) -> Any:
        """Return what the one part gives."""
        return work(self, *args, None)

    def with_rows(
        self,
        bounds: Iterable[tuple[int, int]],
        function: Callable[..., Any],
        *args: Any,
        after: Any = None,
        chain: int = 0,
    ) -> Any:
        """Return ``function(self, *args)``."""
        return function(self, *args)

    def share(self, value: Any) -> Any:
        """Return the value."""
        return value

    def rowwise(self, work: Callable[..., Any], *args: Any) -> Any:
        """Return what all rows give."""
        return work(self.values, 0, len(self.values), *args)

    def load(self, start: int, stop: int) -> np.ndarray:
        """Return the values of consecutive rows."""
        return self.values[start:stop]

    def codes(
        self, start: int, stop: int, edges: Edges, bins_of_rows: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """Return the bins of consecutive rows."""
        from infonb.measures.kernels.counts import row_codes

        sets, which = bins_of_rows
        return row_codes(self.values[start:stop], sets, which[start:stop])

    def block(self, bins: int | None = None) -> int:
        """Return the number of all rows."""
        return max(len(self.values), 1)

    def ranges(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the ranges, which are known."""
        return self._ranges


def _ranges(
    part: Source, onto: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    low, high = onto or part.no_range()
    for row, first, values in part.pieces():
        least, greatest = part.range_of(row, first, values)
        low, high = np.minimum(low, least), np.maximum(high, greatest)
        del values  # before the next chunk is made
    return low, high


def _widest(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    low = np.minimum.reduce([part[0] for part in parts])
    return low, np.maximum.reduce([part[1] for part in parts])


def _checked(where: Layout, ranges: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    where.check_range(*ranges)
    return ranges
