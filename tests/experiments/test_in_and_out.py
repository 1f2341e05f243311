"""In and out on digits: planted wrong labels, pairs and copies come out as they must."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from epochs import count_epochs

from infonb.experiments import InAndOut
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
from infonb.memorization import auroc, influence
from infonb.parameters import ParameterError

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
def test_typical_digits_are_not_memorized():
    """With enough others that are like them; wrong labels still are."""
    runs = InAndOut(n_clean=1200, repeats=6, labels=["planted"], cache="none").run(progress=False)
    mem = runs.mem.sel(score="right", labels="planted").isel(seed=0)
    typical = mem.values[(runs.role == "clean").values]
    assert abs(np.median(typical)) < 0.05
    assert (abs(typical) < 0.05).mean() > 0.65
    assert typical.mean() < 0.15
    assert mem.values[(runs.role == "wrong").values].mean() > 0.8


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


@pytest.mark.slow
def test_killed_in_the_middle_of_a_group_its_epochs_are_gone_on_with(tmp_path, monkeypatch):
    tiny = {"labels": ["planted"], "n_clean": 40, "repeats": 4, "width": 8, "epochs": 1200}
    code = "from infonb.training import due\ndue.SECONDS = 0.2\n" + KILLED.format(
        values=", ".join(f"{k}={v!r}" for k, v in tiny.items()), cache=str(tmp_path)
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 120
    while len(list(tmp_path.glob("in_and_out/*/last.safetensors"))) < 8:
        assert process.poll() is None, "it has ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not list(tmp_path.glob("in_and_out/*/measure-*.zarr"))
    reached = [
        len(json.loads(path.read_text("utf-8"))["history"]["train_loss"])
        for path in tmp_path.glob("in_and_out/*/history.json")
    ]
    assert len(reached) == 8
    assert 0 < min(reached) < 1200
    counted = count_epochs(monkeypatch)
    resumed = InAndOut(**tiny, cache=str(tmp_path)).run(progress=False)
    # a history is written just before the weights, which may be one time of saving behind
    assert 8 * 1200 - sum(reached) <= len(counted) < 8 * 1200
    xr.testing.assert_identical(resumed, InAndOut(**tiny, cache="none").run(progress=False))


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
