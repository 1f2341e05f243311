"""What the explorer shows of activations, measured once for each choice and then kept."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache
from typing import Any

import numpy as np
import xarray as xr

from infonb.measures import ScaleWarning, TiesWarning, entropy, mutual_information
from infonb.measures.ties import TOLERATED
from infonb.validate import check_integer
from infonb.widgets.explorer.choice import Choice, Kept
from infonb.widgets.explorer.matrix import Matrix, order_by_information
from infonb.widgets.explorer.sampled import Sampled

__all__ = ["PAIR_BINS", "Measured"]

#: Bins of the binned mutual information: the default of `infonb.mutual_information`.
PAIR_BINS = 10

# What is said of an estimate that comes with a warning.
_DOUBTS = {
    TiesWarning: ", too high: values on a grid",
    ScaleWarning: ", too low: very different scales",
}


class Measured(Sampled):
    """Activations with their measures in nats; at most `max_neurons` of a layer in its matrix."""

    def __init__(
        self,
        activations: xr.DataArray | xr.Dataset,
        *,
        max_neurons: int = 256,
        seed: int = 0,
        **options: Any,
    ) -> None:
        check_integer("max_neurons", max_neurons, 2)
        super().__init__(activations, seed=seed, **options)
        self._max_neurons, self._seed = max_neurons, seed
        self._expected: list[Future[Any]] = []
        network = ("level", "n_samples", "edges")
        self.entropy_soon = Kept(self._entropy_soon, *network, "bins", most=32)
        self.matrix = Kept(self._matrix, *network, "layer", most=64)
        self.information = Kept(
            self._information, "level", "n_samples", "layer", "pair", "k", most=256
        )
        self.ends = lru_cache(256)(self._ends)

    @property
    def kinds_of_edges(self) -> list[str]:
        """What the edges of bins can be; of one network, shared ones are the common ones."""
        return ["common", "shared", "neuron"] if self.levels else ["common", "neuron"]

    def neuron(self, choice: Choice) -> np.ndarray:
        """Return the activations of the chosen neuron, shape (sample,)."""
        return self.network(choice.level, choice.n_samples).values[choice.layer, choice.neuron]

    def bin_edges(self, choice: Choice) -> np.ndarray:
        """Return the edges of the chosen neuron's bins, shape (bins + 1,)."""
        if choice.edges == "neuron":
            values = self.neuron(choice)
            return _grid((float(values.min()), float(values.max())), choice.bins)
        return _grid(self._range(choice.level, choice.n_samples, choice.edges), choice.bins)

    def neuron_entropy(self, choice: Choice) -> float:
        """Return the entropy of the chosen neuron."""
        values = xr.DataArray(self.neuron(choice), dims=("sample",))
        return float(entropy(values, edges=self.bin_edges(choice)))

    def entropy(self, choice: Choice) -> list[np.ndarray]:
        """Return the entropies of each layer, shape (neuron,)."""
        return self.entropy_soon(choice).result()

    def binned(self, choice: Choice) -> float:
        """Return the binned MI of the chosen pair, as in the matrix."""
        level, n = choice.level, choice.n_samples
        values = self.network(level, n).values[choice.layer, list(choice.pair)]
        return float(self._binned(values, level, n, choice.edges)[0, 1])

    def expect(self, choices: Sequence[Choice]) -> None:
        """Measure in the background what may be chosen next, not what was expected before."""
        for pending in self._expected:
            pending.cancel()
        ahead = _thread("ahead")
        self._expected = [ahead.submit(self.matrix, choice) for choice in choices]
        self._expected += [ahead.submit(self.entropy, choice) for choice in choices]

    def close(self) -> None:
        """Let go of the values and of all that was measured; the labels stay."""
        self.expect([])
        for kept in (self.entropy_soon, self.ends, self.matrix, self.information):
            kept.cache_clear()
        self.values = self.values.isel(sample=slice(0)).copy(deep=True)

    def _ends(self, level: tuple[int, ...], n: int) -> tuple[float, float]:
        """Return the least and the greatest value of a network."""
        values = self.network(level, n).values
        parts = [part[:width] for part, width in zip(values, self.widths, strict=True) if width]
        return float(min(part.min() for part in parts)), float(max(part.max() for part in parts))

    def _range(self, level: tuple[int, ...], n: int, edges: str) -> tuple[float, float]:
        """Return the range of the bins that neurons have in common, or networks share."""
        networks = self.networks if edges == "shared" else [level]
        low, high = zip(*(self.ends(network, n) for network in networks), strict=True)
        return min(low), max(high)

    def _entropy_soon(
        self, level: tuple[int, ...], n: int, edges: str, bins: int
    ) -> Future[list[np.ndarray]]:
        """Start to measure what `entropy` returns, beside whatever is measured next."""
        return _thread("aside").submit(self._entropy, level, n, edges, bins)

    def _entropy(self, level: tuple[int, ...], n: int, edges: str, bins: int) -> list[np.ndarray]:
        grid = _grid(self._range(level, n, edges), bins) if edges == "shared" else edges
        found = entropy(self.network(level, n), bins=bins, edges=grid).values
        return [row[:width] for row, width in zip(found, self.widths, strict=True)]

    def _matrix(self, level: tuple[int, ...], n: int, edges: str, layer: int) -> Matrix:
        width = self.widths[layer]
        values, chosen = self.network(level, n).values[layer, :width], np.arange(width)
        if width > self._max_neurons:
            rng = np.random.default_rng([self._seed, layer])
            chosen = np.sort(rng.choice(width, self._max_neurons, replace=False))
            values = values[chosen]
        found = self._binned(values, level, n, edges)
        order = order_by_information(found)
        return Matrix(chosen[order], found[np.ix_(order, order)])

    def _binned(self, values: np.ndarray, level: tuple[int, ...], n: int, edges: str) -> np.ndarray:
        grid = edges if edges == "neuron" else _grid(self._range(level, n, edges), PAIR_BINS)
        return mutual_information(
            xr.DataArray(values, dims=("neuron", "sample")),
            estimator="binned", bins=PAIR_BINS, edges=grid, corrected="miller-madow",
        ).values  # fmt: skip

    def _information(
        self, level: tuple[int, ...], n: int, layer: int, pair: tuple[int, int], k: int
    ) -> tuple[float, str]:
        """Return the MI of two neurons, KSG's or where ties forbid it mixture's, and which."""
        values = self.network(level, n).values[layer, list(pair)]
        both = xr.DataArray(values, dims=("neuron", "sample"))
        # not told by the warning of ties, which another thread that compiles can swallow
        if _tied(values[0], values[1], k) > TOLERATED:
            found = mutual_information(both, k=k, estimator="mixture")
            return float(found.values[0, 1]), f"mixture: ties, k = {k}"
        with warnings.catch_warnings(record=True) as caught:
            for kind in _DOUBTS:
                warnings.simplefilter("always", kind)
            found = mutual_information(both, k=k)
        said = {one.category for one in caught}
        more = "".join(words for kind, words in _DOUBTS.items() if kind in said)
        return float(found.values[0, 1]), f"KSG, k = {k}{more}"


def _tied(x: np.ndarray, y: np.ndarray, k: int) -> float:
    """Return which share of samples has the same two values as at least k others."""
    ordered = np.sort(x)
    if not (ordered[k:] == ordered[:-k]).any():
        return 0.0  # most often, and at once
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    alike = (x[k:] == x[:-k]) & (y[k:] == y[:-k])  # of a run of n samples, n - k
    runs = np.count_nonzero(np.diff(alike, prepend=False, append=False)) // 2
    return float(alike.sum() + k * runs) / len(x)


@cache
def _thread(name: str) -> ThreadPoolExecutor:
    """Return a thread that all panels share; one each would stay as long as its panel."""
    return ThreadPoolExecutor(1, thread_name_prefix=f"infonb-{name}")


def _grid(ends: tuple[float, float], bins: int) -> np.ndarray:
    low, high = ends
    return np.linspace(low, high if high > low else low + 1.0, bins + 1)
