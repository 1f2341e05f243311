"""Shuffled reviews: what is known by heart, when training stops, resumed curves, equal length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from torch import nn

from infonb.data import generated_reviews
from infonb.experiments import ShuffledReviews
from infonb.experiments.label_outcomes import LabelOutcomes
from infonb.experiments.published import SHUFFLED_IMDB, TABLE_2
from infonb.experiments.shuffled_reviews import memorized
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

SMALL = {
    "beta": [0.0, 0.8], "seed": [0, 1], "n_train": 40, "n_validation": 60, "width": 16,
    "depth": 1, "epochs": 40, "spread": 0.25, "mi_neurons": 4, "stop_at": 0.95, "batch_size": 8,
    "learning_rate": 4e-3, "warmup_steps": 5,
}  # fmt: skip


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    return ShuffledReviews(**SMALL, cache=str(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def runs(experiment):
    return experiment.run(progress=False)


def test_wrong_labels_are_known_by_heart_and_only_where_they_were_seen(experiment, runs):
    known = memorized(runs).sel(beta=0.8)
    assert (known > 0.8).all()
    assert memorized(runs).sel(beta=0.0).isnull().all()  # there are none
    np.testing.assert_allclose(runs.known.sel(beta=0.8, texts="trained on"), known)
    unseen = runs.known.sel(beta=0.8, texts="not trained on")
    accuracy = runs.final_validation_accuracy.sel(beta=0.8)
    np.testing.assert_allclose(unseen, 1 - accuracy, atol=1e-6)
    assert float(unseen.mean()) < 0.7 < float(known.mean())


def test_training_stops_where_the_labels_are_known(runs):
    assert (runs.final_train_accuracy >= 0.95).all()
    lengths = runs.train_accuracy.notnull().sum("epoch")
    for beta in runs.beta.values:
        for seed in runs.seed.values:
            curve = runs.train_accuracy.sel(beta=beta, seed=seed).dropna("epoch")
            assert (curve[:-1] < 0.95).all()
    assert int(lengths.max()) < SMALL["epochs"]


def test_the_curves_add_up_to_the_accuracy(experiment, runs):
    for seed in experiment.seeds:
        train = experiment.data(0.8, seed)["train"]
        share = float((train.label != train.true_label).mean())
        one = runs.sel(beta=0.8, seed=seed).dropna("epoch", subset=["train_accuracy"])
        right = share * one.fraction.sel(group="wrong", outcome="noisy")
        right = right + (1 - share) * one.fraction.sel(group="clean", outcome="true")
        np.testing.assert_allclose(right, one.train_accuracy, atol=1e-6)


class Always(nn.Module):
    """A network that gives class 1 to all."""

    def forward(self, inputs):
        return inputs.new_tensor([[0.0, 1.0]]).float().expand(len(inputs), 2)


def test_outcomes_go_on_where_a_training_was_interrupted(tmp_path):
    train = xr.Dataset(
        {"input": (("sample", "token"), np.zeros((4, 3), int)), "label": ("sample", [1, 1, 0, 0])},
        {"true_label": ("sample", [1, 0, 0, 1])},
    )
    network = Always()
    first = LabelOutcomes(train, tmp_path)
    for epoch in (1, 2, 3):
        first.step(network, epoch)
    wrong = first.fraction.sel(group="wrong")
    assert wrong.sel(outcome="noisy").values.tolist() == [0.5, 0.5, 0.5]
    assert first.fraction.sel(group="clean", outcome="true").values.tolist() == [0.5, 0.5, 0.5]
    # the checkpoint is of epoch 2: what came after is dropped and made again
    second = LabelOutcomes(train, tmp_path)
    second.start(network, 2)
    second.step(network, 3)
    assert second.fraction.epoch.values.tolist() == [1, 2, 3]
    # killed between the checkpoint of epoch 4 and its record
    third = LabelOutcomes(train, tmp_path)
    third.start(network, 4)
    assert third.fraction.epoch.values.tolist() == [1, 2, 3, 4]
    # where the file is gone or damaged, epochs before are unknown, and the others keep their places
    for content in (None, b"\x93NUMPY\x01", b"", b"words"):
        place = tmp_path / "outcomes.npy"
        place.unlink() if content is None else place.write_bytes(content)
        last = LabelOutcomes(train, tmp_path)
        last.start(network, 3)
        curve = last.fraction.sel(group="wrong", outcome="noisy")
        np.testing.assert_array_equal(curve, [np.nan, np.nan, 0.5])
    assert sorted(path.name for path in Path(tmp_path).iterdir()) == ["outcomes.npy"]


def test_equally_long(experiment, runs):
    longer = experiment.equally_long(runs, progress=False)
    assert longer.beta.values.tolist() == [0.0, 0.8]
    longest = int(runs.train_accuracy.sel(beta=0.8).notnull().sum("epoch").max())
    assert longer.attrs["epochs"] == longest
    xr.testing.assert_equal(
        longer.entropy.sel(beta=0.8, drop=True), runs.entropy.sel(beta=0.8, drop=True)
    )
    assert not longer.entropy.sel(beta=0.0).equals(runs.entropy.sel(beta=0.0))
    by_hand = experiment.changed(beta=[0.0], stop_at=0.0, epochs=longest, cache="none")
    by_hand = by_hand.run(progress=False)
    np.testing.assert_allclose(
        longer.entropy.sel(beta=0.0), by_hand.entropy.isel(beta=0), atol=1e-6
    )
    assert len(experiment.claims(longer).claims) == len(experiment.claims(runs).claims)


def test_claims_have_the_numbers_of_the_paper(experiment, runs):
    claims = experiment.claims(runs).claims
    assert claims[0].paper == "0.05 → 0.41"  # of block1
    assert [claim.statement for claim in claims][-2].startswith("wrong labels (β = 0.8)")
    assert claims[-2].effect[0] > 0
    assert claims[-1].statement == (
        "median mutual information (β = 0.8) is above that before training (null)"
    )
    assert TABLE_2["Shuffled IMDb"] == ("shuffled_reviews", 0.60, 0.80)
    assert SHUFFLED_IMDB.of_accuracy("network", 0.0, 0.8) == "0.93 → 0.57"


def test_a_run_that_is_kept_has_its_curves_too(experiment, runs):
    again = experiment.run(progress=False)
    np.testing.assert_array_equal(again.fraction, runs.fraction)
    # one network is read, not trained: its curves are those of the run
    history = experiment.one(0.8, 0).history
    curve = runs.fraction.sel(beta=0.8, seed=0).dropna("epoch", how="all")
    np.testing.assert_allclose(history.fraction, curve.transpose(*history.fraction.dims))


def test_own_texts(tmp_path):
    reviews = generated_reviews(200).drop_vars("adjective_sign").to_dataframe()
    reviews["label"] = reviews["label"].map({0: "blame", 1: "praise"})
    path = tmp_path / "mine.csv"
    reviews.to_csv(path, index=False)
    small = SMALL | {"n_train": 0, "n_validation": 0, "epochs": 2, "seed": [0]}
    runs = ShuffledReviews(**small, dataset=str(path), cache="none").run(progress=False)
    assert runs.sizes["sample"] == 40
    assert runs.attrs["dataset"] == str(path)
    found = ShuffledReviews.anchored({"dataset": str(path.relative_to(tmp_path.parent))})
    assert found["dataset"] == str(path.relative_to(tmp_path.parent))  # no file from here


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dataset": "review"}, "dataset must be 'reviews', 'imdb', or the path"),
        ({"beta": [1.2]}, "beta"),
        ({"patience": 2}, "patience 2 would end the training before"),
        ({"stop_at": 1.5}, "stop_at"),
    ],
)
def test_bad_parameters(change, told):
    with pytest.raises(ParameterError, match=told) as error:
        ShuffledReviews(**change)
    assert "\n" not in str(error.value)


def test_what_is_not_there_is_told_before_anything_is_created(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*none\.csv"):
        ShuffledReviews(dataset=str(tmp_path / "none.csv"), cache=str(tmp_path / "c")).prepare()
    with pytest.raises(ValueError, match="n_train must be at most"):
        ShuffledReviews(n_train=100_000, cache=str(tmp_path / "c")).prepare()
    assert not (tmp_path / "c").exists()
