"""Entropy in three rulers and mutual information of all networks, as arrays side by side."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from infonb.measures import ScaleWarning, TiesWarning, entropy, mutual_information
from infonb.measures.drawn import draw_rows
from infonb.measures.estimators import check_neighbours
from infonb.measures.rows.edges import RULERS, check_edges
from infonb.measures.rows.loaded import rows_of
from infonb.measures.rows.room import check_room
from infonb.progress import progress_bar
from infonb.selection.comparison.estimator import choose_estimator
from infonb.selection.comparison.models import Models, Network

__all__ = ["Measuring", "Settings", "equal_edges"]

#: Of estimates from joint histograms: few bins, of each neuron's own range, corrected.
BINS_OF_PAIRS = 10


@dataclass(frozen=True)
class Settings:
    """How models are measured."""

    bins: int = 100
    estimator: str = "auto"
    k: int = 3
    standardize: bool = True
    neurons: int = 64
    max_samples: int | None = None
    seed: int = 0


class Measuring:
    """All networks under one setting: what they share, and what each of them gives."""

    def __init__(self, models: Models, settings: Settings) -> None:
        self.models, self.settings = models, settings
        if settings.estimator != "binned":
            check_neighbours(settings.k, self._n_pair_samples)
        self._check_room()

    @cached_property
    def chosen(self) -> tuple[str, str]:
        """The estimator of MI, and why it is this one."""
        if self.settings.estimator != "auto":
            return self.settings.estimator, "as asked for"
        layers = (some for one in self.models.networks for some in self._pairs_of(one).values())
        return choose_estimator(layers, self.settings.k)

    @cached_property
    def layers(self) -> list[str]:
        """All layers, in depth order; those that the first model lacks after their predecessors."""
        found: list[str] = []
        for one in self.models.networks:
            place = 0
            for layer in one.layers:
                if layer not in found:
                    found.insert(place, layer)
                place = found.index(layer) + 1
        return found

    @property
    def n_samples(self) -> int:
        """How many samples all networks have."""
        return int(self.models.networks[0].values.sizes["sample"])

    @property
    def _n_pair_samples(self) -> int:
        return min(self.settings.max_samples or self.n_samples, self.n_samples)

    @cached_property
    def widest(self) -> int:
        """How many neurons the widest layer of all networks has."""
        return max(one.values.sizes["neuron"] for one in self.models.networks)

    @cached_property
    def drawn(self) -> dict[int, np.ndarray]:
        """Width → places of the neurons whose pairs are measured."""
        return self.draw(self.settings.neurons)

    def draw(self, number: int) -> dict[int, np.ndarray]:
        """Return width → places of so many neurons: the first of one order for all layers."""
        widths = sorted({w for one in self.models.networks for w in one.widths.values()})
        layer = np.repeat(np.arange(len(widths)), widths)
        place = np.concatenate([np.arange(width) for width in widths])
        chosen = draw_rows(layer, place, [number], self.settings.seed)
        return {width: place[chosen & (layer == i)] for i, width in enumerate(widths)}

    @cached_property
    def own(self) -> dict[str, tuple[dict[str, xr.DataArray], tuple[float, float]]]:
        """Network → entropy in the rulers that it has by itself, and its range; NaN is refused."""
        import dask

        found = {}
        chosen = check_edges("common", self.settings.bins)
        for one in self.models.networks:
            with placed(one):
                entropies = {
                    ruler: entropy(one.values, bins=self.settings.bins, edges=ruler)
                    for ruler in ("common", "neuron")
                }
                rulers = rows_of(one.values, "sample").rulers(chosen)
                entropies, (edges, _) = dask.compute(entropies, rulers)
            found[one.place] = entropies, (float(edges[0, 0]), float(edges[0, -1]))
        return found

    @cached_property
    def shared(self) -> np.ndarray:
        """The edges of the bins that all networks share."""
        own = [ends for _, ends in self.own.values()]
        ends = min(low for low, _ in own), max(high for _, high in own)
        return equal_edges(*ends, self.settings.bins)

    def entropies(self) -> xr.DataArray:
        """Return the entropy of all neurons: (edges, model, seed, layer, neuron)."""
        table = np.full((len(RULERS), *self.shape, self.widest), np.nan)
        for one in self.models.networks:
            own, _ = self.own[one.place]
            with placed(one):
                shared = entropy(one.values, edges=self.shared).compute()
            for i, ruler in enumerate(RULERS):
                found = (shared if ruler == "shared" else own[ruler]).values
                for number, layer in enumerate(one.layers):
                    at = (i, *self.at(one, layer))
                    table[at][: found.shape[1]] = found[number]
        labels = {"edges": np.array(RULERS, dtype=object), **self.labels}
        coords = labels | {"neuron": np.arange(self.widest)}
        attrs = {
            "long_name": "entropy", "units": "nat", "estimator": "binned",
            "bins": self.settings.bins, "n_samples": self.n_samples,
        }  # fmt: skip
        return xr.DataArray(table, coords, list(coords), "entropy", attrs)

    def informations(self, progress: bool | str = False) -> xr.DataArray:
        """Return the MI of drawn neurons: (model, seed, layer, neuron, other_neuron)."""
        places = np.unique(np.concatenate(list(self.drawn.values())))
        table = np.full((*self.shape, len(places), len(places)), np.nan)
        attrs: dict[str, Any] = {}
        networks = progress_bar(
            self.models.networks, show=progress, desc="mutual information", unit="network"
        )
        for one in networks:
            with placed(one):
                for layer, values in self._pairs_of(one).items():
                    found = self.information(xr.DataArray(values, dims=("neuron", "sample")))
                    here = np.searchsorted(places, self.drawn[one.widths[layer]])
                    table[self.at(one, layer)][np.ix_(here, here)] = found.values
                    attrs = found.attrs
        attrs |= {"neurons": self.settings.neurons, "seed": self.settings.seed, "within": "layer"}
        coords = {**self.labels, "neuron": places, "other_neuron": places}
        return xr.DataArray(table, coords, list(coords), "mutual_information", attrs)

    def information(
        self, values: xr.DataArray, *, quiet: bool = False, **pairs: Any
    ) -> xr.DataArray:
        """Return the MI of pairs of neurons, by the estimator that was chosen."""
        estimator, _ = self.chosen
        chosen: dict[str, Any] = {"estimator": estimator, "k": self.settings.k}
        if estimator == "binned":
            chosen |= {"bins": BINS_OF_PAIRS, "edges": "neuron", "corrected": "miller-madow"}
        else:
            chosen["standardize"] = self.settings.standardize
        with self._warnings(quiet or self.settings.estimator == "auto"):
            return mutual_information(values, seed=self.settings.seed, **chosen, **pairs)

    def _pairs_of(self, one: Network) -> dict[str, np.ndarray]:
        """Return layer → activations of its drawn neurons (neuron, sample), in memory."""
        values, drawn = one.values, self.drawn
        if self._n_pair_samples < self.n_samples:
            rng = np.random.default_rng(self.settings.seed)
            some = rng.choice(self.n_samples, self._n_pair_samples, replace=False)
            values = values.isel(sample=np.sort(some))
        return {
            layer: values.isel(layer=i, neuron=drawn[one.widths[layer]]).values
            for i, layer in enumerate(one.layers)
        }

    @property
    def _seeds(self) -> tuple[Any, ...]:
        return self.models.seeds or (0,)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many models, seeds and layers there are."""
        return len(self.models.names), len(self._seeds), len(self.layers)

    @property
    def labels(self) -> dict[str, Any]:
        """What models, seeds and layers are called."""
        return {
            "model": np.array(self.models.names, dtype=object),
            "seed": np.array(
                self._seeds, dtype=object if isinstance(self._seeds[0], str) else None
            ),
            "layer": np.array(self.layers, dtype=object),
        }

    def at(self, one: Network, layer: str) -> tuple[int, ...]:
        """Return where a layer of a network stands: (model, seed, layer)."""
        seed = self._seeds.index(0 if one.seed is None else one.seed)
        return self.models.names.index(one.model), seed, self.layers.index(layer)

    def _check_room(self) -> None:
        n = len(np.unique(np.concatenate(list(self.drawn.values()))))
        networks = int(np.prod(self.shape))
        check_room(
            networks * self.widest * 8 * (3 * len(RULERS) + 3 * n),
            f"measures of {len(self.models.networks)} networks of up to {self.widest:,} neurons",
            "Draw fewer neurons for MI (neurons=), or compare fewer models at a time.",
        )

    @contextmanager
    def _warnings(self, quiet: bool) -> Iterator[None]:
        """Keep quiet about what was told, or what the choice of the estimator has settled."""
        with warnings.catch_warnings():
            if quiet:
                for kind in (TiesWarning, ScaleWarning):
                    warnings.simplefilter("ignore", kind)
            yield


def equal_edges(low: float, high: float, bins: int) -> np.ndarray:
    """Return the edges of equal bins; of a single value one unit on."""
    return np.linspace(low, high if high > low else low + max(1.0, abs(low)), bins + 1)


@contextmanager
def placed(one: Network) -> Iterator[None]:
    """Say in the errors of a measure which network they are about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{one.place}: {error}") from None
