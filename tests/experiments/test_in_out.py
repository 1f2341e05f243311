"""In and out as an experiment: the base, on a model of one number."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from infonb.claims import Compare
from infonb.experiments import InAndOut, InOut, cost
from infonb.experiments.cache import CachedRun
from infonb.memorization import in_out
from infonb.parameters import ParameterError, parameter
from infonb.training.group import size


@dataclass(frozen=True)
class Means(InOut):
    """Means: a model of one number, whose memorization has a closed form."""

    name, claim = "means_in_and_out", "an outlier moves the mean most"
    over = ("power", "repeat", "fold")
    power: list[float] = parameter([2.0], "of the distance", affects="selection")

    def examples(self, power, seed):
        values = np.random.default_rng(seed).normal(size=12)
        role = np.array(["train"] * 9 + ["null"] * 3, dtype=object)
        return xr.Dataset({"input": ("sample", values)}, {"role": ("sample", role)})

    def train(self, level, seed, data, checkpoint=None, progress=False):
        logging.getLogger("means").warning("%s %s", level, seed)  # a list would be in the key
        return (level[0], float(data["train"].input.mean())), None

    def scores(self, model, data):
        power, mean = model
        return xr.Dataset({"near": -(abs(data.input - mean) ** power)})


class Counting(logging.Handler):
    """Counts trainings, and interrupts one of them."""

    fails_at = 0

    def __init__(self):
        super().__init__()
        self.trained = []

    def handle(self, record):
        self.trained.append(record.args)
        if len(self.trained) == self.fails_at:
            raise KeyboardInterrupt


@pytest.fixture
def counting():
    handler, logger = Counting(), logging.getLogger("means")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def test_the_base_against_a_plain_loop():
    experiment = Means(repeats=3, folds=3, cache="none")
    runs = experiment.run(progress=False)
    values = np.random.default_rng(0).normal(size=12)
    scores = {True: [[] for _ in values], False: [[] for _ in values]}
    for repeat in range(3):
        for fold in range(3):
            out = runs.held_out.sel(power=2.0, repeat=repeat, fold=fold, seed=0).values
            seen = [values[i] for i in range(9) if not out[i]]
            for i, value in enumerate(values):
                scores[bool(out[i])][i].append(-((value - np.mean(seen)) ** 2))
    mem = [np.mean(scores[False][i]) - np.mean(scores[True][i]) for i in range(12)]
    np.testing.assert_allclose(runs.mem.squeeze(drop=True), mem, rtol=1e-6)
    assert (runs.n_out == 3).all()
    assert runs.role.dims == ("sample",)
    assert runs.mem.dims == ("score", "power", "seed", "sample")


def test_no_null_sample_is_trained_on_and_each_other_one_is():
    experiment = Means(folds=3)
    for level in experiment.levels()[:3]:
        data = experiment.data(level, 0)
        held_out = data["samples"].held_out
        assert (data["train"].role == "train").all()
        assert data["train"].sizes["sample"] == 6
        assert held_out[data["samples"].role == "null"].sum() == 1


def test_a_role_that_is_a_variable_counts_as_a_coordinate_does():
    @dataclass(frozen=True)
    class Other(Means):
        def examples(self, power, seed):
            return super().examples(power, seed).reset_coords("role")

    data = Other(cache="none").data((2.0, 0, 0), 0)
    assert set(data["train"].role.values) == {"train"}
    expected = Means(repeats=3, cache="none").run(progress=False)
    xr.testing.assert_equal(Other(repeats=3, cache="none").run(progress=False), expected)


def test_more_repeats_make_only_what_is_new(tmp_path, counting):
    few = Means(repeats=2, folds=3, cache=str(tmp_path)).run(progress=False)
    assert len(counting.trained) == 6
    more = Means(repeats=3, folds=3, cache=str(tmp_path)).run(progress=False)
    assert len(counting.trained) == 9
    xr.testing.assert_identical(more.near.sel(repeat=[0, 1]), few.near)


def test_interrupted_and_resumed_it_is_the_same(tmp_path, counting):
    whole = Means(repeats=4, folds=3, cache="none").run(progress=False)
    counting.trained.clear()
    counting.fails_at = 8
    experiment = Means(repeats=4, folds=3, cache=str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        experiment.run(progress=False)
    counting.fails_at = 0
    resumed = experiment.run(progress=False)
    assert len(counting.trained) == 8 + 5
    xr.testing.assert_identical(resumed, whole.assign_attrs(resumed.attrs))


def test_kinds_and_seeds_are_a_batch():
    runs = Means(repeats=2, folds=3, power=[1.0, 2.0], seed=[0, 3], cache="none").run(
        progress=False
    )
    one = Means(repeats=2, folds=3, power=[2.0], seed=[3], cache="none").run(progress=False)
    xr.testing.assert_allclose(runs.mem.sel(power=[2.0], seed=[3]), one.mem)
    by_repeat = Means(power=[1.0, 2.0], seed=[0, 3]).by_repeat(runs)
    assert by_repeat.dims == ("score", "power", "seed", "sample")
    assert by_repeat.sizes["seed"] == 4
    halves = by_repeat.sel(power=2.0).isel(score=0, seed=[2, 3])  # the second seed's repeats
    np.testing.assert_allclose(halves.mean("seed"), one.mem.squeeze(drop=True))


@pytest.mark.parametrize("progress", [True, "text"])
def test_the_cost_is_told_before_it_begins(tmp_path, capsys, counting, monkeypatch, progress):
    monkeypatch.setattr(cost, "_ENOUGH", 0.0)
    experiment = Means(repeats=4, folds=3, cache=str(tmp_path))
    runs = experiment.run(progress=progress)
    told = capsys.readouterr().out
    assert told.startswith("cost: 12 trainings, each on 6 of 12 samples; those kept from before")
    rest = r"cost: 1 of them took \d+ s: about \d+ s for the {} left\."
    assert re.search(rest.format(10), told)  # the first is left out
    assert len(counting.trained) == 12  # none is made twice
    experiment.run(progress=progress)
    assert "of them took" not in capsys.readouterr().out
    # kept ones do not count
    Means(repeats=6, folds=3, cache=str(tmp_path)).run(progress=progress)
    assert re.search(rest.format(4), capsys.readouterr().out)
    assert len(counting.trained) == 18
    assert (runs.n_in == 8).all()
    Means(repeats=2, cache="none").run(progress=progress)
    assert capsys.readouterr().out.startswith("cost: 4 trainings, each on 4 of 12 samples.\n")
    assert len(counting.trained) == 18 + 4
    experiment.run(progress=False)
    assert capsys.readouterr().out == ""


def test_a_run_that_somebody_else_has_just_kept_hides_no_cost(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cost, "_ENOUGH", 0.0)
    Means(repeats=1, cache=str(tmp_path)).run(progress=False)
    kept, seen = CachedRun.load, []

    def late(place):  # at the first look it is not there yet
        seen.append(place.store)
        return kept(place) if seen.count(place.store) > 1 else None

    monkeypatch.setattr(CachedRun, "load", late)
    Means(repeats=3, cache=str(tmp_path)).run(progress="text")
    assert re.search(r"1 of them took \d+ s: about \d+ s for the 2 left", capsys.readouterr().out)


def test_the_rest_takes_as_long_as_those_that_are_made(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(cost.time, "perf_counter", lambda: now[0])
    told = cost.Cost()

    def at(seconds, *numbers):
        now[0] = 100.0 + seconds
        return told.words(50.0 + 49.0, *numbers)

    assert at(0, 0, 400) == ""  # kept ones
    assert at(4, 32, 368) == ""  # the first group, which has also loaded libraries
    assert at(4.5, 33, 367) == ""  # too little
    assert at(20, 64, 336) == "cost: 32 of them took 16 s: about 3 minutes for the 336 left."
    assert at(36, 96, 304) == ""  # once
    long = cost.Cost()
    now[0] = 140.0
    assert (
        long.words(100.0, 1, 399) == "cost: 1 of them took 40 s: about 4.4 hours for the 399 left."
    )
    assert cost.Cost().words(100.0, 9, 0) == ""


def test_groups_tell_their_cost_at_their_end(capsys, monkeypatch):
    monkeypatch.setattr(cost, "_ENOUGH", 0.0)
    monkeypatch.setattr(size, "_MOST", 4)
    tiny = {"labels": ["planted"], "n_clean": 20, "width": 4, "epochs": 2, "repeats": 5}
    InAndOut(**tiny, cache="none").run(progress="text")
    assert re.search(
        r"cost: 4 of them took \d+ s: about \d+ s for the 2 left", capsys.readouterr().out
    )


def test_what_a_subclass_leaves_out():
    class Empty(InOut):
        name, claim = "empty", ""

    with pytest.raises(NotImplementedError, match=r"Empty needs a method examples\(seed\)"):
        Empty(cache="none").run(progress=False)
    with pytest.raises(
        ValueError, match=r"folds must be at most the number of samples .* 9; not 10"
    ):
        Means(folds=10).data((2.0, 0, 0), 0)
    with pytest.raises(ParameterError, match="folds must be at least 2; not 1"):
        Means(folds=1)


def _mean(runs):
    return runs["mem"].mean(["score", "sample"])


@pytest.mark.parametrize(
    ("found", "error", "words"),
    [
        (xr.DataArray(np.ones(12), dims="sample"), TypeError, "a variable a score; not DataArray"),
        (xr.Dataset(), TypeError, "a variable a score; not Dataset without any"),
        (xr.Dataset({"mem": ("sample", np.ones(12))}), ValueError, "'mem' cannot be the name of"),
        (xr.Dataset({"role": ("sample", np.ones(12))}), ValueError, "'role' cannot be the name"),
        (xr.Dataset({"near": ("sample", np.ones(9))}), ValueError, "of all 12 samples; not of 9"),
        (
            xr.Dataset({"near": ("sample", np.where(np.arange(12) == 7, -np.inf, 0.0))}),
            ValueError,
            "score 'near' is infinite for sample 7, the first of 1; clip it",
        ),
        (xr.Dataset({"near": ("sample", 1j * np.ones(12))}), TypeError, "must hold real numbers"),
        (xr.Dataset({"near": 1.0}), ValueError, "dim 'sample' not found; score 'near' has dims"),
    ],
)
def test_scores_are_of_all_samples_under_names_of_their_own(monkeypatch, found, error, words):
    monkeypatch.setattr(Means, "scores", lambda *args: found)
    with pytest.raises(error, match=words):
        Means(repeats=1, cache="none").run(progress=False)


def test_scores_in_another_order_are_refused(monkeypatch):
    examples, scores = Means.examples, Means.scores
    numbered = {"sample": np.arange(12)}
    monkeypatch.setattr(Means, "examples", lambda *args: examples(*args).assign_coords(numbered))
    Means(repeats=1, cache="none").run(progress=False)
    monkeypatch.setattr(
        Means, "scores", lambda *args: scores(*args).isel(sample=slice(None, None, -1))
    )
    with pytest.raises(ValueError, match="of the samples in the order in which they are given"):
        Means(repeats=1, cache="none").run(progress=False)


def test_rows_are_judged_over_repeats():
    class Judged(Means):
        rows = (Compare("{end} above {start}", _mean, 1, each=None),)

    experiment = Judged(repeats=5, folds=3, power=[1.0, 2.0], cache="none")
    table = experiment.claims(experiment.run(progress=False))
    assert len(table.claims) == 1
    assert len(table.claims[0].effect) == 5
    frame = table.to_frame()
    assert frame["repeats that agree"].tolist() == ["5 of 5"]
    assert "95 % t (repeats)" in table._repr_html_()
    assert "seed" not in " ".join(frame.columns)


def test_one_function_for_all_scores():
    """What is measured in the experiment is `in_out` of its scores, nothing else."""
    runs = Means(repeats=3, folds=3, cache="none").run(progress=False)
    alone = in_out(runs.near.astype(float), runs.held_out)
    np.testing.assert_array_equal(alone.interval, runs.interval.sel(score="near"))


def test_a_score_may_have_dims_of_its_own(monkeypatch):
    """Such as the epochs at which it was taken: each is measured by itself."""
    scores = Means.scores

    def twice(self, model, data):
        near = scores(self, model, data).near
        return xr.concat([near, 2 * near], xr.Variable("epoch_of", [1, 2])).to_dataset(name="near")

    alone = Means(repeats=2, folds=3, cache="none").run(progress=False)
    monkeypatch.setattr(Means, "scores", twice)
    experiment = Means(repeats=2, folds=3, cache="none")
    runs = experiment.run(progress=False)
    xr.testing.assert_allclose(runs.mem.sel(epoch_of=2, drop=True), 2 * alone.mem)
    by_repeat = experiment.by_repeat(runs)
    assert by_repeat.dims == ("score", "power", "epoch_of", "seed", "sample")
