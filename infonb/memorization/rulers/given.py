"""What there is to measure: a network, activations, labels, trainings; read once, shared by all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["Given", "Settings", "Trainings"]


@dataclass(frozen=True)
class Settings:
    """How rulers are read."""

    bins: int = 100
    neurons: int = 256
    max_samples: int = 1000
    early: float = 0.25
    divisions: int = 10
    """How often samples are divided into halves, for an interval."""
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class Trainings:
    """Scores of trainings with and without each sample, or the memorization found from them."""

    score: Any = None
    held_out: Any = None
    mem: Any = None


@dataclass(frozen=True)
class Given:
    """
    All that rulers read from; what is not there is None.

    Fields are of any type for the type checker: a ruler is read only where its needs are there.
    """

    settings: Settings = Settings()
    model: Any = None
    data: Any = None
    """A data set with ``input`` (sample, ...)."""
    recording: Any = None
    """Activations (..., layer, neuron, sample), in memory."""
    label: Any = None
    """What was taught: (sample)."""
    truth: Any = None
    is_in: Any = None
    """Whether each sample was trained on, bool (sample)."""
    dynamics: Any = None
    """A data set (epoch, sample)."""
    trainings: Any = None
    """Of the class `Trainings`."""
    layers: Any = None
    """Which are recorded."""
    alone: bool = False
    """Whether a value is all that is wanted, as of a null, and no interval."""

    @property
    def there(self) -> frozenset[str]:
        """Which needs are met."""
        runs = self.model is not None and self.data is not None
        labelled = self.label is not None
        dynamics = self.dynamics is not None
        met = {
            "acts": self.recording is not None or runs,
            "labels": labelled,
            "model": runs and labelled,
            "inputs": self.data is not None,
            "loss": (runs and labelled) or (dynamics and "loss" in self.dynamics),
            "told": (runs and labelled) or (dynamics and "prediction" in self.dynamics),
            "truth": labelled and self.truth is not None,
            "is_in": self.is_in is not None,
            "dynamics": dynamics,
            "trainings": self.trainings is not None,
        }
        return frozenset(name for name, ok in met.items() if ok)

    @cached_property
    def views(self) -> xr.DataArray:
        """Activations (..., layer, neuron, sample), with ``augmentation`` where there are views."""
        from infonb.dims import take_activation, with_layer

        if self.recording is not None:
            return self.recording
        from infonb.activations import record

        inputs = self.data[["input"]] if self.data is not None else None
        return with_layer(take_activation(record(self.model, inputs, self.layers, progress=False)))

    @cached_property
    def acts(self) -> xr.DataArray:
        """Activations of the samples as they are: (..., layer, neuron, sample)."""
        views = self.views
        return views.isel(augmentation=0, drop=True) if "augmentation" in views.dims else views

    @cached_property
    def n_samples(self) -> int:
        """How many samples there are."""
        for one in (self.label, self.data, self.recording, self.is_in, self.dynamics):
            if one is not None:
                return int(one.sizes["sample"])
        return int(self.views.sizes["sample"])

    @property
    def sample_labels(self) -> np.ndarray | None:
        """Labels of the samples, where something that was given has them."""
        score = None if self.trainings is None else self.trainings.score
        for one in (self.recording, self.data, self.dynamics, score):
            if one is not None and "sample" in one.indexes:
                return one.indexes["sample"].to_numpy()
        return None

    @cached_property
    def told(self) -> xr.Dataset:
        """``loss`` in nats and ``prediction`` (sample), by the network at the end of training."""
        if self.model is not None and self.data is not None and self.label is not None:
            return _told(self.model, self.data, self.label)
        last = self.dynamics.isel(epoch=-1, drop=True)
        return last[[name for name in ("loss", "prediction") if name in last]]

    @cached_property
    def entropy(self) -> xr.DataArray:
        """Entropy of each neuron: (..., layer, neuron)."""
        from infonb.measures import entropy

        return entropy(self.acts, bins=self.settings.bins)

    @cached_property
    def information(self) -> xr.DataArray:
        """MI of pairs within a layer, NaN of a neuron and itself: (..., neuron, other_neuron)."""
        from infonb.dims import without_diagonal
        from infonb.measures import mutual_information

        n = self.acts.sizes["neuron"]
        drawn = self.settings.neurons if n > self.settings.neurons else None
        # joint histograms: the one estimator that is quick for all pairs of a layer
        found = mutual_information(
            self.acts, within="layer", neurons=drawn, estimator="binned", bins=10, edges="neuron",
            corrected="miller-madow", seed=self.settings.seed,
        )  # fmt: skip
        return without_diagonal(found)

    @cached_property
    def unit(self) -> xr.Dataset:
        """UnitMem of each unit and its sample."""
        from infonb.memorization.unit_mem import unit

        # before a ReLU there are values below 0; behind one, these are 0
        return unit(self.views, negative="rectify")

    @cached_property
    def untrained(self) -> Given | None:
        """The same with a network of new weights; None if these cannot be drawn."""
        if self.model is None:
            return None
        from infonb.networks import untrained

        try:
            new = untrained(self.model, seed=self.settings.seed)
        except ValueError:  # a module that does not know how its weights are drawn
            return None
        return replace(self, model=new, recording=None, dynamics=None, trainings=None, alone=True)

    @cached_property
    def dealt(self) -> Given:
        """The same with labels, and what is known of trainings, dealt out to the samples anew."""
        rng = np.random.default_rng(self.settings.seed)
        order = rng.permutation(self.n_samples)
        changed: dict[str, Any] = {
            name: None if one is None else one.copy(data=one.values[order])
            for name, one in (("label", self.label), ("truth", self.truth), ("is_in", self.is_in))
        }
        changed["trainings"] = self.trainings and _dealt(self.trainings, rng)
        recording = self.acts if "acts" in self.there else None
        return replace(self, recording=recording, alone=True, **changed)

    @cached_property
    def halves(self) -> list[tuple[Given, Given]]:
        """The same activations in two halves of the samples, divided at random several times."""
        n, rng = self.views.sizes["sample"], np.random.default_rng(self.settings.seed)
        orders = [rng.permutation(n) for _ in range(self.settings.divisions)]
        return [
            (self._of(np.sort(order[: n // 2])), self._of(np.sort(order[n // 2 :])))
            for order in orders
        ]

    def _of(self, places: np.ndarray) -> Given:
        return Given(self.settings, recording=self.views.isel(sample=places), alone=True)


def _told(model: Any, data: xr.Dataset, label: xr.DataArray) -> xr.Dataset:
    from infonb.data.batches import Batches
    from infonb.networks.state import device_and_dtype, modes_restored
    from infonb.training.evaluation import count_outputs
    from infonb.training.per_sample import of_samples

    if label.dtype.kind not in "iub":
        raise ValueError(
            "the loss of a network needs labels that are whole numbers, the places of its outputs; "
            f"these are {label.dtype}."
        )
    device, dtype = device_and_dtype(model)
    batches = Batches(xr.Dataset({"input": data["input"], "label": label}), device=device,
                      dtype=dtype)  # fmt: skip
    with modes_restored(model):  # looking at a network leaves it as it was
        batches.check_labels(max(count_outputs(model, batches), 2))
        values, _ = of_samples(model, batches, 1024)
    names = ("loss", "prediction")
    return xr.Dataset({name: ("sample", values[name]) for name in names}, label.coords)


def _dealt(trainings: Trainings, rng: np.random.Generator) -> Trainings | None:
    """Return trainings that have, for each sample, its in and out dealt out anew."""
    if trainings.held_out is None:
        return None
    held_out = trainings.held_out.transpose(..., "sample")
    rows = held_out.values.reshape(-1, held_out.sizes["sample"])
    new = rng.permuted(rows, axis=0).reshape(held_out.shape)
    return replace(trainings, held_out=held_out.copy(data=new))
