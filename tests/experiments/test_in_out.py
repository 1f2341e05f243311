"""In and out as an experiment: the base on a model of one number, planted truths on digits."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from infonb.claims import Compare
from infonb.experiments import InAndOut, InOut
from infonb.experiments.in_and_out import (
    agreement,
    answer_words,
    ceiling,
    chance_words,
    cheap_readings,
    explore_in_out,
    groups_table,
    membership_words,
    noise_words,
    pair_words,
    strongest,
    teachers_of,
)
from infonb.experiments.in_and_out.answer import expected_of_copies
from infonb.experiments.in_and_out.planting import images_of, planted
from infonb.memorization import auroc, in_out, influence
from infonb.parameters import ParameterError, parameter


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


def test_the_cost_is_told_before_it_begins(tmp_path, capsys, counting):
    experiment = Means(repeats=4, folds=3, cache=str(tmp_path))
    runs = experiment.run(progress=True)
    told = capsys.readouterr().out
    words = (
        r"12 trainings, each on 6 of 12 samples. The first took \d.\d s: at most \d.\d minutes for"
    )
    assert re.match(words, told)
    assert len(counting.trained) == 12  # the first is kept
    experiment.run(progress=True)
    assert capsys.readouterr().out == "12 trainings, less those that are kept from before.\n"
    assert (runs.n_in == 8).all()


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


# on digits: what was planted must come out

SMALL = {"n_clean": 150, "n_wrong": 20, "n_null": 30, "epochs": 40, "repeats": 8}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    experiment = InAndOut(**SMALL, cache=str(tmp_path_factory.mktemp("runs")))
    return experiment, experiment.run(progress=False)


@pytest.mark.slow
def test_planted_groups_come_out(digits):
    experiment, runs = digits
    table = groups_table(experiment, runs)
    assert (runs.final_train_accuracy > 0.97).all()
    wrong = table.loc["wrong labels, one copy each"]
    assert wrong.mem > 0.85
    for name in ("wrong labels in two copies", "wrong labels in 6 copies", "random labels"):
        row = table.loc[name]
        assert abs(row.mem - row.expected) < 0.06, name
        assert row.low < row.expected < row.high
    assert table.loc["random labels"].expected == 0.9
    for name in ("null: nobody trained on them", "null, random labels"):
        assert table.loc[name].low < 0 < table.loc[name].high
    assert table.loc["true labels"].mem < 0.5 * wrong.mem


@pytest.mark.slow
def test_planted_flips_and_teachers_are_found(digits):
    _, runs = digits
    mem = runs.mem.sel(score="right", labels="planted").isel(seed=0)
    alone = mem.isel(sample=np.flatnonzero(np.isin(runs.role.values, ["clean", "wrong"])))
    assert auroc(alone, alone.role == "wrong").auroc > 0.85
    one = runs.sel(labels="planted").isel(seed=0)
    found = influence(one.right, one.held_out)
    learner = np.flatnonzero(runs.role == "pair")
    partner = learner.reshape(-1, 2)[:, ::-1].ravel()
    taught = found.influence.values[learner, partner]
    assert np.nanmean(taught) > 0.9
    assert "Of 20 planted learners" in pair_words(runs, found)
    clean = np.flatnonzero(runs.role == "clean")
    label = runs.true_label.values
    pairs = strongest(found, clean, label, n=5)
    assert (label[pairs.learner] == label[pairs.teacher]).all()
    assert pairs.influence.is_monotonic_decreasing
    assert set(pairs.learner) <= set(clean)


@pytest.mark.slow
def test_claims_hold(digits):
    experiment, runs = digits
    table = experiment.claims(runs)
    assert [claim.verdict for claim in table.claims] == ["holds"] * 4
    assert len(table.of_paper) == 1
    assert len(table.claims[0].effect) == 8


@pytest.mark.slow
def test_one_training_agrees_with_hundreds(digits):
    experiment, runs = digits
    readings, loss = cheap_readings(experiment, "planted")
    assert readings.sizes["sample"] == int((runs.role != "null").sum())
    assert loss.is_in.sum() == readings.sizes["sample"] == loss.size - 30
    tables = agreement(readings, runs.mem.sel(score="right", labels="planted").isel(seed=0))
    ranks = tables["memorization, all samples"].value.to_series()
    assert ranks["cumulative loss"] > 0.5
    role = runs.role.sel(sample=readings.sample).values
    flips = tables["wrong labels, one copy each"]
    assert flips.attrs["statistic"] == "AUROC"
    assert flips.value.sel(reading="cumulative loss") > 0.95
    expected = auroc(
        *(one.isel(sample=np.flatnonzero(np.isin(role, ["clean", "wrong"])))
          for one in (readings["cumulative loss"], readings.sample.copy(data=role == "wrong")))
    ).auroc  # fmt: skip
    assert flips.value.sel(reading="cumulative loss") == expected
    assert ranks["cumulative loss"] - 0.1 < ceiling(runs, "planted") < 1
    assert "; 0.5 is that of" in membership_words(loss)


KILLED = """
from infonb.experiments import InAndOut
InAndOut({values}, cache={cache!r}).run(progress=False)
"""


@pytest.mark.slow
def test_killed_and_gone_on_with_it_is_the_same(tmp_path):
    tiny = {"labels": ["planted"], "n_clean": 40, "repeats": 30, "width": 8, "epochs": 10}
    code = KILLED.format(
        values=", ".join(f"{k}={v!r}" for k, v in tiny.items()), cache=str(tmp_path)
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 120
    while len(kept := list(tmp_path.glob("in_and_out/*/measure-*.zarr"))) < 10:
        assert process.poll() is None, "it has ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert 10 <= len(kept) < 60
    resumed = InAndOut(**tiny, cache=str(tmp_path)).run(progress=False)
    assert len(list(tmp_path.glob("in_and_out/*/measure-*.zarr"))) == 60
    whole = InAndOut(**tiny, cache="none").run(progress=False)
    xr.testing.assert_identical(resumed, whole)


def test_few_repeats_say_that_they_are_few():
    tiny = {"n_clean": 30, "n_wrong": 4, "n_pairs": 2, "n_copied": 1, "n_null": 4, "width": 4}
    experiment = InAndOut(**tiny, epochs=2, repeats=1, cache="none")
    runs = experiment.run(progress=False)
    table = groups_table(experiment, runs)
    assert np.isinf(table.high).all()  # one repeat
    words = answer_words(experiment, runs, table)
    assert "not clearly known by heart" in words
    assert "one repeat has no interval" in words
    assert "inf" not in words
    assert noise_words(runs, "planted").startswith("One repeat does not say")
    assert experiment.claims(runs).claims[0].verdict == "too close to tell"
    one = runs.sel(labels="planted").isel(seed=0)
    found = influence(one.right, one.held_out)
    assert pair_words(runs, found).startswith("With so few repeats")
    panel = explore_in_out(runs, found, experiment.examples("planted", 0))
    role, rank = panel.controls["role"], panel.controls["rank"]
    assert rank.max == 3  # each step is another sample
    rank.value = 3
    role.value = "clean"
    assert (rank.max, rank.value) == (29, 3)
    rank.value = 29
    role.value = "null"
    assert (rank.max, rank.value) == (3, 3)
    pairs = strongest(found, np.arange(10), np.zeros(60))
    assert len(pairs) == len(teachers_of(found, 3)) == 0
    assert chance_words(pairs) == "With so few repeats there is no such pair."


def test_how_many_pairs_are_above_chance():
    pairs = pd.DataFrame({"influence": [0.9, 0.8, 0.7], "highest by chance": 0.75})
    assert chance_words(pairs).endswith("Of these 3 pairs 2 are above that.")
    assert chance_words(pairs[1:]).endswith("Of these 2 pairs 1 is above that.")


def test_planting_by_hand():
    numbers = {"clean": 5, "wrong": 3, "pair": 2, "copies": 1, "null": 4}
    found = planted(images_of("digits"), numbers, copies=3, labels="planted", seed=0)
    role = found.role.values
    assert (
        role.tolist()
        == ["clean"] * 5 + ["wrong"] * 3 + ["pair"] * 4 + ["copies"] * 3 + ["null"] * 4
    )
    assert (found.is_wrong == (found.label != found.true_label)).all()
    assert found.is_wrong.values.tolist() == [False] * 5 + [True] * 10 + [False] * 4
    images = images_of("digits")
    xr.testing.assert_equal(
        found.input.drop_vars(found.coords), images.input[found.source.values].drop_vars("sample")
    )
    assert (images.label.values[found.source] == found.true_label).all()
    for group in np.unique(found.copy_of):
        same = found.isel(sample=np.flatnonzero(found.copy_of == group))
        assert len(set(same.label.values)) == len(set(same.source.values)) == 1
    assert len(set(found.source.values)) == 15
    random = planted(images, numbers, copies=3, labels="random", seed=0)
    assert (random.source == found.source).all()
    assert (random.label != found.label).any()


def test_what_the_plan_expects_of_copies():
    experiment = InAndOut(repeats=30, n_pairs=40, n_copied=4, copies=3, labels=["planted"])
    from infonb.memorization import in_out_plan

    plan = in_out_plan(experiment.examples("planted", 0), repeats=30, folds=2)
    runs = plan.expand_dims(labels=["planted"]).to_dataset(name="held_out")
    n = int((plan.role != "null").sum())
    pair = (n / 2 - 1) / (n - 1)  # the other one is out, too
    assert expected_of_copies(runs, "pair") == pytest.approx(pair, abs=0.04)
    assert expected_of_copies(runs, "copies") == pytest.approx(pair**2, abs=0.1)


def test_too_many_images():
    with pytest.raises(ParameterError, match=r"need 2,085 different images; digits has 1,797"):
        InAndOut(n_clean=2000)


def test_what_cannot_be_divided_or_compared_is_told_before_anything_runs():
    with pytest.raises(ParameterError, match="samples to train on, 680; not 5,000"):
        InAndOut(folds=5000)
    assert InAndOut(folds=680).folds == 680
    samples = InAndOut().examples("planted", 0)
    assert int((samples.role != "null").sum()) == 680
    with pytest.raises(ParameterError, match=r"labels must hold 'planted'.*not \['random'\]"):
        InAndOut(labels=["random"])
    with pytest.raises(ParameterError, match="epochs must be at least 2; not 1"):
        InAndOut(epochs=1)


def test_one_function_for_all_scores():
    """What is measured in the experiment is `in_out` of its scores, nothing else."""
    runs = Means(repeats=3, folds=3, cache="none").run(progress=False)
    alone = in_out(runs.near.astype(float), runs.held_out)
    np.testing.assert_array_equal(alone.interval, runs.interval.sel(score="near"))
