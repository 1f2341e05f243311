"""Contexts, small: shapes, drawn neurons, accuracy by context, claims, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.claims import INTERVALS
from infonb.experiments.contexts import (
    SETTINGS,
    STAGES,
    Contexts,
    accuracy_by_context,
    usual_contexts,
    what_was_learnt,
)
from infonb.measures import TiesWarning
from infonb.parameters import ParameterError, assert_same
from infonb.reports import notebook_path

pytestmark = pytest.mark.slow

SMALL = {
    "seed": [0, 1], "width": 2, "epochs": 2, "n_train": 64, "n_evaluation": 48, "size": 16,
    "batch_size": 16,
}  # fmt: skip
PAIRS = ("layer", "neuron", "other_layer", "other_neuron")


@pytest.fixture(scope="module")
def results():
    return Contexts(**SMALL).run(progress=False)


def claims(runs):
    return Contexts.of(runs).claims(runs)


def test_notebook_has_the_parameters_of_the_experiment():
    assert_same(notebook_path("contexts"), Contexts)


def test_dims_and_units(results):
    assert dict(results.entropy.sizes) == {"setting": 2, "seed": 2, "layer": 4, "neuron": 16}
    assert list(results.setting.values) == ["balanced", "unbalanced"]
    assert list(results.layer.values) == list(STAGES)
    assert list(results.width.values) == [2, 4, 8, 16]
    assert results.mutual_information.dims == ("setting", "seed", *PAIRS)
    assert results.mutual_information.attrs["units"] == results.entropy.attrs["units"] == "nat"
    assert results.validation_accuracy.dims == ("setting", "seed", "epoch")
    assert results.activation.dims == ("setting", "seed", "layer", "neuron", "sample")
    assert int(results.entropy.notnull().sum()) == 2 * 2 * (2 + 4 + 8 + 16)


@pytest.mark.parametrize("seed", [0, 1])
def test_measures_are_those_of_the_kept_activations(results, seed):
    one_seed = results.sel(seed=seed)
    np.testing.assert_allclose(inb.entropy(one_seed.activation).values, one_seed.entropy.values)
    for setting in results.setting.values:
        one = one_seed.sel(setting=setting)
        np.testing.assert_allclose(
            _ksg(one.activation).values, one.mutual_information.values, atol=1e-12
        )


def _ksg(activation):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TiesWarning)
        return inb.mutual_information(activation)


def test_results_are_saved_and_reopen_identically(results, tmp_path):
    path = tmp_path / "results.zarr"
    saved = Contexts(**SMALL, results=str(path)).run(progress=False)
    xr.testing.assert_identical(saved, results)
    xr.testing.assert_identical(inb.open_activations(path).load(), results)


def test_both_networks_of_a_seed_are_measured_on_the_same_balanced_examples():
    (balanced, one), (unbalanced, other) = (
        Contexts(**SMALL).data(setting, 0).values() for setting in SETTINGS
    )
    xr.testing.assert_equal(one, other)
    pairs = list(zip(one.object.values, one.context.values, strict=True))
    assert {pairs.count(pair) for pair in pairs} == {48 // 16}
    assert balanced.sizes == unbalanced.sizes


def test_training_counts(results):
    counts = results.n_training.isel(seed=0, drop=True)
    np.testing.assert_array_equal(counts.sel(setting="balanced").values, np.full((4, 4), 4))
    np.testing.assert_array_equal(counts.sel(setting="unbalanced").values, 16 * np.eye(4))


def test_pair_accuracy_averages_to_the_accuracy(results):
    mean = results.pair_accuracy.mean(["object_name", "context_name"])
    np.testing.assert_allclose(mean.values, results.final_validation_accuracy.values)


def test_accuracy_by_context_against_a_loop(results):
    found = accuracy_by_context(results)
    for setting in results.setting.values:
        for seed in results.seed.values:
            grid = results.pair_accuracy.sel(setting=setting, seed=seed).values
            usual = [grid[i, i] for i in range(4)]
            another = [grid[i, j] for i in range(4) for j in range(4) if i != j]
            one = found.sel(setting=setting, seed=seed)
            assert float(one.sel(context="usual")) == pytest.approx(np.mean(usual))
            assert float(one.sel(context="another")) == pytest.approx(np.mean(another))


@pytest.mark.parametrize("activations", ["pre", "post"])
@pytest.mark.parametrize("edges", ["common", "neuron"])
def test_every_convention_is_one_of_sensitivity(results, activations, edges):
    experiment = Contexts(**SMALL | {"activations": activations, "edges": edges})
    runs = experiment.run(progress=False)
    grid = experiment.sensitivity(
        runs, bins=[100], edges=["common", "neuron"], samples=[48], k=[3], n_neurons=2
    )
    medians = runs.entropy.median("neuron")
    change = medians.sel(setting="unbalanced") - medians.sel(setting="balanced")
    found = grid.entropy_change.sel(edges=edges, bins=100, n_samples=48)
    np.testing.assert_allclose(found, change.mean("seed"), atol=1e-12)
    assert (grid.attrs["start"], grid.attrs["end"]) == SETTINGS
    assert (grid.entropy_claimed == -1).all()


def test_half_the_training_is_a_run_of_half_the_epochs(results):
    longer = Contexts(**SMALL | {"epochs": 4})
    grid = longer.lengths(results, parts=(0.5, 1.0), progress=False)
    assert list(grid.epochs.values) == [2, 4]
    here = grid.sel(epochs=2, side="after the ReLU", edges="common", bins=100, n_samples=48)
    medians = results.entropy.median("neuron")
    change = medians.sel(setting="unbalanced") - medians.sel(setting="balanced")
    np.testing.assert_allclose(here.entropy_change, change.mean("seed"), atol=1e-12)


@pytest.mark.parametrize(
    ("balanced", "usual", "another", "words"),
    [
        (0.3, 0.9, 0.1, ["close to chance", "30 % right in all contexts; guessing gives 25 %",
                         "90 % right in the usual context, 10 % in another. The shortcut is"]),
        (0.7, 0.9, 0.1, ["have learnt something", "The shortcut is plain"]),
        (0.7, 0.8, 0.65, ["have learnt something", "no clear shortcut for every seed"]),
    ],
)  # fmt: skip
def test_what_was_learnt_follows_the_accuracies(results, balanced, usual, another, words):
    accuracy = np.full((2, 2, 4, 4), balanced)
    accuracy[1] = np.where(np.eye(4), usual, another)
    said = what_was_learnt(results.assign(pair_accuracy=(results.pair_accuracy.dims, accuracy)))
    for part in words:
        assert part in said
    assert ("close to chance" in said) == (balanced < 0.4)


def test_one_seed_without_the_shortcut_is_enough_to_say_so(results):
    accuracy = np.full((2, 2, 4, 4), 0.7)
    accuracy[1, 0] = np.where(np.eye(4), 1.0, 0.0)
    said = what_was_learnt(results.assign(pair_accuracy=(results.pair_accuracy.dims, accuracy)))
    assert "no clear shortcut for every seed" in said


def test_the_usual_context_is_the_one_in_unbalanced_training(results):
    usual = usual_contexts(results)
    np.testing.assert_array_equal(usual.values, np.eye(4, dtype=bool))
    assert set(usual.coords) == {"object_name", "context_name"}
    turned = results.isel(context_name=[1, 2, 3, 0])
    np.testing.assert_array_equal(usual_contexts(turned).values, np.roll(np.eye(4), -1, axis=1))


def test_scenes_that_cannot_be_divided_are_told_at_once():
    Contexts(**SMALL).prepare()
    for name in ("n_train", "n_evaluation"):
        with pytest.raises(ValueError, match=f"{name} must be a multiple of 16 .*; not 100"):
            Contexts(**SMALL | {name: 100}).prepare()


def test_networks_learn_what_their_training_set_tells_them():
    # 5 epochs are enough for the shortcut, not for the objects
    experiment = Contexts(seed=0, width=4, epochs=5, n_train=320, n_evaluation=96, cache="none")
    data, model, _ = experiment.one("unbalanced", 0)
    correct = experiment.measure("unbalanced", 0, model, data).pair_accuracy.values
    assert np.diag(correct).mean() > 0.6
    assert correct[~np.eye(4, dtype=bool)].mean() < 0.4


def test_the_fewest_neurons_are_enough_for_the_table():
    fewest = SMALL | {"seed": 0, "mi_neurons": 8}
    table = claims(Contexts(**fewest).run(progress=False))
    assert all(np.isfinite(claim.effect).all() for claim in table.claims)


def test_information_of_drawn_neurons_is_that_among_all(results):
    some = Contexts(**SMALL | {"seed": 0, "mi_neurons": 12}).run(progress=False)
    found = some.mutual_information.isel(seed=0)
    whole = results.mutual_information.isel(seed=0)
    there = np.isfinite(found)
    assert int(there.sum()) == 2 * 12 * 12
    # they keep their labels, beside the entropy of all neurons
    whole = whole.sel(neuron=found.neuron, other_neuron=found.other_neuron)
    np.testing.assert_allclose(found.values[there], whole.values[there], atol=1e-12)
    np.testing.assert_array_equal(some.entropy, results.entropy.sel(seed=[0]))


@pytest.mark.parametrize("n", [0, 30, 100])
def test_all_neurons_are_drawn_if_so_many_are_asked_for(results, n):
    whole = Contexts(**SMALL | {"seed": 0, "mi_neurons": n}).run(progress=False)
    np.testing.assert_array_equal(
        whole.mutual_information, results.mutual_information.sel(seed=[0])
    )


def test_before_the_relu_values_are_negative_too(results):
    before = Contexts(**SMALL | {"seed": 0, "activations": "pre"}).run(progress=False)
    assert float(results.activation.min()) >= 0
    assert float(before.activation.min()) < 0
    np.testing.assert_array_equal(
        before.final_train_loss.values, results.final_train_loss.sel(seed=[0]).values
    )


def test_optimisers_are_those_asked_for():
    histories = {}
    for optimizer in ("adam", "rmsprop"):
        experiment = Contexts(**SMALL | {"optimizer": optimizer}, cache="none")
        histories[optimizer] = experiment.one("balanced", 0).history
    assert [h.attrs["optimizer"] for h in histories.values()] == ["adam", "RMSprop"]
    assert not np.allclose(*(h.train_loss.values for h in histories.values()))


def test_a_finished_run_is_not_made_again(results, tmp_path, monkeypatch):
    experiment = Contexts(**SMALL, cache=str(tmp_path))
    xr.testing.assert_equal(experiment.run(progress=False), results)

    def train(*args, **kwargs):
        raise AssertionError("trained again")

    monkeypatch.setattr(Contexts, "train", train)
    xr.testing.assert_equal(experiment.run(progress=False), results)


def shifted(results, change):
    """Return results of 3 seeds in which entropy changes by so much, and MI the other way."""
    rng = np.random.default_rng(0)
    three = results.isel(seed=[0, 0, 0]).assign_coords(seed=[0, 1, 2])
    sign = xr.DataArray([0.0, change], {"setting": three.setting})
    noise = xr.DataArray(rng.normal(scale=0.01, size=(2, 3)), dims=("setting", "seed"))
    base = three.isel(setting=0, drop=True)
    three["entropy"] = base.entropy + sign + noise
    three["mutual_information"] = base.mutual_information - sign + noise
    three["final_validation_accuracy"] = 0.5 + sign / 10 + noise
    return three


@pytest.mark.parametrize(("change", "verdict"), [(-2.0, "holds"), (2.0, "does not hold")])
def test_claims_say_in_which_direction_things_changed(results, change, verdict):
    table = claims(shifted(results, change))
    assert len(table.claims) == 4 + 4 + 2 + 1
    wide = [c for c in table.claims if c.where in ("stage4", "all pairs", "network")]
    assert {claim.outcome for claim in wide} == {verdict}
    for claim in table.claims:
        if "entropy" in claim.statement:
            assert np.mean(claim.effect) == pytest.approx(change, abs=0.1)


def test_the_caption_says_what_the_intervals_are(results):
    caption = claims(results).caption
    assert INTERVALS in caption
    assert "all pairs" in caption.split(INTERVALS)[1]


def test_all_pairs_leave_out_a_neuron_with_itself(results):
    rows = {c.statement: c for c in claims(results).claims if c.where == "all pairs"}
    values = results.mutual_information.values.reshape(2, 2, 64, 64)
    different = ~np.eye(64, dtype=bool)
    for word, quantile in (("median", 0.5), ("9th decile", 0.9)):
        row = next(c for statement, c in rows.items() if statement.startswith(word))
        per_run = np.nanquantile(values[:, :, different], quantile, axis=-1)
        np.testing.assert_allclose(row.effect, per_run[1] - per_run[0])


def test_preset_has_the_settings_of_the_paper():
    paper = Contexts(preset="paper", folder="somewhere")
    assert (paper.size, paper.width, paper.stem, paper.epochs) == (64, 64, "standard", 50)
    assert (paper.optimizer, paper.learning_rate, paper.batch_size) == ("rmsprop", 1e-5, 64)
    assert (len(paper.seed), paper.mi_neurons, paper.dataset) == (5, 768, "nico")
    assert Contexts(preset="paper", dataset="waterbirds").width == 64


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"k": 48, "n_evaluation": 48}, "number of evaluation examples, 48; not 48"),
        ({"k": 400}, "k must be below the number of evaluation examples, 400; not 400"),
        ({"mi_samples": 401}, "mi_samples must be at most .*, 400; not 401"),
        ({"k": 10, "mi_samples": 10}, "k must be below mi_samples, 10; not 10"),
        ({"dataset": "birds"}, "dataset must be one of"),
        ({"stem": "big"}, "stem must be one of"),
        ({"size": 4}, "size must be at least 8"),
        ({"width": 1}, "width must be at least 2"),
        ({"mi_neurons": 1}, "mi_neurons must be at least 8, .*or 0 for all; not 1"),
        ({"mi_neurons": 7}, "mi_neurons must be at least 8"),
        ({"folder": "somewhere"}, "folder='somewhere' is not used with dataset='scenes'"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        Contexts(**wrong)


def test_waterbirds(data_folder):
    experiment = Contexts(
        dataset="waterbirds", folder=str(data_folder), n_train=16, n_evaluation=8, size=32,
        mi_samples=8, k=2, cache="none",
    )  # fmt: skip
    data, _, history = experiment.one("unbalanced", 0)
    sizes = {"sample": 16, "channel": 3, "row": 32, "column": 32}
    assert dict(data["train"].input.sizes) == sizes
    np.testing.assert_array_equal(history.n_training.values, [[8, 0], [0, 8]])


def test_scenes_are_drawn_once_and_nobody_changes_them_for_others(monkeypatch):
    from infonb import data

    counted, true = [], data.context_scenes
    monkeypatch.setattr(
        data, "context_scenes", lambda *a, **k: counted.append(a) or true(*a, **k)
    )  # fmt: skip
    experiment = Contexts(**SMALL | {"seed": [7]})
    first = experiment.data("balanced", 7)
    expected = first["train"].copy(deep=True)
    first["train"].input[:] = 0
    xr.testing.assert_identical(experiment.data("balanced", 7)["train"], expected)
    assert len(counted) == 1
    assert not experiment.data("unbalanced", 7)["train"].input.equals(expected.input)
    assert len(counted) == 2
