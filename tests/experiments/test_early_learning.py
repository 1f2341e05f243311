"""Early learning, small: the steps against what is known, the claims against plain numbers."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from matplotlib.colors import to_hex
from sklearn.metrics import roc_auc_score

from infonb.activations import record
from infonb.experiments import EarlyLearning
from infonb.experiments.early_learning import answer
from infonb.experiments.early_learning.claims import (
    at_the_end,
    information,
    memorized,
    peak_and_end,
)
from infonb.experiments.early_learning.data import ASYMMETRIC, noisy_images
from infonb.experiments.early_learning.detectors import DETECTORS
from infonb.experiments.early_learning.figures import (
    explore_outcomes,
    plot_along,
    plot_beliefs,
    plot_detectors,
    plot_gradient,
    plot_linear,
    plot_outcomes,
    plot_roc,
)
from infonb.experiments.early_learning.levels import all_levels, first_of, loss_of
from infonb.experiments.early_learning.linear import linear_model
from infonb.experiments.early_learning.suspicions import READINGS
from infonb.experiments.early_learning.training import make_network, make_optimizer
from infonb.memorization import pointwise_information
from infonb.parameters import ParameterError
from infonb.plots import plot_training
from infonb.training import Dynamics, ELRLoss, fit, predict

pytestmark = pytest.mark.slow

SMALL: dict[str, Any] = {
    "cache": "none", "loss": ["elr 7", "kl 7"], "seed": [0, 1], "n_train": 150, "n_validation": 80,
    "width": 16, "epochs": 6, "measured": [2, 9], "mi_neurons": 4, "linear_steps": 100,
}  # fmt: skip


@pytest.fixture(scope="module")
def runs() -> xr.Dataset:
    return EarlyLearning(**SMALL).run(progress=False)


def test_words_and_what_they_mean() -> None:
    assert loss_of("clean") == loss_of("ce") == ("ce", 0.0, None)
    assert loss_of("elr 7") == ("elr", 7.0, None)
    assert loss_of("kl 0.5 beta 0") == ("kl", 0.5, 0.0)
    assert all_levels(["elr 7", "ce"]) == ["clean", "ce", "elr 7"]
    levels = ["clean", "ce", "elr 7 beta 0", "elr 3", "elr 7"]
    assert first_of("elr", levels) == "elr 3"
    assert first_of("kl", levels) is None


@pytest.mark.parametrize(
    "words",
    ["elr", "elr x", "elr 0", "elr -1", "elr 3 beta", "elr 3 beta 1", "mae 3", "elr 3 4", ""],
)
def test_words_that_mean_nothing_are_named(words: str) -> None:
    with pytest.raises(ParameterError, match=f"not '{words}'"):
        EarlyLearning(loss=[words])


def test_other_bad_parameters_are_one_line() -> None:
    with pytest.raises(ParameterError, match="beta must be below 1; not 1"):
        EarlyLearning(beta=1.0)
    with pytest.raises(ParameterError, match="at most 1797 for digits; not 1500 \\+ 597"):
        EarlyLearning(n_train=1500)
    with pytest.raises(ParameterError, match="n_validation must be at most 10000 for mnist"):
        EarlyLearning(dataset="mnist", n_validation=20_000)
    with pytest.raises(ParameterError, match="noise must be above 0; not 0"):
        EarlyLearning(noise=0.0)
    with pytest.raises(ParameterError, match=r"leaves all 50 training labels right \(seed 1\)"):
        EarlyLearning(noise=0.001, n_train=50, seed=[1]).prepare()


def test_images_are_those_of_all_seeds_and_levels() -> None:
    experiment = EarlyLearning(**SMALL)
    clean, noisy, other = (
        experiment.data(level, seed) for level, seed in [("clean", 0), ("ce", 0), ("elr 7", 1)]
    )
    for data in (noisy, other):
        np.testing.assert_array_equal(data["train"].input, clean["train"].input)
        xr.testing.assert_identical(data["evaluation"], clean["evaluation"])
        np.testing.assert_array_equal(data["train"].true_label, clean["train"].label)
    assert not clean["train"].is_wrong.any()
    assert (noisy["train"].label != other["train"].label).any()
    both = np.concatenate([clean[part].sample for part in ("train", "evaluation")])
    assert np.unique(both).size == both.size == 230


def test_asymmetric_noise_is_of_digits_that_look_alike() -> None:
    train, _ = noisy_images(
        "digits", 1.0, kind="asymmetric", n_train=300, n_validation=10, seed=0
    )  # fmt: skip
    expected = [ASYMMETRIC.get(int(true), int(true)) for true in train.true_label]
    assert train.label.values.tolist() == expected


def test_training_is_that_of_cross_entropy_in_a_plain_loop(tmp_path: Path) -> None:
    experiment = EarlyLearning(**SMALL | {"epochs": 2, "measured": [1]})
    data = experiment.data("ce", 0)
    trained, history = experiment.train("ce", 0, data, checkpoint=tmp_path)
    again, same = experiment.train("ce", 0, data, checkpoint=tmp_path)  # read, not trained
    xr.testing.assert_identical(history, same)
    np.testing.assert_array_equal(trained.target, again.target)
    np.testing.assert_array_equal(trained.course, again.course)
    assert list(trained.networks) == [1, 2]
    train = data["train"]
    for epoch, network in trained.networks.items():
        said = predict(network, train).argmax(1)
        wrong = train.is_wrong.values
        for outcome, labels in (("true", train.true_label.values), ("noisy", train.label.values)):
            share = (said == labels)[wrong].mean()
            found = history.fraction.sel(epoch=epoch, group="wrong", outcome=outcome)
            assert float(found) == pytest.approx(share)
    np.testing.assert_array_equal(
        predict(trained.networks[2], train), predict(again.networks[2], train)
    )


@pytest.mark.parametrize("size", [1.0, 10.0])
@pytest.mark.parametrize(("mode", "lam"), [("ce", 0.0), ("elr", 1.0), ("elr", 3.0), ("kl", 3.0)])
def test_linear_gradient_is_that_of_the_loss(mode: str, lam: float, size: float) -> None:
    """By autograd on `ELRLoss`, also at large logits, where probabilities are clamped."""
    from infonb.experiments.early_learning.linear import _EPS, _slope

    drawn = torch.Generator().manual_seed(0)
    logits = (size * torch.randn(40, 2, generator=drawn)).double().requires_grad_()
    labels, index = torch.randint(2, (40,), generator=drawn), torch.arange(40)
    loss = ELRLoss(40, 2, lam, 0.7, mode).double()
    assert loss.eps == _EPS
    for _ in range(30):  # until the table says what the network says
        with torch.no_grad():
            loss(logits, labels, index)
    (slope,) = torch.autograd.grad(loss(logits, labels, index) * 40, logits)
    p = logits.detach().softmax(1).numpy()
    assert bool(((p < _EPS) | (p > 1 - _EPS)).any()) == (size > 5)
    y = np.eye(2)[labels.numpy()]
    found = p - y + lam * _slope(mode, p, loss.target.numpy())
    np.testing.assert_allclose(found, slope.numpy(), atol=1e-9)


@pytest.mark.parametrize(("sigma", "low", "high"), [(0.1, 0.3, 0.7), (0.2, 0.03, 0.3)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_linear_theory(sigma: float, low: float, high: float, seed: int) -> None:
    found = {
        words: linear_model(mode, lam, steps=800, sigma=sigma, seed=seed)
        for words, mode, lam in (
            ("ce", "ce", 0.0), ("elr", "elr", 3.0), ("weak", "elr", 1.0), ("kl", "kl", 3.0),
        )
    }  # fmt: skip
    right = {words: one.linear_right.sel(group="wrong") for words, one in found.items()}
    assert float(right["ce"].max() - right["ce"][-1]) > 0.8
    assert float(right["elr"][-1]) > 0.95
    assert low < float(right["weak"][-1]) < high  # too little of it only slows memorizing down
    assert float(right["kl"][-1]) < 0.1
    assert float(found["elr"].linear_test) > 0.99 > 0.8 > float(found["ce"].linear_test)
    error = found["ce"].linear_error.isel(linear_step=[0, int(right["ce"].argmax("linear_step"))])
    start, peak = error.transpose("linear_step", "group").values
    assert peak[0] < start[0]  # clean
    assert peak[1] > start[1]  # wrong


def test_runs_have_their_dims_and_the_table_its_rows(runs: xr.Dataset) -> None:
    assert runs.loss.values.tolist() == ["clean", "ce", "elr 7", "kl 7"]
    assert runs.checkpoint.values.tolist() == [2, 6]
    assert runs.entropy.dims == ("loss", "seed", "checkpoint", "layer", "neuron")
    assert runs.corrected_information.sizes["other_neuron"] == 4
    assert runs.fraction.dims == ("loss", "seed", "epoch", "group", "outcome")
    assert runs.fraction.sel(loss="clean", group="wrong").isnull().all()
    assert runs.target.sizes["class"] == 10
    table = EarlyLearning(**SMALL).claims(runs)
    assert len(table.of_paper) == 8
    # the linear model, MI along the training and two measures of two changes in two layers, four
    # of the detector, two of pointwise information
    assert len(table.claims) - len(table.of_paper) == 1 + 2 + 8 + 4 + 2
    assert memorized(runs).dims == ("loss", "seed")


def test_readings_of_single_images_are_high_where_labels_look_wrong() -> None:
    experiment = EarlyLearning(**SMALL | {"epochs": 4, "measured": [1]})
    data = experiment.data("ce", 1)
    train = data["train"]
    trained, _ = experiment.train("ce", 1, data)
    run = experiment.measure("ce", 1, trained, data)
    found = {name: run.reading_value.sel(reading=name).values for name in READINGS}

    # the same training again, watched by another
    model, dynamics = make_network("mlp", train, 16, seed=1), Dynamics(train)
    before = copy.deepcopy(model)
    fit(
        model, train, monitor=None, keep="last", epochs=4, batch_size=64, seed=1, progress=False,
        optimizer=make_optimizer(0.05), callbacks=[dynamics],
    )  # fmt: skip
    seen = dynamics.results
    np.testing.assert_allclose(found["cumulative loss"], seen.loss.sum("epoch"), rtol=1e-4)
    np.testing.assert_allclose(
        found["area under the margin"], -seen.margin.mean("epoch"), rtol=1e-3, atol=1e-4
    )
    right = seen.prediction.values == train.label.values
    events = (right[:-1] & ~right[1:]).sum(axis=0).astype(float)
    events[~right.any(axis=0)] = 4  # never learnt
    np.testing.assert_array_equal(found["forgetting events"], events)
    pixels = xr.DataArray(train.input.values.reshape(150, -1).T, dims=("neuron", "sample"))
    for name, one in (("untrained", before), ("last hidden layer", model), ("pixels", pixels)):
        acts = one if name == "pixels" else record(one, train, layers=["relu2"], progress=False)
        expected = -pointwise_information(acts, train.label.values).squeeze()
        # the trained one was trained on one thread, and rounds otherwise
        close = 0.02 if one is model else 1e-9
        np.testing.assert_allclose(found[f"information, {name}"], expected, atol=close)


def test_one_epoch_forgets_nothing() -> None:
    small = SMALL | {"epochs": 1, "measured": [1], "loss": ["elr 7"], "seed": [0]}
    runs = EarlyLearning(**small).run(progress=False)
    areas = runs.detector_auroc.sel(loss="ce", seed=0)
    assert areas.sel(detector="forgetting events").isnull()
    assert areas.sel(detector=["cumulative loss", "area under the margin"]).notnull().all()
    assert len(EarlyLearning(**small).claims(runs).of_paper) > 0


def test_areas_under_curves_against_scikit_learn(runs: xr.Dataset) -> None:
    assert runs.detector.values.tolist() == list(DETECTORS)
    assert runs.detector_auroc.sel(loss="clean").isnull().all()
    assert runs.detector_accuracy.sel(detector=list(READINGS)).isnull().all()
    for level in ("ce", "elr 7"):
        for seed in (0, 1):
            run = runs.sel(loss=level, seed=seed)
            wrong = run.image_is_wrong.values.astype(bool)
            for name in READINGS:
                area = roc_auc_score(wrong, run.reading_value.sel(reading=name).values)
                assert float(run.detector_auroc.sel(detector=name)) == pytest.approx(area)
    picture = plot_detectors(runs, ["ce", "elr 7"])
    assert [one.get_text() for one in picture.axes[0].get_yticklabels()] == [
        name for name in DETECTORS if runs.detector_auroc.sel(detector=name).notnull().any()
    ]
    mean = float(runs.detector_auroc.sel(detector="cumulative loss", loss="ce").mean())
    assert f"cumulative loss ce {mean:.3f}, elr 7" in picture.alt


def told(runs: xr.Dataset, *, peak: float, memorized: float) -> str:
    """Return the answer if cross-entropy had such shares of the wrong labels, and ELR none."""
    shares, last = runs.fraction.copy(deep=True), runs.final_fraction.copy(deep=True)
    shares.loc[{"loss": "ce", "group": "wrong", "outcome": "true"}] = peak
    last.loc[{"group": "wrong", "outcome": "noisy"}] = 0.0
    last.loc[{"loss": "ce", "group": "wrong", "outcome": "noisy"}] = memorized
    right = runs.final_validation_accuracy.copy(deep=True)
    right.loc[{"loss": "elr 7"}] = right.sel(loss="ce") + 0.2
    runs = runs.assign(fraction=shares, final_fraction=last, final_validation_accuracy=right)
    return answer(runs, EarlyLearning(**SMALL).claims(runs))


def test_the_answer_says_what_came_out_not_what_was_hoped_for(runs: xr.Dataset) -> None:
    table = EarlyLearning(**SMALL).claims(runs)
    words = answer(runs, table)  # six epochs
    assert words.startswith("**Most wrong labels are not memorized")
    assert "keeps them from it" not in words
    words = told(runs, peak=0.9, memorized=0.9)
    assert words.startswith("**Networks know better before they memorize.**")
    assert "**Early-learning regularization keeps them from it**: with weight λ = 7" in words
    assert "2 seeds, no augmentation" in words
    words = told(runs, peak=0.2, memorized=0.9)
    assert words.startswith("**Networks memorize wrong labels, and hardly knew better before.**")
    for name in ("*kl*: its variant", "AUROC: the chance", "Mutual information (MI)"):
        assert name in words


def test_of_one_seed_nothing_is_decided_and_what_helps_is_still_said(runs: xr.Dataset) -> None:
    words = told(runs.isel(seed=[0]), peak=0.9, memorized=0.9)
    assert "regularization keeps them from it**" in words
    assert "One seed on small images (digits): nothing is decided by it." in words


def test_peak_and_end() -> None:
    curve = xr.DataArray([[0.1, 0.9, 0.3]], dims=("seed", "epoch"))
    assert peak_and_end(curve, "epoch").values.tolist() == [[0.9], [0.3]]


def colours_of(picture: Any) -> dict[str, str]:
    """Return the colour of each line of the legend; without the number of an area."""
    legend = (picture.legends or [picture.axes[0].get_legend()])[0]
    names = [text.get_text().rsplit(" 0.", 1)[0] for text in legend.get_texts()]
    return dict(zip(names, [to_hex(line.get_color()) for line in legend.get_lines()], strict=True))


def test_figures_say_what_they_show(runs: xr.Dataset) -> None:
    images = EarlyLearning(**SMALL).data("ce", 0)["train"].input
    pictures = [
        plot_outcomes(runs, ["ce", "elr 7"]),
        plot_beliefs(runs, images, ["ce", "elr 7"], seed=0, n=3),
        plot_gradient([3.0]),
        plot_along(runs, ["ce", "elr 7"]),
        plot_roc(runs, ["ce", "elr 7"]),
        plot_linear(runs, ["ce", "elr 7"]),
    ]
    assert all(len(picture.to_png()) > 5000 and picture.alt for picture in pictures)
    right = runs.linear_right.sel(loss="ce", group="wrong").isel(seed=1)
    drawn = pictures[5].axes[0].lines[1].get_ydata()  # the second seed
    np.testing.assert_array_equal(drawn, right)
    # a loss has one colour on the page, which is no outcome's
    training = plot_training(runs, by="loss")
    colours = [colours_of(picture) for picture in (training, pictures[3], pictures[4])]
    assert colours[0]["elr 7"] == colours[1]["elr 7"] == colours[2]["elr 7: area"]
    assert colours[0]["ce"] == colours[1]["ce"] == colours[2]["ce: area"]
    assert not {*colours[0].values()} & {*colours_of(pictures[0]).values()}
    panel = explore_outcomes(runs)
    panel.controls["loss"].value = "elr 7"
    assert panel.value["loss"] == "elr 7"


@pytest.mark.slow
def test_what_was_measured_on_digits_holds_with_three_seeds() -> None:
    losses = ["elr 7", "elr 7 beta 0"]
    runs = EarlyLearning(cache="none", loss=losses, linear_steps=800).run(progress=False)
    share, right = memorized(runs), runs.final_validation_accuracy
    assert (share.sel(loss="ce") > 0.8).all()
    assert (share.sel(loss="elr 7") < 0.1).all()
    assert (right.sel(loss="elr 7") - right.sel(loss="ce") > 0.15).all()
    assert (runs.auroc.sel(loss="elr 7") > 0.95).all()
    assert (right.sel(loss="elr 7 beta 0") < 0.5).all()  # held to its first guesses
    left = information(at_the_end(runs))
    assert (left.sel(loss="ce") < 0.65 * left.sel(loss="clean")).all()  # every layer and seed
    table = EarlyLearning(loss=losses).claims(runs)
    assert [claim.verdict for claim in table.of_paper] == ["holds"] * 7


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_kl_memorizes_nearly_all_wrong_labels(seed: int) -> None:
    """As the paper finds (appendix C), with its λ = 3."""
    train, _ = noisy_images(
        "digits", 0.4, kind="symmetric", n_train=1200, n_validation=100, seed=seed
    )
    model = make_network("mlp", train, 256, seed=seed)
    fit(
        model, train, loss=ELRLoss(1200, 10, 3.0, mode="kl"), epochs=100, batch_size=64, seed=seed,
        monitor=None, keep="last", optimizer=make_optimizer(0.05), progress=False,
    )  # fmt: skip
    wrong = train.is_wrong.values
    said = predict(model, train).argmax(1)
    assert (said == train.label.values)[wrong].mean() > 0.8


@pytest.mark.parametrize("is_long", [True, False])
def test_a_killed_training_ends_as_one_that_was_not(
    is_long: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long ones go on from the last checkpoint, short ones begin anew; both leave the same."""
    from infonb.experiments.early_learning import training

    images, others = noisy_images(
        "digits", 0.4, kind="symmetric", n_train=60, n_validation=20, seed=0
    )

    def train(folder: Path) -> Any:
        return training.train(
            images, others, ELRLoss(60, 10, 7.0), network="mlp", width=8, checkpoints=[3, 12, 14],
            folder=folder, is_long=is_long, epochs=14, batch_size=20, seed=0, progress=False,
            optimizer=training.make_optimizer(0.05), device="cpu",
        )  # fmt: skip

    trained, history = train(tmp_path / "whole")
    true = training.Snapshots.step

    def killed(self: Any, model: Any, epoch: int) -> None:
        if epoch == 13:
            raise KeyboardInterrupt
        true(self, model, epoch)

    with monkeypatch.context() as patch:
        patch.setattr(training.Snapshots, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "killed")
    again, same = train(tmp_path / "killed")
    xr.testing.assert_identical(history, same)
    np.testing.assert_array_equal(trained.target, again.target)
    for epoch, network in trained.networks.items():
        np.testing.assert_array_equal(
            predict(network, others), predict(again.networks[epoch], others)
        )
