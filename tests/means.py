"""An experiment that is done at once, for the tests of how runs are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from infonb.experiments import Experiment
from infonb.experiments.cache import CachedRun
from infonb.parameters import parameter


@dataclass(frozen=True)
class Means(Experiment):
    """Means of random numbers."""

    name, claim, over = "means", "the mean grows with the shift", "shift"
    shift: list[float] = parameter([0.0, 1.0], "added to all numbers", affects="selection")
    seed: list[int] = parameter([0, 1], "of the numbers", affects="selection")
    n: int = parameter(5, "how many numbers")
    factor: float = parameter(1.0, "of the measure", affects="measures")
    colour: str = parameter("red", "of the figure", affects="selection")

    def data(self, shift, seed):
        values = np.random.default_rng(seed).normal(shift, size=self.n)
        return {"train": xr.Dataset({"input": ("sample", values)})}

    def train(self, shift, seed, data, checkpoint=None, progress=False):
        return float(data["train"].input.mean()), None

    def measure(self, shift, seed, model, data):
        return xr.Dataset({"mean": self.factor * model})

    def other(self, shift, seed, model, data):
        return xr.Dataset({"square": self.factor * model**2})


def place(folder, level=0.0, seed=0, step="measure", **values):
    experiment = Means(cache=str(folder), **values)
    return CachedRun.of(experiment, level, seed, experiment.data(level, seed), step)
