"""What the explorer shows of activations, measured once for each choice and then kept."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import count_neurons, with_layer
from infonb.measures import TiesWarning, entropy, mutual_information, take_activation
from infonb.validate import check_dim, check_integer
from infonb.widgets.explorer.matrix import Matrix, alike

__all__ = ["PAIR_BINS", "Measured"]

#: Bins of the binned mutual information: the default of `infonb.mutual_information`.
PAIR_BINS = 10

#: So many values are held in memory at most (half a gigabyte of float32): fewer samples if need be.
_MOST_VALUES = 2**27


class Measured:
    """
    A random choice of samples of labelled activations, and their measures in nats.

    Parameters
    ----------
    activations
        Dims (layer, neuron, sample), layer perhaps absent, and perhaps one dimension of levels.
    by
        The dimension of the levels; needed only if there are several candidates.
    max_samples
        At most so many samples are drawn, and of an array on disk only these are read, once.
    max_neurons
        At most so many neurons of a layer are in the matrix.
    seed
        Of both draws.

    Examples
    --------
    >>> import infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(50, 3))}
    >>> measured = Measured(inb.from_arrays(values), max_samples=20)
    >>> measured.n_samples, measured.of_samples, len(measured.samples(10))
    (20, 50, 10)
    >>> measured.entropy(0, 20, 5, "common")[0].shape
    (3,)
    """

    def __init__(
        self,
        activations: xr.DataArray | xr.Dataset,
        *,
        by: str | None = None,
        max_samples: int = 10_000,
        max_neurons: int = 256,
        seed: int = 0,
    ) -> None:
        check_integer("max_samples", max_samples, 2)
        check_integer("max_neurons", max_neurons, 2)
        check_integer("seed", seed, 0)
        values = take_activation(activations)
        for dim in ("neuron", "sample"):
            check_dim(dim, values.dims, "activations")
        self.has_layer = "layer" in values.dims
        values = with_layer(values)
        self.by = _levels(values, by)
        dims = ([self.by] if self.by else []) + ["layer", "neuron", "sample"]
        values = values.squeeze([d for d in values.dims if d not in dims]).transpose(*dims)
        self.levels = values[self.by].values.tolist() if self.by else [None]
        for dim in dims[:-1]:
            _check_labels(values, dim)
        if "neuron" in values.coords and values.neuron.dtype.kind in "iu":
            values = values.sortby("neuron")  # padding comes last, also after a selection
        self.labels = values.neuron.values.tolist()
        widths = _widths(values, self.labels, self.by)
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
        each = len(self.levels) * len(self.layers) * len(self.labels)
        self.n_samples = min(self.of_samples, max_samples, max(_MOST_VALUES // each, 2))
        rng = np.random.default_rng(seed)
        # in random order: the first n of them are a random choice too, and need no copy
        self._order = rng.permutation(self.of_samples)[: self.n_samples]
        self.values = _read(values, self._order)
        entropy(self.values, bins=1)  # raises if a value is not finite, and says where
        self._max_neurons, self._seed = max_neurons, seed
        self._expected: list[Future[Any]] = []
        self.entropy_soon = lru_cache(32)(self._entropy_soon)
        self.ends = lru_cache(32)(self._ends)
        self.matrix = lru_cache(64)(self._matrix)
        self.information = lru_cache(256)(self._information)

    def neurons(self, layer: str) -> list[int]:
        """Return the labels of a layer's neurons."""
        return self.labels[: self.widths[self.layers.index(layer)]]

    def place(self, label: int) -> int:
        """Return the position of a neuron along the dim ``neuron``."""
        return self.labels.index(label)

    def samples(self, n: int) -> np.ndarray:
        """Return which n samples were drawn: positions, shape (n,), in increasing order."""
        return np.sort(self._order[:n])

    def network(self, level: int, n: int) -> xr.DataArray:
        """Return the activations of one level, dims (layer, neuron, sample)."""
        values = self.values.isel({self.by: level}) if self.by else self.values
        return values.isel(sample=slice(n))

    def neuron(self, level: int, layer: int, neuron: int, n: int) -> np.ndarray:
        """Return the activations of one neuron, shape (sample,)."""
        return self.network(level, n).values[layer, neuron]

    def edges(
        self, level: int, layer: int, neuron: int, n: int, bins: int, edges: str
    ) -> np.ndarray:
        """Return the edges of a neuron's bins, shape (bins + 1,)."""
        own = self.neuron(level, layer, neuron, n)
        low, high = self.ends(level, n) if edges == "common" else (own.min(), own.max())
        return _grid(float(low), float(high), bins)

    @staticmethod
    def entropy_in(values: np.ndarray, edges: np.ndarray) -> float:
        """Return the entropy of one neuron in given bins."""
        return float(entropy(xr.DataArray(values, dims=("sample",)), edges=edges))

    def _ends(self, level: int, n: int) -> tuple[float, float]:
        values = self.network(level, n).values
        parts = [part[:width] for part, width in zip(values, self.widths, strict=True) if width]
        return float(min(part.min() for part in parts)), float(max(part.max() for part in parts))

    def _entropy_soon(self, *choice: Any) -> Future[list[np.ndarray]]:
        """Start to measure what `entropy` returns, beside whatever is measured next."""
        return _thread("aside").submit(self._entropy, *choice)

    def expect(self, matrices: Sequence[tuple], entropies: Sequence[tuple]) -> None:
        """
        Measure in the background what may be chosen next, instead of what was expected before.

        Parameters
        ----------
        matrices
            Arguments of `matrix`.
        entropies
            Arguments of `entropy`.
        """
        for pending in self._expected:
            pending.cancel()
        ahead = _thread("ahead")
        self._expected = [ahead.submit(self.matrix, *choice) for choice in matrices]
        self._expected += [ahead.submit(self.entropy, *choice) for choice in entropies]

    def close(self) -> None:
        """Let go of the values and of all that was measured; the labels stay."""
        self.expect([], [])
        for kept in (self.entropy_soon, self.ends, self.matrix, self.information):
            kept.cache_clear()
        self.values = self.values.isel(sample=slice(0)).copy(deep=True)

    def entropy(self, level: int, n: int, bins: int, edges: str) -> list[np.ndarray]:
        """Return the entropies of each layer, shape (neuron,)."""
        return self.entropy_soon(level, n, bins, edges).result()

    def _entropy(self, level: int, n: int, bins: int, edges: str) -> list[np.ndarray]:
        found = entropy(self.network(level, n), bins=bins, edges=edges).values
        return [row[:width] for row, width in zip(found, self.widths, strict=True)]

    def _matrix(self, level: int, layer: int, n: int, edges: str) -> Matrix:
        width = self.widths[layer]
        values, chosen = self.network(level, n).values[layer, :width], np.arange(width)
        if width > self._max_neurons:
            rng = np.random.default_rng([self._seed, layer])
            chosen = np.sort(rng.choice(width, self._max_neurons, replace=False))
            values = values[chosen]
        found = self._binned(values, level, n, edges)
        order = alike(found)
        return Matrix(chosen[order], found[np.ix_(order, order)])

    def binned(self, level: int, layer: int, pair: tuple[int, int], n: int, edges: str) -> float:
        """Return the binned MI of two neurons, as in the matrix."""
        values = self.network(level, n).values[layer, list(pair)]
        return float(self._binned(values, level, n, edges)[0, 1])

    def _binned(self, values: np.ndarray, level: int, n: int, edges: str) -> np.ndarray:
        grid = _grid(*self.ends(level, n), PAIR_BINS) if edges == "common" else edges
        return mutual_information(
            xr.DataArray(values, dims=("neuron", "sample")),
            estimator="binned", bins=PAIR_BINS, edges=grid, corrected="miller-madow",
        ).values  # fmt: skip

    def _information(
        self, level: int, layer: int, pair: tuple[int, int], n: int, k: int
    ) -> tuple[float, str]:
        """
        Return the MI of two neurons and the estimator in words.

        KSG; the mixture estimator where ties forbid KSG.
        """
        values = self.network(level, n).values[layer, list(pair)]
        both = xr.DataArray(values, dims=("neuron", "sample"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", TiesWarning)
            found, how = mutual_information(both, k=k), f"KSG, k = {k}"
            if any(str(one.message).startswith("KSG on ties") for one in caught):
                found = mutual_information(both, k=k, estimator="mixture")
                how = f"mixture: ties, k = {k}"
            elif caught:
                how = f"KSG, k = {k}, too high: values on a grid"
        return float(found.values[0, 1]), how


@cache
def _thread(name: str) -> ThreadPoolExecutor:
    """Return a thread that all panels share; one each would stay as long as its panel."""
    return ThreadPoolExecutor(1, thread_name_prefix=f"infonb-{name}")


def _levels(values: xr.DataArray, by: str | None) -> str | None:
    """Return the dimension of the levels, or None; raise if more than one is left."""
    if by is not None:
        check_dim(by, values.dims, "activations")
        if by in ("layer", "neuron", "sample"):
            raise ValueError(f"by={by!r} is no dimension of levels, such as alpha, seed or epoch.")
    left = [str(d) for d in values.dims if d not in ("layer", "neuron", "sample", by)]
    left = [dim for dim in left if values.sizes[dim] > 1]
    if by is None and len(left) == 1:
        return left[0]
    if left:
        remedy = "" if by else "choose one with by= and "
        raise ValueError(
            f"activations has the dims {left} besides layer, neuron, sample{f', {by}' * bool(by)}; "
            f"{remedy}select of the others, as in activations.sel({left[-1]}=...)."
        )
    return by


def _check_labels(values: xr.DataArray, dim: str) -> None:
    """Raise if two things along a dimension have one name: only one could be chosen."""
    labels, counts = np.unique(values[dim].values.astype(str), return_counts=True)
    if (counts > 1).any():
        raise ValueError(
            f"activations has {dim} {labels[counts > 1][0]!r} more than once; give each its own "
            f"label: activations.assign_coords({dim}=...)."
        )


def _widths(values: xr.DataArray, labels: list[Any], by: str | None) -> list[int]:
    """Return how many neurons of each layer are there, also after a selection of neurons."""
    if "width" not in values.coords:
        return [len(labels)] * values.sizes["layer"]
    width = values["width"]
    if by in width.dims and (width != width.isel({by: 0})).any():
        raise ValueError(
            f"layers have other widths at other labels of {by!r}; explore one of them: "
            f"activations.sel({by}=...)."
        )
    return count_neurons(values)


def _read(values: xr.DataArray, order: np.ndarray) -> xr.DataArray:
    """Return the samples in the given order, in memory."""
    if values.chunks is None:
        return values.isel(sample=order)
    # from disk in the order of the chunks
    first = np.sort(order)
    return values.isel(sample=first).compute().isel(sample=np.searchsorted(first, order))


def _grid(low: float, high: float, bins: int) -> np.ndarray:
    return np.linspace(low, high if high > low else low + 1.0, bins + 1)
