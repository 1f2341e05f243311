"""Concentric circles: what each network is trained on, what is measured, what is concluded."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from infonb.experiments.concentric_circles.medians import MeanOfLayers
from scipy.stats import kendalltau

import infonb as inb
from infonb.claims import change_of_median
from infonb.experiments import concentric_circles as experiment
from infonb.experiments.concentric_circles.recipes import ALIGNMENTS, aligned_sets
from infonb.parameters import ParameterError
from infonb.training import predict

SMALL = {
    "seed": [0, 1], "division": [0.75, 1.0], "beta": [0.5, 1.0], "n_points": 200, "n_memorized": 40,
    "epochs": 8, "patience": 2, "epochs_memorized": 20, "mi_samples": 100, "cache": "none",
}  # fmt: skip


@pytest.fixture(scope="module")
def parameters():
    return experiment.Parameters(**SMALL)


@pytest.fixture(scope="module")
def runs(parameters):
    return experiment.run(parameters, progress=False)


def test_all_levels_of_the_paper_are_there_by_default():
    recipes = experiment.networks(experiment.Parameters())
    divisions = [r.division for r in recipes.values() if r.sweep == "division"]
    betas = [r.beta for r in recipes.values() if r.sweep == "beta"]
    assert divisions == [0.5, 0.65, 0.75, 0.9, 1.0]
    assert betas == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_what_is_compared_with_is_always_there(runs):
    np.testing.assert_array_equal(experiment.along(runs, "division").division, [0.5, 0.75, 1.0])
    np.testing.assert_array_equal(experiment.along(runs, "beta").beta, [0.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"division": [0.5]}, "division must hold a level above 0.5"),
        ({"beta": 0.0}, "beta must hold a level above 0"),
        ({"n_points": 20, "mi_samples": 0, "k": 20}, "k must be below the number of points, 20"),
        ({"k": 500}, "k must be below mi_samples, 500"),
        ({"n_points": 100}, "mi_samples must be at most the number of points, 100; not 500"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        experiment.Parameters(**wrong)


def test_the_preset_trains_and_measures_as_the_paper_does():
    paper = experiment.Parameters(preset="paper")
    assert (paper.activations, paper.bins, paper.mi_samples) == ("post", 20, 0)
    assert (paper.n_memorized, paper.epochs_memorized, paper.penalty) == (100, 10_000, 0.0)
    assert (paper.n_points, paper.width) == (2000, 16)
    assert experiment.Parameters(preset="paper", width=8, edges="common").width == 8


def test_sets_differ_only_in_what_they_should(parameters):
    def points(network):
        return experiment.data(parameters, network, 0)

    heuristic, unseen = points("heuristic")
    assert not (heuristic.artifact == "disagrees").any()
    baseline, other_unseen = points("baseline")
    assert float((baseline.artifact == "agrees").mean()) == pytest.approx(0.375, abs=0.01)
    np.testing.assert_array_equal(baseline.input[:, :2], heuristic.input[:, :2])
    few, _ = points("few points")
    memorized, same_unseen = points("memorized")
    np.testing.assert_array_equal(memorized["input"], few["input"])
    assert (few.label == few.true_label).all()
    assert (memorized.label != memorized.true_label).any()
    for one in (other_unseen, same_unseen):
        np.testing.assert_array_equal(unseen["input"], one["input"])
        np.testing.assert_array_equal(unseen["label"], one["label"])


def test_more_random_labels_include_the_fewer(parameters):
    half = experiment.data(parameters, "beta 0.5", 0)[0]
    changed = float((half.label != half.true_label).mean())
    assert 0 < changed < 0.5


def test_aligned_sets_change_c1_only(parameters):
    sets = aligned_sets(experiment.data(parameters, "baseline", 0)[1], 0)
    assert tuple(sets) == ALIGNMENTS
    for points in sets.values():
        np.testing.assert_array_equal(points.input[:, :2], sets["bias"].input[:, :2])
        np.testing.assert_array_equal(points.label, sets["bias"].label)
    c1 = {name: points.input.sel(feature="c1").values for name, points in sets.items()}
    sign = np.where(sets["bias"].label == 1, 1, -1)
    assert (sign * c1["bias"] > 2).all()
    assert (sign * c1["anti"] < -2).all()
    assert ((c1["none"] >= 0) & (c1["none"] <= 1)).all()
    assert abs(np.corrcoef(c1["mixed"], sign)[0, 1]) < 0.1


def test_lengths_of_training(runs):
    ends = ["heuristic, long", "memorized, short", "few points, long", "memorized, long"]
    epochs = runs.epochs.sel(network=ends).transpose("seed", "network")
    np.testing.assert_array_equal(epochs, [[8, 2, 20, 20]] * 2)
    assert (runs.epochs.sel(network="memorized") <= 20).all()


def test_the_long_networks_go_on_when_all_labels_are_learnt():
    parameters = experiment.Parameters(**SMALL | {"n_memorized": 10, "epochs_memorized": 300})
    points, unseen = experiment.data(parameters, "memorized", 0)
    _, until = experiment.train(parameters, "memorized", points, unseen, 0)
    _, long = experiment.train(parameters, "memorized, long", points, unseen, 0)
    n = until.sizes["epoch"]
    assert n < 300 == long.sizes["epoch"]
    assert float(until.train_accuracy[-1]) == 1
    # until then it is the same training, measured alike
    np.testing.assert_array_equal(until.train_accuracy, long.train_accuracy[:n])


def test_labels_are_all_that_differs_between_the_long_networks(parameters):
    recipes = experiment.networks(parameters)
    few, memorized = recipes["few points, long"], recipes["memorized, long"]
    assert few._replace(beta=memorized.beta) == memorized
    assert (few.beta, memorized.beta) == (0.0, 1.0)
    true, random = (
        experiment.data(parameters, name, 0)[0] for name in ("few points, long", "memorized, long")
    )
    np.testing.assert_array_equal(true["input"], random["input"])
    assert (true.label != random.label).any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_labels_are_all_learnt_by_default(seed):
    parameters = experiment.Parameters()
    points, unseen = experiment.data(parameters, "memorized", seed)
    _, history = experiment.train(parameters, "memorized", points, unseen, seed)
    assert float(history.train_accuracy[-1]) == 1


def test_dims_and_units(runs):
    assert runs.entropy.dims == ("network", "seed", "edges", "alignment", "layer", "neuron")
    pairs = ("network", "seed", "alignment", "layer", "neuron", "other_neuron")
    for name in ("mutual_information", "mixture_information"):
        assert runs[name].dims == pairs
        assert runs[name].attrs["units"] == "nat"
    assert runs.entropy.attrs["units"] == "nat"
    assert list(runs.layer.values) == ["fc1", "relu1", "fc2", "relu2"]
    assert json.loads(runs.attrs["parameters"])["division"] == [0.75, 1.0]


@pytest.mark.parametrize("edges", ["common", "neuron"])
@pytest.mark.parametrize("where", ["pre", "post"])
def test_entropy_is_that_of_the_kept_activations(runs, edges, where):
    # one network at a time, and its layers before or after the ReLU alone
    layers = experiment.LAYERS[where]
    one = {"network": "heuristic", "alignment": "anti", "layer": layers}
    again = inb.entropy(runs.activation.sel(one), bins=20, edges=edges)
    np.testing.assert_allclose(
        again.values, runs.entropy.sel(one | {"seed": 0, "edges": edges}).values
    )


@pytest.mark.parametrize("layer", ["fc2", "relu1"])
def test_fixed_bins_are_the_same_for_every_network(runs, layer):
    for network in ("baseline", "memorized"):
        one = {"network": network, "alignment": "mixed", "layer": layer}
        for neuron in range(4):
            cells = np.floor(runs.activation.sel(one | {"neuron": neuron}).values / 0.5)
            share = np.unique(cells, return_counts=True)[1] / cells.size
            found = runs.entropy.sel(one | {"seed": 0, "edges": "fixed", "neuron": neuron})
            assert float(found) == pytest.approx(-(share * np.log(share)).sum(), abs=1e-9)


def test_spread_is_the_standard_deviation(runs):
    one = {"network": "memorized", "alignment": "none", "layer": "fc1"}
    expected = runs.activation.sel(one).values.std(axis=-1)
    np.testing.assert_allclose(runs.spread.sel(one).sel(seed=0), expected, rtol=1e-5)


def test_the_relu_is_what_stands_between(runs):
    np.testing.assert_array_equal(
        runs.activation.sel(layer="relu1").values,
        np.maximum(runs.activation.sel(layer="fc1").values, 0),
    )


def test_after_the_relu_the_mixture_estimator_sees_more(runs):
    n = runs.mixture_information.attrs["n_samples"]
    before = {"layer": ["fc1", "fc2"]}
    # without ties the two are the same up to log S - psi(S)
    np.testing.assert_allclose(
        runs.mixture_information.sel(before), runs.mutual_information.sel(before), atol=0.6 / n
    )
    different = runs.neuron != runs.other_neuron
    after = {"layer": ["relu1", "relu2"]}
    mixture, ksg = (
        runs[name].sel(after).where(different).median(["neuron", "other_neuron"]).mean()
        for name in ("mixture_information", "mutual_information")
    )
    assert float(mixture) > float(ksg)


def test_answers_on_planes_and_on_the_cut_are_the_networks(parameters, runs):
    points, unseen = experiment.data(parameters, "heuristic", 1)
    model, _ = experiment.train(parameters, "heuristic", points, unseen, 1)
    one = runs.sel(network="heuristic", seed=1)

    def answer(x, y, c1):
        return 1 / (1 + np.exp(-predict(model, np.array([[x, y, c1]]))[0, 0]))

    at = one.probability.sel(c1=3.0).isel(x=10, y=40)
    assert float(at) == pytest.approx(answer(float(at.x), float(at.y), 3.0), abs=1e-6)
    at = one.radial.isel(c1_fine=5, radius=20)
    r, c1 = float(at.radius), float(at.c1_fine)
    angles = [2 * np.pi * turn / 24 for turn in range(24)]
    mean = np.mean([answer(r * np.cos(a), r * np.sin(a), c1) for a in angles])
    assert float(at) == pytest.approx(mean, abs=1e-6)


def test_differences_between_aligned_sets(runs):
    difference = experiment.aligned_difference(runs.activation)
    one = difference.sel(network="baseline", layer="fc2")
    for neuron in range(3):
        bias, anti = (
            runs.activation.sel(network="baseline", layer="fc2", neuron=neuron, alignment=a).values
            for a in ("bias", "anti")
        )
        expected = (bias - anti) / np.concatenate([bias, anti]).std()
        np.testing.assert_allclose(one.sel(neuron=neuron), expected, rtol=1e-4, atol=1e-5)
        mean = runs.difference.sel(network="baseline", seed=0, layer="fc2", neuron=neuron)
        assert float(mean) == pytest.approx(abs(expected).mean(), rel=1e-4)


def test_a_constant_neuron_does_not_differ():
    values = xr.DataArray(
        np.zeros((2, 1, 3)), {"alignment": ["bias", "anti"]}, ("alignment", "neuron", "sample")
    )
    np.testing.assert_array_equal(experiment.aligned_difference(values), 0)


def test_claims_are_those_of_the_ends_and_of_all_levels(runs):
    rows = {(row.statement, row.where): row for row in experiment.claims(runs).claims}
    row = rows["median entropy of heuristic below baseline", "fc2"]
    medians = runs.entropy.sel(alignment="bias", edges="fixed", layer="fc2").median("neuron")
    np.testing.assert_allclose(
        row.effect, medians.sel(network="heuristic") - medians.sel(network="baseline")
    )
    assert row.direction == -1
    assert (
        rows["median mutual information of memorized, long below few points, long", "fc1"].direction
        == -1
    )
    trend = rows["median entropy falls with division", "mean of layers"]
    both = runs.entropy.sel(alignment="bias", edges="fixed", layer=["fc1", "fc2"])
    both = experiment.along(both.to_dataset(), "division").entropy.median("neuron").mean("layer")
    taus = [kendalltau(both.division, both.sel(seed=seed)).statistic for seed in (0, 1)]
    np.testing.assert_allclose(trend.effect, taus)


def test_claims_follow_the_chosen_convention(parameters, runs):
    chosen = json.loads(runs.attrs["parameters"])
    chosen |= {"activations": "post", "edges": "common", "alignment": "none"}
    table = experiment.claims(runs.assign_attrs(parameters=json.dumps(chosen)))
    row = next(row for row in table.claims if row.where == "relu2")
    medians = runs.entropy.sel(alignment="none", edges="common", layer="relu2").median("neuron")
    np.testing.assert_allclose(
        row.effect, medians.sel(network="heuristic") - medians.sel(network="baseline")
    )
    assert "common to the neurons" in table.caption
    assert "alignment none" in table.caption


@pytest.mark.slow
def test_conditions_hold_every_convention(runs):
    found = experiment.conditions(runs)
    assert found.dims == ("alignment", "comparison", "convention", "seed")
    one = found.sel(
        alignment="none",
        comparison="few points, long → memorized, long",
        convention="post, own bins",
    )
    medians = runs.entropy.sel(alignment="none", edges="neuron", layer=["relu1", "relu2"])
    medians = medians.median("neuron").mean("layer")
    np.testing.assert_allclose(
        one, medians.sel(network="memorized, long") - medians.sel(network="few points, long")
    )
    signs = dict(zip(found.comparison.values, found.direction.values, strict=True))
    assert signs["baseline → heuristic"] == signs["baseline, long → heuristic, long"] == -1
    assert signs["few points, long → memorized, long"] == 1
    information = experiment.conditions(runs, "mutual information")
    np.testing.assert_array_equal(information.direction, -found.direction)
    with pytest.raises(ValueError, match="measure must be"):
        experiment.conditions(runs, "MI")


@pytest.mark.parametrize("measure", ["entropy", "mutual information"])
def test_conditions_are_judged_as_the_table_is(runs, measure):
    shifted = runs.copy()
    for shift, network in ((-3.0, "heuristic"), (-2.0, "memorized")):  # clear, whatever the neurons
        for name in ("entropy", "mutual_information"):
            values = shifted[name]
            shifted[name] = values.where(values.network != network, values + shift)
    table = experiment.claims(shifted)
    found = experiment.conditions(shifted, measure).sel(alignment="bias")
    found = found.sel(convention={"entropy": "pre, fixed bins"}.get(measure, "pre, KSG"))
    told = set()
    for row in table.claims:
        words = row.statement.removeprefix(f"median {measure} of ")
        if row.where == "mean of layers" and words != row.statement:
            end, start = words.replace(" above ", " below ").split(" below ")
            cell = found.sel(comparison=f"{start} → {end}")
            assert cell.verdict.item() == row.verdict
            np.testing.assert_allclose(cell, row.effect)
            told.add(row.verdict)
    assert told >= {"holds", "does not hold"}


def test_mean_of_layers_is_as_sure_as_a_layer_that_is_both():
    values = np.random.default_rng(0).normal(size=(2, 3, 1, 40))
    values[1] += 1
    dims = ("network", "seed", "layer", "neuron")
    one = xr.DataArray(values, {"network": ["a", "b"], "layer": ["fc1"]}, dims)
    mean = MeanOfLayers(one).change("a", "b")
    layer = change_of_median(one.isel(layer=0), "network", "a", "b")
    assert mean.here == layer.here
    np.testing.assert_allclose(mean.effect, layer.effect)
    assert mean.draws.std() == pytest.approx(layer.draws.std(), rel=0.15)
    # of two layers that have nothing to do with each other the mean is surer
    both = one.isel(layer=[0, 0]).copy()
    both[:, :, 1] = np.random.default_rng(1).permutation(values[:, :, 0], axis=-1)
    assert MeanOfLayers(both).change("a", "b").draws.std() < 0.9 * mean.draws.std()


def test_one_seed_is_never_clear(runs):
    assert (experiment.conditions(runs.isel(seed=[0])).verdict == "too close to tell").all()


def test_the_entropy_step_by_step_is_that_of_the_results(parameters, runs):
    points, unseen = experiment.data(parameters, "heuristic", 0)
    model, _ = experiment.train(parameters, "heuristic", points, unseen, 0)
    points = experiment.aligned_sets(unseen, 0)["anti"]
    recorded = inb.record(model, points, layers=["fc1", "relu1", "fc2", "relu2"], progress=False)
    one = {"network": "heuristic", "seed": 0, "alignment": "anti"}
    np.testing.assert_allclose(
        experiment.entropies(recorded.activation, parameters), runs.entropy.sel(one), atol=1e-12
    )
    information = inb.mutual_information(
        recorded.activation.sel(layer="fc1"), k=3, max_samples=parameters.mi_samples
    )
    np.testing.assert_allclose(information, runs.mutual_information.sel(one | {"layer": "fc1"}))


def test_order_in_words_is_that_of_the_table(runs):
    table = experiment.claims(runs)
    words = experiment.order_words(table).splitlines()
    assert len(words) == 4  # two measures, two comparisons
    for row in table.claims:
        if row.paper.startswith("Fig. 1"):
            line = next(w for w in words if w.lower().startswith(row.statement.lower() + "?"))
            assert f"{row.where}: {row.verdict} ({row.here})" in line


def _verdicts(fill):
    """Verdicts of two comparisons under 2 x 2 conventions and on two kinds of points."""
    dims = ("alignment", "comparison", "convention")
    found = np.full((2, 2, 4), "too close to tell", dtype=object)
    fill(found)
    conventions = ["pre, own", "pre, fixed", "post, own", "post, fixed"]
    coords = {"alignment": ["bias", "none"], "comparison": ["a → b", "a → c"],
              "convention": conventions, "verdict": (dims, found)}  # fmt: skip
    return experiment.condition_words(xr.DataArray(np.zeros(found.shape), coords, dims))


def test_condition_words_name_what_decides():
    def fill(found):
        found[:, 0] = "holds"
        found[:, 1, [1, 3]] = "holds"  # fixed bins
        found[0, 1, 0] = "does not hold"

    order, first, second = _verdicts(fill).splitlines()
    assert order.endswith(
        "4 of 8 conditions: bias (pre, fixed; post, fixed), none (pre, fixed; post, fixed)."
    )
    assert first == "a → b: as the paper says in all 8."
    assert second == (
        "a → c: ✓ 4, ✗ 1 of 8; most by bins or estimator: own ✓ 0, ✗ 1 of 4; fixed ✓ 4, ✗ 0 of 4."
    )


def test_condition_words_of_nothing():
    order, first, _ = _verdicts(lambda found: None).splitlines()
    assert order.endswith("none of 8 conditions.")
    assert first == "a → b: unclear in all 8."


@pytest.mark.slow
def test_finished_runs_are_kept(tmp_path, runs):
    options = SMALL | {"cache": str(tmp_path), "seed": [0], "beta": [1.0], "division": [1.0]}
    first = experiment.run(experiment.Parameters(**options), progress=False)
    again = experiment.run(experiment.Parameters(**options), progress=False)
    xr.testing.assert_identical(first, again)
    one = {"network": "memorized", "seed": 0}
    np.testing.assert_array_equal(first.entropy.sel(one), runs.entropy.sel(one))
