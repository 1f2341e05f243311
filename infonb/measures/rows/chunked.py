"""Rows of a dask array: tasks that go through its chunks one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import Attributes
from infonb.measures.rows.blocks import Blocks
from infonb.measures.rows.cluster import cluster, on_worker
from infonb.measures.rows.counting import (
    checked_range,
    count_rows,
    range_of_piece,
    range_of_rows,
    widest,
)
from infonb.measures.rows.edges import Edges, Rulers
from infonb.measures.rows.layout import Layout, real
from infonb.measures.rows.pairing import BLOCK_BYTES, by_blocks
from infonb.measures.rows.source import PairsOfRows

__all__ = ["Chunked"]

# What a task reads before the next one takes over.
LINK_BYTES = 2**30


class Chunked:
    """
    Rows of a dask array (batch, layer, neuron, sample), computed chunk by chunk: see `Source`.

    Tasks hold what makes the chunks, not their values, and make one after the other: a task never
    holds more than one chunk (and what it adds up), whatever the scheduler does beside it. Long
    work is a chain of tasks, so that it can be interrupted and shows progress.
    """

    lazy = True

    def __init__(self, array: xr.DataArray, where: Layout) -> None:
        self.layout, self.dtype = where, real(np.empty(0, array.dtype)).dtype
        self._blocks = Blocks(array.data)
        self._bounds = [np.concatenate([[0], np.cumsum(lengths)]) for lengths in array.data.chunks]
        self._samples = range(array.data.numblocks[-1])
        row = np.full(where.template.size, -1)
        row[where.position] = np.arange(where.n_rows)
        self._row = row.reshape(where.template.shape)
        self._layouts: list[Any] = []

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        import dask

        given = [self._layout_of(0) if value is self.layout else value for value in args]
        return dask.delayed(function, pure=False)(*given)

    def rulers(self, edges: Edges, *, checked: bool = True) -> Any:
        if edges.given is not None and not checked:
            return edges.given_rulers(self.layout)
        ranges = self.call(checked_range, self.layout, self.fold(range_of_rows, widest))
        return self.call(edges.of_rows, self.layout, ranges)

    def counts(self, edges: Edges, rulers: Any) -> Any:
        return self.fold(count_rows, sum, edges, rulers)

    def pairwise(
        self, pairs: PairsOfRows, work: Callable[..., Any], *args: Any, bins: int | None = None
    ) -> Any:
        return by_blocks(self, pairs, work, *args, bins=bins)

    def labelled(
        self, values: Any, template: xr.DataArray, attrs: Attributes, *, pointwise: bool
    ) -> xr.DataArray:
        shape = (*template.shape, *((self.layout.n_samples,) if pointwise else ()))
        return self.layout.labelled(self._as_array(values, shape), template, attrs, pointwise)

    def _as_array(self, values: Any, shape: tuple[int, ...]) -> Any:
        """Return a task as a dask array, which keeps what a cluster holds of the input."""
        import dask.array
        from dask.highlevelgraph import HighLevelGraph

        array = dask.array.from_delayed(values, shape, np.float64)
        held = self._blocks.held
        if not held:
            return array
        name = f"held-{array.name}"
        layers = {**array.dask.layers, name: held}
        graph = HighLevelGraph(layers, {**array.dask.dependencies, name: set()})
        return dask.array.Array(graph, array.name, array.chunks, meta=array._meta)

    def share(self, value: Any) -> Any:
        """Return a value for many tasks, which have it once for all."""
        import dask

        return dask.delayed(value, traverse=False)

    def pieces(
        self, rows: tuple[int, int] | None = None, *, together: bool = False
    ) -> Iterator[tuple[np.ndarray, int, np.ndarray]]:
        """Yield what each chunk holds of the rows; `together`: of all rows, then more samples."""
        places = [(*place, s) for place in self._places(rows) for s in self._samples]
        if together:
            places.sort(key=lambda place: place[-1])
        chunks = self._blocks.values(places)
        if together:  # counts of pairs take longer than reading
            chunks = _ahead(chunks)
        for place in places:  # zip would hold a chunk while the next is made
            values = next(chunks)
            row = self._rows_at(place[:-1])
            wanted = _within(row, rows)
            found = [real(values).reshape(len(row), -1)]
            del values
            if not wanted.all():
                row, found = row[wanted], [found[0][wanted]]
            # neither here nor in `found` while the next chunk is made
            yield row, int(self._bounds[-1][place[-1]]), np.ascontiguousarray(found.pop())

    def fold(
        self,
        work: Callable[..., Any],
        merge: Callable[[list[Any]], Any],
        *args: Any,
        side_by_side: bool = True,
    ) -> Any:
        """
        Return ``work(self, *args, None)`` of all samples: a few parts, each a chain of tasks.

        ``found = work(part, *args, found)`` adds to what was found before, and ``merge`` makes one
        of several; `side_by_side` with one thread for each part, else in turn.
        """
        threads, workers = cluster()
        share = self.array_bytes() / len(self._samples)
        each = max(1, int(LINK_BYTES / max(share, 1)))
        chains = _divided(self._samples, threads if side_by_side else workers)
        ends = []
        for number, chain in enumerate(chains):
            found, one = None, 1 if side_by_side else None
            for link in _divided(chain, -(-len(chain) // each)):
                part = self._part(None, link)
                found = part.task(work, *args, found, chain=number, threads=one)
            ends.append(found)
        while len(ends) > 1:  # two at a time, since they may be large
            ends = [self.call(merge, ends[i : i + 2]) for i in range(0, len(ends), 2)]
        return ends[0]

    def rowwise(self, work: Callable[..., Any], *args: Any) -> Any:
        workers, n_rows = cluster()[1], self.layout.n_rows
        step = max(1, min(self.block(), -(-n_rows // workers)))
        bounds = [(a, min(a + step, n_rows)) for a in range(0, n_rows, step)] or [(0, 0)]
        found = []
        for number, chain in enumerate(_divided(range(len(bounds)), workers)):
            last = None
            for at in chain:
                last = self.with_rows(
                    [bounds[at]], _one_block, work, *bounds[at], *args, after=last, chain=number
                )
                found.append(last)
        return self.call(np.concatenate, found)

    def with_rows(
        self,
        bounds: Iterable[tuple[int, int]],
        function: Callable[..., Any],
        *args: Any,
        after: Any = None,
        chain: int = 0,
    ) -> Any:
        """Return a task of ``function(source, *args)``, to be run after another of its chain."""
        part = self._part(list(bounds), self._samples)
        return part.task(function, *args, after=after, chain=chain)

    def task(
        self,
        function: Callable[..., Any],
        *args: Any,
        after: Any = None,
        chain: int = 0,
        threads: int | None = None,
    ) -> Any:
        """Return a task of ``function(self, *args)`` that may use so many threads."""
        import dask

        blocks, layout = self._blocks, self._layout_of(chain)
        stub = copy(self)
        # names of the inputs stay in the stub, where dask does not take them for the values
        names = dict.fromkeys(blocks.inputs)
        stub.__dict__.update(_blocks=blocks.given(names), layout=None, _layouts=[])
        inputs = list(blocks.inputs.values())
        return dask.delayed(_run, pure=False)(stub, function, layout, inputs, after, threads, *args)

    def _layout_of(self, chain: int) -> Any:
        """
        Return the layout for the tasks of a chain, which have it once for all.

        A cluster sends a task to a worker that has what it needs. One layout for all chains would
        draw them to one worker.
        """
        while len(self._layouts) <= chain:
            # coordinates of the samples may be large, and the tasks need none
            self._layouts.append(self.share(replace(self.layout, sample_coords={})))
        return self._layouts[chain]

    def load(self, start: int, stop: int) -> np.ndarray:
        values = np.empty((stop - start, self.layout.n_samples), self.dtype)
        low, high = np.full(len(values), np.inf), np.full(len(values), -np.inf)
        for row, first, piece in self.pieces((start, stop)):
            least, greatest = self.layout.range_of(piece, row, first)
            at = row - start
            low[at], high[at] = np.minimum(low[at], least), np.maximum(high[at], greatest)
            values[at, first : first + piece.shape[1]] = piece
            del piece
        self.layout.check_range(low, high, start)
        return values

    def codes(self, start: int, stop: int, edges: Edges, rulers: Rulers) -> np.ndarray:
        from infonb.measures.kernels.counts import code_type, row_codes

        sets, which = rulers
        shape = (stop - start, self.layout.n_samples)
        codes = np.empty(shape, code_type(sets.shape[1] - 1))
        for row, first, piece in self.pieces((start, stop)):
            if edges.given is not None:
                ends = range_of_piece(self.layout, row, first, piece)
                edges.check_inside(self.layout, *ends)
            own = row_codes(piece, sets, which[row])
            codes[row - start, first : first + piece.shape[1]] = own
            del piece
        return codes

    def block(self, bins: int | None = None) -> int:
        """Return how many rows, or codes of rows, take 256 MB."""
        from infonb.measures.kernels.counts import code_type

        size = self.dtype.itemsize if bins is None else np.dtype(code_type(bins)).itemsize
        return max(1, BLOCK_BYTES // (self.layout.n_samples * size))

    def array_bytes(self) -> int:
        """Return how much all rows take."""
        return self.layout.n_rows * self.layout.n_samples * self.dtype.itemsize

    def _part(self, rows: list[tuple[int, int]] | None, samples: range) -> Chunked:
        """Return the same with no more chunks than these rows or samples need."""
        part = copy(self)
        places = {place for bounds in (rows or (None,)) for place in self._places(bounds)}
        part._blocks = self._blocks.at((*place, s) for place in places for s in samples)
        part._samples = samples
        return part

    def _places(self, rows: tuple[int, int] | None) -> list[tuple[int, ...]]:
        """Return the places of chunks that hold some of the rows, without that of the samples."""
        grid = [len(bounds) - 1 for bounds in self._bounds[:-1]]
        return [p for p in np.ndindex(*grid) if _within(self._rows_at(p), rows).any()]

    def _rows_at(self, place: tuple[int, ...]) -> np.ndarray:
        inside = (slice(b[i], b[i + 1]) for b, i in zip(self._bounds, place, strict=False))
        return self._row[tuple(inside)].ravel()


def _run(
    stub: Chunked,
    function: Callable[..., Any],
    where: Layout,
    inputs: list[Any],
    after: Any,
    threads: int | None,
    *args: Any,
) -> Any:
    """Run a task: it has the thread it is in, or the cores that its worker may use."""
    import numba

    from infonb.measures.kernels.compile import n_threads

    part, blocks = copy(stub), stub._blocks
    part.layout = where
    part._blocks = blocks.given(dict(zip(blocks.inputs, inputs, strict=True)))
    before = n_threads()
    numba.set_num_threads(min(threads or on_worker() or before, before))
    try:
        return function(part, *args)
    finally:
        numba.set_num_threads(before)


def _ahead(chunks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the same, and make the next one in another thread meanwhile."""
    with ThreadPoolExecutor(1, thread_name_prefix="infonb-read") as pool:
        following = pool.submit(next, chunks, None)
        while (found := following.result()) is not None:
            following = pool.submit(next, chunks, None)
            yield found
            del found


def _one_block(part: Chunked, work: Callable[..., Any], start: int, stop: int, *args: Any) -> Any:
    return work(part.load(start, stop), start, stop, *args)


def _divided(items: range, parts: int) -> list[range]:
    """Divide a range into parts of about equal length, none of them empty."""
    ends = np.linspace(0, len(items), min(parts, len(items)) + 1).astype(int)
    return [items[a:b] for a, b in pairwise(ends)]


def _within(row: np.ndarray, bounds: tuple[int, int] | None) -> np.ndarray:
    start, stop = bounds or (0, len(row) and int(row.max()) + 1)
    return (row >= start) & (row < stop)
