"""
The chunks of a dask array, each with the small graph that makes it.

A task of a measure goes through many chunks but is to hold one at a time, so it computes them
itself instead of taking them as arguments. What is dear and shared (the mean, in
``activation - activation.mean("sample")``) is an argument all the same, made once for all tasks;
so is what a cluster holds already (the futures of ``.persist()``).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from itertools import zip_longest
from typing import Any

import numpy as np

__all__ = ["Blocks"]

# What has more tasks below it is dear: made once, not again for each chunk that needs it.
_FEW = 12


class Blocks:
    """The chunks of a dask array, by their place (i, j, ...)."""

    def __init__(self, array: Any) -> None:
        graph = array.__dask_graph__()
        futures = _futures(graph)
        if not futures:  # which would be hidden inside of fused tasks
            graph = array.__dask_optimize__(graph, array.__dask_keys__())
        self.name, self.graph = array.name, dict(graph)
        self.needs = _needs(self.graph, futures)
        self.held = {key: self.graph[key] for key in futures}
        """The futures themselves, which a result has to keep."""
        self.inputs: dict[Any, Any] = {}
        """key -> what a task is given: a delayed value, and its value where the task runs."""
        self._divide([self.key(place) for place in np.ndindex(*array.numblocks)], futures)

    def key(self, place: tuple[int, ...]) -> Any:
        """Return the name of a chunk in the graph."""
        return (self.name, *place)

    def at(self, places: Iterable[tuple[int, ...]]) -> Blocks:
        """Return some of the chunks, with no more of the graph than they need."""
        some = copy(self)
        some.held = {}
        some.graph, used = self._below([self.key(place) for place in places], self.inputs)
        some.needs = {key: self.needs[key] for key in some.graph}
        some.inputs = {key: self.inputs[key] for key in used}
        return some

    def given(self, values: dict[Any, Any]) -> Blocks:
        """Return the same chunks with the values of the inputs."""
        some = copy(self)
        some.inputs = values
        return some

    def values(self, places: Iterable[tuple[int, ...]]) -> Iterator[np.ndarray]:
        """
        Yield one chunk after the other, computed in this thread.

        What the next needs too is kept: chunks cut from larger ones in a store read those once.
        """
        from dask.local import get_sync

        keys = [self.key(place) for place in places]
        kept: dict[Any, Any] = {}
        for here, after in zip_longest(keys, keys[1:]):
            known = self.inputs | kept
            graph, used = self._below([here], known)
            both: list[Any] = []
            if after is not None:
                made = {key for key in graph if self.needs[key]}
                _, reused = self._below([after], known.keys() | made)
                both = [key for key in reused if key not in self.inputs]
            graph |= {key: known[key] for key in used}
            graph |= {key: kept[key] for key in both if key in kept}
            found = list(get_sync(graph, [here, *both]))
            kept = dict(zip(both, found[1:], strict=True))
            del found[1:], known, graph
            yield _whole(found.pop())  # what is yielded is not held here

    def _divide(self, keys: list[Any], futures: set[Any]) -> None:
        """Find what is to be given to the tasks."""
        from dask.core import toposort
        from dask.delayed import Delayed

        needs = self.needs
        owner: dict[Any, Any] = {key: key for key in keys}
        for key in reversed(toposort(self.graph, needs)):
            for need in needs[key]:  # several owners: None
                mine = owner.get(key)
                owner[need] = mine if owner.get(need, mine) == mine else None
        dear = {
            need
            for key in self.graph
            if owner.get(key) is not None
            for need in needs[key]
            if owner[need] is None and need not in futures and _many(need, needs)
        }
        for key in futures | dear:
            graph, used = self._below([key], futures)
            graph |= {future: self.graph[future] for future in used}
            self.inputs[key] = Delayed(key, graph)

    def _below(self, keys: list[Any], known: Collection[Any]) -> tuple[dict[Any, Any], set[Any]]:
        """Return the tasks that these keys need, down to what is known, and what of that."""
        found: dict[Any, Any] = {}
        used: set[Any] = set()
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            if key in known:
                used.add(key)
            elif key not in found:
                found[key] = self.graph[key]
                waiting.extend(self.needs[key])
        return found, used


def _whole(values: Any) -> np.ndarray:
    """Return a chunk as a plain array; refuse one of which some values are masked."""
    if np.ma.is_masked(values):
        raise ValueError(
            "activation holds masked values; the measures need all. Leave those samples out, or "
            "fill the mask yourself (dask.array.ma.filled)."
        )
    return np.asarray(values)


def _needs(graph: dict[Any, Any], futures: set[Any]) -> dict[Any, set[Any]]:
    from dask.core import get_dependencies

    return {key: set() if key in futures else set(get_dependencies(graph, key)) for key in graph}


def _many(key: Any, needs: dict[Any, set[Any]]) -> bool:
    found, waiting = {key}, [key]
    while waiting and len(found) <= _FEW:
        new = needs[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return len(found) > _FEW


def _futures(graph: Any) -> set[Any]:
    """Return the keys of what a cluster holds."""
    if "distributed" not in sys.modules:
        return set()
    from distributed import Future

    return {key for key, value in graph.items() if isinstance(value, Future)}
