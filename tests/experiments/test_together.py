"""Runs that are trained in groups: the same runs, kept one by one, whatever the group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr
from epochs import count_epochs

from infonb.experiments import Experiment
from infonb.experiments.cache import CachedRun
from infonb.experiments.run_folder import noted
from infonb.networks import MLP
from infonb.parameters import parameter
from infonb.storage import Held
from infonb.training.group import size
from infonb.training.group.member import Member

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Halves(Experiment):
    """Networks that tell which of two numbers is larger."""

    name, claim, over = "halves", "the noise costs accuracy", "noise"
    noise: list[float] = parameter([0.0, 1.0], "on the numbers", affects="selection")
    seed: list[int] = parameter([0, 1], "of all", affects="selection")
    width: int = parameter(5, "hidden neurons")
    epochs: int = parameter(4, "of training")
    patience: int = parameter(0, "0: never")

    def data(self, noise, seed):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(60 + seed % 2, 2)).astype(np.float32)
        labels = (values[:, 0] > values[:, 1]).astype(int)
        values += noise * rng.normal(size=values.shape).astype(np.float32)
        whole = xr.Dataset({"input": (("sample", "place"), values), "label": ("sample", labels)})
        return {
            "train": whole.isel(sample=slice(20, None)),
            "evaluation": whole.isel(sample=slice(20)),
        }

    def network(self, noise, seed, data):
        return MLP([2, self.width, 1], seed=seed)

    def fitting(self, noise, seed, data):
        more = {"patience": self.patience} if self.patience else {}
        return {"epochs": self.epochs, "learning_rate": 0.02, "batch_size": 16, **more}

    def measure(self, noise, seed, model, data):
        weights = [value.detach().numpy().ravel() for value in model.parameters()]
        return xr.Dataset({"weight": ("number", np.concatenate(weights))})


@pytest.fixture
def groups(monkeypatch):
    """Return the numbers of networks that were trained together."""
    from infonb.training.group import together

    found, true = [], together._train

    def train(members, progress):
        found.append(sum(not member.is_done for member in members))
        true(members, progress)

    monkeypatch.setattr(together, "_train", train)
    return found


def test_a_sweep_trains_together_and_one_gives_the_same(groups, tmp_path):
    experiment = Halves(cache=str(tmp_path))
    alone = experiment.one(1.0, 1)
    assert groups == [1]
    runs = experiment.run(progress=False)
    assert groups[1:] == [3]  # the fourth was there
    weights = experiment.measure(1.0, 1, alone.model, alone.data).weight
    np.testing.assert_array_equal(runs.weight.sel(noise=1.0, seed=1), weights)
    xr.testing.assert_identical(Halves(cache="none").run(progress=False), runs)
    for noise in (0.0, 1.0):
        for seed in (0, 1):
            place = CachedRun.of(experiment, noise, seed, experiment.data(noise, seed))
            assert noted(place.folder).keys() >= {"files", "stores"}


@pytest.mark.parametrize("most", [1, 2, 3, 32])
def test_the_size_of_the_groups_changes_nothing(most, monkeypatch, groups):
    experiment = Halves(noise=[0.0, 0.5, 1.0], seed=[0, 1], cache="none", patience=1, epochs=30)
    expected = experiment.run(progress=False)
    monkeypatch.setattr(size, "_MOST", most)
    groups.clear()
    xr.testing.assert_identical(experiment.run(progress=False), expected)
    assert sum(groups) == 6
    assert max(groups) == min(most, 6)


def test_what_another_is_making_is_left_to_it(tmp_path, groups, monkeypatch):
    experiment = Halves(cache=str(tmp_path))
    true, held = CachedRun.lock, []

    def lock(self):
        if not held and (self.note["level"], self.note["seed"]) == (0.0, 1):
            held.append(1)
            raise Held("the run", "somebody")
        return true(self)

    monkeypatch.setattr(CachedRun, "lock", lock)
    runs = experiment.run(progress=False)
    assert groups == [3, 1]
    xr.testing.assert_identical(runs, Halves(cache="none").run(progress=False))


def test_no_lock_stays(tmp_path, monkeypatch):
    experiment = Halves(cache=str(tmp_path))

    def failing(self, noise, seed, model, data):
        raise RuntimeError("no measure")

    with monkeypatch.context() as patch:
        patch.setattr(Halves, "measure", failing)
        with pytest.raises(RuntimeError, match="no measure") as told:
            experiment.run(progress=False)
    assert told.value.__notes__ == ["infonb: this is the run noise=0.0, seed=0."]
    assert not list(tmp_path.rglob("lock"))
    counted = count_epochs(monkeypatch)
    experiment.run(progress=False)
    assert not counted  # all were trained when the measure failed


def test_one_that_fails_is_named_and_costs_no_other(tmp_path, monkeypatch):
    true = Member.finish_epoch

    def finish_epoch(self, values):
        is_second = self.asked.checkpoint == place.folder
        true(self, values | ({"train_loss": np.nan} if is_second else {}))

    experiment = Halves(cache=str(tmp_path))
    place = CachedRun.of(experiment, 0.0, 1, experiment.data(0.0, 1))
    with monkeypatch.context() as patch:
        patch.setattr(Member, "finish_epoch", finish_epoch)
        with pytest.raises(ValueError, match="train_loss became nan in epoch 1: training") as told:
            experiment.run(progress=False)
    assert told.value.__notes__ == ["infonb: this is the run noise=0.0, seed=1."]
    counted = count_epochs(monkeypatch)
    runs = experiment.run(progress=False)
    assert len(counted) == experiment.epochs
    xr.testing.assert_identical(runs, Halves(cache="none").run(progress=False))


def test_what_comes_before_one_that_fails_is_kept(tmp_path, monkeypatch, groups):
    from infonb.experiments import runs as module

    true, calls = module.checked_data, []

    def failing(data):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("no data")
        return true(data)

    experiment = Halves(cache=str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(module, "checked_data", failing)
        with pytest.raises(RuntimeError, match="no data") as told:
            experiment.run(progress=False)
    assert told.value.__notes__ == ["infonb: this is the run noise=1.0, seed=0."]
    assert groups == [2]
    runs = experiment.run(progress=False)
    assert groups == [2, 2]
    xr.testing.assert_identical(runs, Halves(cache="none").run(progress=False))


@pytest.mark.parametrize("step", ["begin_training", "note_training"])
def test_a_folder_that_fails_is_named_and_costs_no_other(step, tmp_path, monkeypatch, groups):
    from infonb.experiments import together

    true, calls = getattr(together, step), []

    def failing(*args):
        calls.append(args)
        if len(calls) == 2:
            raise OSError("the disk is full")
        return true(*args)

    experiment = Halves(cache=str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(together, step, failing)
        with pytest.raises(OSError, match="the disk is full") as told:
            experiment.run(progress=False)
    assert told.value.__notes__ == ["infonb: this is the run noise=0.0, seed=1."]
    runs = experiment.run(progress=False)
    xr.testing.assert_identical(runs, Halves(cache="none").run(progress=False))


def test_a_typo_in_what_fit_is_told_is_an_error(monkeypatch):
    monkeypatch.setattr(Halves, "fitting", lambda *args: {"epoch": 3})
    with pytest.raises(ValueError, match=r"not 'epoch'. Did you mean 'epochs'?"):
        Halves(cache="none").run(progress=False)


def test_large_networks_are_trained_by_themselves(groups, monkeypatch):
    monkeypatch.setattr(size, "_LARGEST", 10)
    counted = count_epochs(monkeypatch)
    runs = Halves(cache="none").run(progress=False)
    assert (groups, len(counted)) == ([], 16)
    monkeypatch.setattr(size, "_LARGEST", 1000)
    together = Halves(cache="none").run(progress=False)
    np.testing.assert_allclose(together.weight, runs.weight, atol=1e-4)  # but for rounding


def test_an_interrupted_sweep_goes_on_in_another_group(tmp_path, monkeypatch, groups):
    def interrupting(n):
        if n == 9:  # two epochs of four networks, and the third of one
            raise KeyboardInterrupt

    experiment = Halves(cache=str(tmp_path))
    with monkeypatch.context() as patch:
        count_epochs(patch, interrupting)
        with pytest.raises(KeyboardInterrupt):
            experiment.run(progress=False)
    counted = count_epochs(monkeypatch)
    larger = experiment.changed(noise=[0.0, 0.5, 1.0])
    runs = larger.run(progress=False)
    assert groups == [4, 6]
    assert len(counted) == 6 * 4 - 9
    xr.testing.assert_identical(runs, larger.changed(cache="none").run(progress=False))
