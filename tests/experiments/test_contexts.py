"""Contexts, small: shapes, drawn neurons, accuracy by context, claims, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.experiments import contexts
from infonb.experiments.contexts import (
    STAGES,
    Parameters,
    accuracy_by_context,
    by_estimator,
    claims,
    draw_neurons,
    usual_contexts,
)
from infonb.experiments.parameters import ParameterError, assert_same
from infonb.measures import TiesWarning
from infonb.reports import notebook_path

SMALL = {
    "seed": [0, 1], "width": 2, "epochs": 2, "n_train": 64, "n_evaluation": 48, "size": 16,
    "batch_size": 16,
}  # fmt: skip
PAIRS = ("layer", "neuron", "other_layer", "other_neuron")


@pytest.fixture(scope="module")
def results():
    return contexts.run(Parameters(**SMALL), progress=False)


def test_notebook_has_the_parameters_of_the_experiment():
    assert_same(notebook_path("contexts"), Parameters)


def test_dims_and_units(results):
    assert dict(results.entropy.sizes) == {"setting": 2, "seed": 2, "layer": 4, "neuron": 16}
    assert list(results.setting.values) == ["balanced", "unbalanced"]
    assert list(results.layer.values) == list(STAGES)
    assert list(results.width.values) == [2, 4, 8, 16]
    assert results.mutual_information.dims == ("setting", "seed", *PAIRS)
    assert results.mutual_information.attrs["units"] == results.entropy.attrs["units"] == "nat"
    assert results.validation_accuracy.dims == ("setting", "seed", "epoch")
    assert results.activation.dims == ("setting", "layer", "neuron", "sample")
    assert int(results.entropy.notnull().sum()) == 2 * 2 * (2 + 4 + 8 + 16)


def test_measures_are_those_of_the_kept_activations(results):
    first = results.isel(seed=0)
    np.testing.assert_allclose(inb.entropy(first.activation).values, first.entropy.values)
    for setting in results.setting.values:
        one = first.sel(setting=setting)
        np.testing.assert_allclose(
            _ksg(one.activation).values, one.mutual_information.values, atol=1e-12
        )


def _ksg(activation):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TiesWarning)
        return inb.mutual_information(activation)


def test_results_are_saved_and_reopen_identically(results, tmp_path):
    from infonb.experiments.networks import save_results

    save_results(results, tmp_path / "results.zarr")
    xr.testing.assert_identical(inb.open_activations(tmp_path / "results.zarr").load(), results)


def test_both_networks_of_a_seed_are_measured_on_the_same_balanced_examples():
    parameters = Parameters(**SMALL)
    (balanced, one), (unbalanced, other) = (
        contexts.data(parameters, setting, 0) for setting in contexts.SETTINGS
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


def test_the_usual_context_is_the_one_in_unbalanced_training(results):
    usual = usual_contexts(results)
    np.testing.assert_array_equal(usual.values, np.eye(4, dtype=bool))
    assert set(usual.coords) == {"object_name", "context_name"}
    turned = results.isel(context_name=[1, 2, 3, 0])
    np.testing.assert_array_equal(usual_contexts(turned).values, np.roll(np.eye(4), -1, axis=1))


def test_scenes_that_cannot_be_divided_are_told_at_once():
    contexts.prepare(Parameters(**SMALL))
    for name in ("n_train", "n_evaluation"):
        with pytest.raises(ValueError, match=f"{name} must be a multiple of 16 .*; not 100"):
            contexts.prepare(Parameters(**SMALL | {name: 100}))


def test_networks_learn_what_their_training_set_tells_them():
    # 5 epochs are enough for the shortcut, not for the objects
    parameters = Parameters(seed=0, width=4, epochs=5, n_train=320, n_evaluation=96)
    examples, evaluation = contexts.data(parameters, "unbalanced", 0)
    model, history = contexts.train(parameters, examples, evaluation, 0)
    correct = contexts.measure(parameters, model, history, evaluation).pair_accuracy.values
    assert np.diag(correct).mean() > 0.6
    assert correct[~np.eye(4, dtype=bool)].mean() < 0.4


def test_drawn_neurons_are_in_proportion():
    # the paper's 768 of the 960 of its ResNet-18: 80 % of each stage
    values = {f"stage{i + 1}": np.zeros((2, 64 * 2**i)) for i in range(4)}
    drawn = draw_neurons(inb.from_arrays(values).activation, 768)
    assert list(drawn.width.values) == [51, 102, 205, 410]
    assert int(drawn.notnull().sum()) == 768 * 2


@pytest.mark.parametrize("n", [0, 14, 100])
def test_all_neurons_are_drawn_if_so_many_are_asked_for(n):
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"a": rng.normal(size=(5, 4)), "b": rng.normal(size=(5, 10))})
    drawn = draw_neurons(acts.activation, n)
    np.testing.assert_array_equal(drawn.values, acts.activation.values)


def test_drawing_is_seeded_and_labelled():
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"a": rng.normal(size=(5, 40)), "b": rng.normal(size=(5, 80))})
    one, same, other = (draw_neurons(acts.activation, 30, seed=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, same)
    assert not np.array_equal(one.drawn_neuron.values, other.drawn_neuron.values)
    for row, layer in enumerate(("a", "b")):
        for slot in range(int(one.width[row])):
            neuron = int(one.drawn_neuron[row, slot])
            np.testing.assert_array_equal(
                one.values[row, slot], acts.activation.sel(layer=layer).values[neuron]
            )


def test_information_of_drawn_neurons_is_that_among_all(results):
    some = contexts.run(Parameters(**SMALL | {"seed": 0, "mi_neurons": 12}), progress=False)
    found = some.mutual_information.isel(seed=0).values
    whole = results.mutual_information.isel(seed=0).values
    there = np.isfinite(found)
    assert there.sum() == 2 * 12 * 12
    np.testing.assert_allclose(found[there], whole[there], atol=1e-12)
    assert some.mutual_information.attrs["neurons"] == 12


def test_before_the_relu_values_are_negative_too(results):
    before = contexts.run(Parameters(**SMALL | {"seed": 0, "activations": "pre"}), progress=False)
    assert float(results.activation.min()) >= 0
    assert float(before.activation.min()) < 0
    np.testing.assert_array_equal(
        before.final_train_loss.values, results.final_train_loss.sel(seed=[0]).values
    )


def test_optimisers_are_those_asked_for():
    histories = {}
    for optimizer in ("adam", "rmsprop"):
        parameters = Parameters(**SMALL | {"optimizer": optimizer})
        parts = contexts.data(parameters, "balanced", 0)
        histories[optimizer] = contexts.train(parameters, *parts, 0)[1]
    assert [h.attrs["optimizer"] for h in histories.values()] == ["adam", "RMSprop"]
    assert not np.allclose(*(h.train_loss.values for h in histories.values()))


def test_a_finished_run_is_not_made_again(results, tmp_path, monkeypatch):
    parameters = Parameters(**SMALL, cache=str(tmp_path))
    xr.testing.assert_equal(contexts.run(parameters, progress=False), results)

    def train(*args, **kwargs):
        raise AssertionError("trained again")

    monkeypatch.setattr(contexts, "train", train)
    xr.testing.assert_equal(contexts.run(parameters, progress=False), results)


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
    assert {claim.verdict for claim in wide} == {verdict}
    for claim in table.claims:
        if "entropy" in claim.statement:
            assert np.mean(claim.effect) == pytest.approx(change, abs=0.1)


def test_all_pairs_leave_out_a_neuron_with_itself(results):
    rows = {c.statement: c for c in claims(results).claims if c.where == "all pairs"}
    values = results.mutual_information.values.reshape(2, 2, 64, 64)
    different = ~np.eye(64, dtype=bool)
    for word, quantile in (("median", 0.5), ("9th decile", 0.9)):
        row = next(c for statement, c in rows.items() if statement.startswith(word))
        per_run = np.nanquantile(values[:, :, different], quantile, axis=-1)
        np.testing.assert_allclose(row.effect, per_run[1] - per_run[0])


def test_estimators_agree_without_ties_and_differ_with_them():
    rng = np.random.default_rng(0)
    values = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=2000)
    acts = [inb.from_arrays({"stage1": v}).activation for v in (values, np.maximum(values, 0))]
    both = xr.concat(acts, dim=xr.Variable("setting", ["dense", "sparse"]))
    found = by_estimator(both).sel(layer="stage1")
    dense = found.sel(setting="dense").values
    truth = -0.5 * np.log(1 - 0.6**2)
    np.testing.assert_allclose(dense, [truth, truth], atol=0.05)
    sparse = found.sel(setting="sparse")
    assert float(sparse.sel(estimator="ksg")) < 0 < float(sparse.sel(estimator="mixture"))


def test_preset_has_the_settings_of_the_paper():
    paper = Parameters(preset="paper", folder="somewhere")
    assert (paper.size, paper.width, paper.stem, paper.epochs) == (64, 64, "standard", 50)
    assert (paper.optimizer, paper.learning_rate, paper.batch_size) == ("rmsprop", 1e-5, 64)
    assert (len(paper.seed), paper.mi_neurons, paper.dataset) == (5, 768, "nico")
    assert Parameters(preset="paper", dataset="waterbirds").width == 64


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
    ],
)
def test_parameters_that_do_not_go_together_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        Parameters(**wrong)


def test_waterbirds(data_folder):
    parameters = Parameters(
        dataset="waterbirds", folder=str(data_folder), n_train=16, n_evaluation=8, size=32
    )
    examples, evaluation = contexts.data(parameters, "unbalanced", 0)
    assert dict(examples.input.sizes) == {"sample": 16, "channel": 3, "row": 32, "column": 32}
    _, history = contexts.train(parameters, examples, evaluation, 0)
    np.testing.assert_array_equal(history.n_training.values, [[8, 0], [0, 8]])
