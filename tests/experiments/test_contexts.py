"""Contexts, small: shapes, drawn neurons, accuracy by context, claims, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.claims import INTERVALS
from infonb.experiments import contexts
from infonb.experiments.contexts import (
    STAGES,
    Parameters,
    accuracy_by_context,
    by_estimator,
    claims,
    draw_neurons,
    entropy_by_convention,
    entropy_by_length,
    run_half,
    usual_contexts,
    what_length_does,
    what_was_learnt,
    which_convention,
)
from infonb.measures import TiesWarning
from infonb.parameters import ParameterError, assert_same
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


def test_median_entropy_of_every_convention_is_that_of_its_own_run(results):
    medians = results.median_entropy
    assert medians.dims == ("setting", "seed", "relu", "edges", "layer")
    for relu, side in (("before", "pre"), ("after", "post")):
        for edges in ("common", "neuron"):
            options = SMALL | {"seed": 0, "activations": side, "edges": edges}
            run = contexts.run(Parameters(**options), progress=False)
            expected = run.entropy.isel(seed=0).median("neuron").values
            found = medians.sel(relu=relu, edges=edges).isel(seed=0).values
            np.testing.assert_allclose(found, expected, atol=1e-12)


def with_changes(changes):
    """Return medians whose change is (seed, relu, edges, layer) as given."""
    changes = np.asarray(changes, float)
    names = [f"stage{i + 1}" for i in range(changes.shape[3])]
    coords = {
        "setting": ["balanced", "unbalanced"], "seed": range(len(changes)),
        "relu": ["before", "after"], "edges": ["common", "neuron"], "layer": names,
    }  # fmt: skip
    values = np.stack([np.full(changes.shape, 2.0), 2 + changes])
    return xr.Dataset({"median_entropy": (tuple(coords), values)}, coords)


def test_conventions_are_told_in_numbers_and_words():
    # two seeds; stage1 falls before and rises after the ReLU, in stage2 the seeds disagree
    one = [[[-1, 0.5], [-1, 0.5]], [[1, 0.5], [1, 0.5]]]
    other = [[[-2, -1], [-2, -1]], [[2, -1], [2, -1]]]
    found = with_changes([one, other])
    table = entropy_by_convention(found)
    assert list(table.columns) == ["stage1", "stage2"]
    assert next(iter(table.index)) == ("before the ReLU", "common bins")
    assert table.loc[("before the ReLU", "own bins"), "stage1"] == "−1.50 (2 of 2)"
    assert table.loc[("after the ReLU", "own bins"), "stage2"] == "−0.25 (1 of 2)"
    lines = which_convention(found).splitlines()
    assert lines[1] == "- before the ReLU, own bins: falls in stage1; seeds disagree in stage2"
    assert lines[2] == "- after the ReLU, common bins: rises in stage1; seeds disagree in stage2"
    assert lines[4] == "- The sign turns with the convention in stage1."
    assert "in all 2 stages" in lines[5]
    assert "1 of 2, fall with: before the ReLU, common bins; before the ReLU, own" in lines[5]


def test_conventions_that_explain_nothing_or_all_are_told():
    up, down = np.ones((1, 2, 2, 2)), -np.ones((1, 2, 2, 2))
    lines = which_convention(with_changes(up)).splitlines()
    assert "In no stage does the convention turn" in lines[4]
    assert "neither the bins nor the side of the ReLU explain" in lines[5]
    mixed = up.copy()
    mixed[:, 1, 1] = -1
    for values, ending in (
        (mixed, "with: after the ReLU, own bins."),
        (down, "with: every convention."),
    ):
        last = which_convention(with_changes(values)).splitlines()[5]
        assert last.startswith("- In all 2 stages it falls, as the paper says")
        assert last.endswith(ending)


def test_half_the_training_is_a_run_of_half_the_epochs(results):
    parameters = Parameters(**SMALL | {"epochs": 4})
    half = run_half(parameters, progress=False)
    xr.testing.assert_equal(half, results.sel(seed=[0]))


def test_half_the_training_of_a_preset_is_half_of_its_epochs(monkeypatch):
    asked = []
    monkeypatch.setattr(contexts, "run", lambda parameters, progress: asked.append(parameters))
    for epochs in (50, 12):  # 12: the half is the default, which a preset would replace
        run_half(Parameters(preset="paper", epochs=epochs), progress=False)
    assert [one.epochs for one in asked] == [25, 6]
    assert {(one.width, one.size, one.optimizer, one.dataset) for one in asked} == {
        (64, 64, "rmsprop", "nico")
    }
    assert [one.seed for one in asked] == [[0], [0]]


def test_lengths_are_compared_for_the_seeds_of_both():
    up, down = np.ones((1, 2, 2, 2)), -np.ones((2, 2, 2, 2))
    down[1] = 5  # of a seed that only the whole training has
    half, whole = with_changes(up).assign(epochs=3), with_changes(down).assign(epochs=6)
    assert set(entropy_by_length(half, whole).values.ravel()) == {"+1.00 → −1.00"}
    said = what_length_does(half, whole)
    assert said.startswith("After 3 epochs the median entropy falls in 0 of 8 combinations")
    assert "after 6 epochs in 8: by this count longer training moves it towards" in said
    assert "This is 1 seed;" in said
    assert "moves it away" in what_length_does(whole.isel(seed=[0]), half)
    assert "moves it neither" in what_length_does(half, half)


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


@pytest.mark.parametrize(("n", "sizes"), [(8, [2] * 4), (12, [2, 2, 3, 5]), (30, [2, 4, 8, 16])])
def test_each_stage_has_a_pair_if_so_many_are_drawn(n, sizes):
    values = {f"stage{i + 1}": np.zeros((2, 2 * 2**i)) for i in range(4)}
    assert draw_neurons(inb.from_arrays(values).activation, n).width.values.tolist() == sizes


def test_the_fewest_neurons_are_enough_for_the_table():
    fewest = SMALL | {"seed": 0, "mi_neurons": 8}
    table = claims(contexts.run(Parameters(**fewest), progress=False))
    assert all(np.isfinite(claim.effect).all() for claim in table.claims)


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
        ({"width": 1}, "width must be at least 2"),
        ({"mi_neurons": 1}, "mi_neurons must be at least 8, .*or 0 for all; not 1"),
        ({"mi_neurons": 7}, "mi_neurons must be at least 8"),
        ({"folder": "somewhere"}, "folder='somewhere' is not used with dataset='scenes'"),
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
