"""The base of all experiments: what is inherited, and what is told if a step is missing."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import pytest
import xarray as xr

from infonb import experiments
from infonb.claims import Compare
from infonb.experiments import Experiment
from infonb.experiments.steps import checked_training
from infonb.parameters import ParameterError, describe, parameter
from infonb.storage import open_dataset


@dataclass(frozen=True)
class Means(Experiment):
    """
    Means of random numbers.

    They grow.
    """

    name, claim, over = "means", "the mean grows with the shift", "shift"
    rows = (Compare("the mean {rises}", "mean", 1, each=None),)
    caption = "No units."

    shift: list[float] = parameter([0.0, 1.0], "added to all numbers", affects="selection")
    seed: list[int] = parameter([0, 1, 2], "of the numbers", affects="selection")
    n: int = parameter(200, "how many numbers", minimum=1)

    def data(self, shift, seed):
        values = np.random.default_rng(seed).normal(shift, size=self.n)
        return {"train": xr.Dataset({"input": ("sample", values)})}

    def train(self, shift, seed, data, checkpoint=None, progress=False):
        history = xr.Dataset({"loss": ("epoch", [2.0, 1.0])}, {"epoch": [1, 2]}, {"keep": "last"})
        return float(data["train"].input.mean()), history

    def measure(self, shift, seed, model, data):
        return xr.Dataset({"mean": model})


def test_what_is_inherited():
    experiment = Means(cache="none")
    runs = experiment.run(progress=False)
    assert runs["mean"].dims == ("shift", "seed")
    for shift in (0.0, 1.0):
        for seed in (0, 1, 2):
            expected = np.random.default_rng(seed).normal(shift, size=200).mean()
            assert float(runs["mean"].sel(shift=shift, seed=seed)) == expected
            one = experiment.one(shift, seed)
            assert one.model == expected
            assert list(one.data) == ["train"]
    np.testing.assert_array_equal(runs.loss, np.broadcast_to([2.0, 1.0], (2, 3, 2)))
    np.testing.assert_array_equal(runs.final_loss, np.ones((2, 3)))
    np.testing.assert_array_equal(runs.epochs, np.full((2, 3), 2))
    assert runs.attrs["experiment"] == "means"
    assert json.loads(runs.attrs["parameters"]) == {
        "shift": [0.0, 1.0], "seed": [0, 1, 2], "n": 200,
    }  # fmt: skip
    assert runs.attrs["versions"].startswith("infonb ")
    assert (Means.title(), experiment.levels(), experiment.seeds) == (
        "Means of random numbers", [0.0, 1.0], [0, 1, 2],
    )  # fmt: skip
    assert experiment.ends(runs) == (0.0, 1.0)
    assert experiment.ends(runs.isel(shift=[1, 0])) == (0.0, 1.0)
    named = runs.assign_coords(shift=np.array(["z", "a"], dtype=object))
    assert experiment.ends(named) == ("z", "a")


def test_claims_are_those_of_the_declared_rows():
    runs = Means(cache="none").run(progress=False)
    table = Means.of(runs).claims(runs)
    (claim,) = table.claims
    assert (claim.statement, claim.where, claim.verdict) == ("the mean rises", "network", "holds")
    np.testing.assert_allclose(claim.effect, (runs["mean"][1] - runs["mean"][0]).values)
    assert "No units." in table.caption
    assert not Experiment.rows


def test_the_experiment_of_results_has_their_parameters(tmp_path):
    made = Means(shift=[0.5, 2.0], seed=4, n=10, cache="none", results=str(tmp_path / "x.zarr"))
    made.run(progress=False)
    runs = open_dataset(tmp_path / "x.zarr").load()
    of = Means.of(runs)
    assert (of.shift, of.seed, of.n) == ([0.5, 2.0], [4], 10)
    # where it was kept and how it was shown is no part of what results say of themselves
    assert (of.cache, of.results, of.interactive) == ("", "", True)
    with pytest.raises(ValueError, match="results of 'means', not of 'colored_digits'"):
        experiments.ColoredDigits.of(runs)
    with pytest.raises(ValueError, match="results of None"):
        Means.of(runs.drop_attrs())


def test_fields_are_checked_and_described():
    with pytest.raises(ParameterError, match="n must be at least 1; not 0"):
        Means(n=0)
    with pytest.raises(FrozenInstanceError):
        Means().n = 3
    # what all experiments have stands at the end of the list
    assert [info.name for info in describe(Means)] == [
        "shift", "seed", "n", "cache", "cluster", "interactive", "results",
    ]  # fmt: skip


@pytest.mark.parametrize("step", ["data", "train", "measure"])
def test_a_missing_step_is_named(step):
    missing = {step: getattr(Experiment, step)}
    cls = dataclass(frozen=True)(type("Half", (Means,), {"__module__": __name__, **missing}))
    with pytest.raises(NotImplementedError, match=rf"Half needs a method {step}"):
        cls(cache="none").run(progress=False)


def test_without_seeds_there_is_one():
    @dataclass(frozen=True)
    class Levels(Experiment):
        """Levels."""

        name, claim, over = "levels", "none", "level"
        level: list[str] = parameter(["b", "a"], "levels", affects="selection")

        def data(self, level, seed):
            return {}

        def train(self, level, seed, data, checkpoint=None, progress=False):
            return level, None

        def measure(self, level, seed, model, data):
            return xr.Dataset({"length": len(model) + seed})

    runs = Levels(cache="none").run(progress=False)
    assert runs.length.dims == ("level", "seed")
    assert runs.seed.values.tolist() == [0]
    assert runs.level.values.tolist() == ["b", "a"]
    assert "epochs" not in runs


def test_own_experiments_are_registered(monkeypatch, tmp_path):
    monkeypatch.setattr(experiments, "_REGISTERED", {})
    monkeypatch.chdir(tmp_path)
    assert experiments.register(Means, notebook="means.ipynb") is Means
    assert experiments.names()[-1] == "means"
    assert experiments.get("means") is Means
    assert experiments.notebook("means") == tmp_path / "means.ipynb"
    assert experiments.title("means") == "Means of random numbers"
    experiments.register(Means)
    assert experiments.names().count("means") == 1
    assert experiments.notebook("means") is None
    taken = type("Taken", (Means,), {"name": "colored_digits"})
    with pytest.raises(ValueError, match="infonb has an experiment 'colored_digits'; give yours"):
        experiments.register(taken)


def test_a_notebook_trains_each_network_once_though_it_keeps_none(monkeypatch):
    cell = {info.name: info.default for info in describe(Means)}
    experiment = Means.from_namespace(cell | {"cache": "none"})
    counted, true = [], checked_training
    monkeypatch.setattr(
        "infonb.experiments.runs.checked_training", lambda made: counted.append(1) or true(made)
    )
    runs = experiment.run(progress=False)
    assert len(counted) == 2 * 3
    xr.testing.assert_identical(experiment.run(progress=False), runs)
    assert len(counted) == 2 * 3
    assert Path(experiment.cache).is_relative_to(gettempdir())
    xr.testing.assert_identical(Means(cache="none").run(progress=False), runs)
    assert len(counted) == 2 * 2 * 3, "others keep nothing"
    monkeypatch.setenv("INFONB_CACHE", "none")
    assert Means.from_namespace(cell).cache == experiment.cache
    assert Means.from_namespace(cell | {"cluster": "2"}).cache == ""
    assert Means.from_namespace(cell | {"cache": "here"}).cache == "here"
