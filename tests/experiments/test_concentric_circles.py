"""Concentric circles: what each network is trained on, what is measured, what is concluded."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
import xarray as xr
from scipy.stats import kendalltau

import infonb as inb
from infonb.experiments.concentric_circles import (
    LAYERS,
    ConcentricCircles,
    aligned_difference,
    cuts,
    select_sweep,
)
from infonb.experiments.concentric_circles.measures import entropies
from infonb.experiments.concentric_circles.recipes import ALIGNMENTS, make_unseen
from infonb.experiments.switching_off import interventions
from infonb.parameters import ParameterError
from infonb.training import accuracy, predict

pytestmark = pytest.mark.slow

SMALL = {
    "seed": [0, 1], "division": [0.75, 1.0], "beta": [0.5, 1.0], "n_points": 200, "n_memorized": 40,
    "epochs": 8, "patience": 2, "epochs_memorized": 20, "mi_samples": 100, "cache": "none",
}  # fmt: skip


@pytest.fixture(scope="module")
def experiment():
    return ConcentricCircles(**SMALL)


@pytest.fixture(scope="module")
def runs(experiment):
    return experiment.run(progress=False)


def test_all_levels_of_the_paper_are_there_by_default():
    recipes = ConcentricCircles().recipes
    divisions = [r.division for r in recipes.values() if r.sweep == "division"]
    betas = [r.beta for r in recipes.values() if r.sweep == "beta"]
    assert divisions == [0.5, 0.65, 0.75, 0.9, 1.0]
    assert betas == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_what_is_compared_with_is_always_there(runs):
    np.testing.assert_array_equal(select_sweep(runs, "division").division, [0.5, 0.75, 1.0])
    np.testing.assert_array_equal(select_sweep(runs, "beta").beta, [0.0, 0.5, 1.0])


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
        ConcentricCircles(**wrong)


def test_the_preset_trains_and_measures_as_the_paper_does():
    paper = ConcentricCircles(preset="paper")
    assert (paper.activations, paper.bins, paper.mi_samples) == ("post", 20, 0)
    assert (paper.n_memorized, paper.epochs_memorized, paper.penalty) == (100, 10_000, 0.0)
    assert (paper.n_points, paper.width) == (2000, 16)
    assert ConcentricCircles(preset="paper", width=8, edges="common").width == 8


def test_sets_differ_only_in_what_they_should(experiment):
    def points(network):
        data = experiment.data(network, 0)
        return data.pop("train"), data

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
        assert list(one) == list(unseen)
        for name, there in unseen.items():
            np.testing.assert_array_equal(there["input"], one[name]["input"])
            np.testing.assert_array_equal(there["label"], one[name]["label"])


def test_more_random_labels_include_the_fewer(experiment):
    half = experiment.data("beta 0.5", 0)["train"]
    changed = float((half.label != half.true_label).mean())
    assert 0 < changed < 0.5


def test_aligned_sets_change_c1_only(experiment):
    sets = experiment.data("baseline", 0)
    del sets["train"]
    assert tuple(sets) == ALIGNMENTS
    again = make_unseen(n_points=200, fraction=experiment.fraction, seed=0)
    for name, points in again.items():
        xr.testing.assert_identical(points, sets[name])
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
    experiment = ConcentricCircles(**SMALL | {"n_memorized": 10, "epochs_memorized": 300})
    data = experiment.data("memorized", 0)
    _, until = experiment.train("memorized", 0, data)
    _, long = experiment.train("memorized, long", 0, data)
    n = until.sizes["epoch"]
    assert n < 300 == long.sizes["epoch"]
    assert float(until.train_accuracy[-1]) == 1
    # until then it is the same training, measured alike
    np.testing.assert_array_equal(until.train_accuracy, long.train_accuracy[:n])


def test_labels_are_all_that_differs_between_the_long_networks(experiment):
    recipes = experiment.recipes
    few, memorized = recipes["few points, long"], recipes["memorized, long"]
    assert few._replace(beta=memorized.beta) == memorized
    assert (few.beta, memorized.beta) == (0.0, 1.0)
    true, random = (
        experiment.data(name, 0)["train"] for name in ("few points, long", "memorized, long")
    )
    np.testing.assert_array_equal(true["input"], random["input"])
    assert (true.label != random.label).any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_labels_are_all_learnt_by_default(seed):
    _, _, history = ConcentricCircles(cache="none").one("memorized", seed)
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
    assert runs.activation.dims == ("network", "seed", "alignment", "layer", "neuron", "sample")
    # one network at a time, and its layers before or after the ReLU alone
    layers = LAYERS[where]
    for seed in (0, 1):
        one = {"network": "heuristic", "alignment": "anti", "layer": layers, "seed": seed}
        again = inb.entropy(runs.activation.sel(one), bins=20, edges=edges)
        np.testing.assert_allclose(again.values, runs.entropy.sel(one | {"edges": edges}).values)


@pytest.mark.parametrize("layer", ["fc2", "relu1"])
def test_shared_bins_are_the_same_for_every_network(runs, layer):
    for network in ("baseline", "memorized"):
        one = {"network": network, "alignment": "mixed", "layer": layer, "seed": 0}
        for neuron in range(4):
            cells = np.floor(runs.activation.sel(one | {"neuron": neuron}).values / 0.5)
            share = np.unique(cells, return_counts=True)[1] / cells.size
            found = runs.entropy.sel(one | {"edges": "shared", "neuron": neuron})
            assert float(found) == pytest.approx(-(share * np.log(share)).sum(), abs=1e-9)


def test_spread_is_the_standard_deviation(runs):
    one = {"network": "memorized", "alignment": "none", "layer": "fc1"}
    expected = runs.activation.sel(one).values.std(axis=-1)
    np.testing.assert_allclose(runs.spread.sel(one), expected, rtol=1e-5)


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


def test_answers_on_planes_and_on_the_cut_are_the_networks(experiment, runs):
    _, model, _ = experiment.one("heuristic", 1)
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


def test_neurons_are_off_as_their_measures_say(experiment, runs):
    found = interventions(runs)
    assert found.network.values.tolist() == ["heuristic", "memorized"]
    assert found["set"].values.tolist() == ["bias", "anti", "none"]
    data, model, _ = experiment.one("heuristic", 1)
    one = runs.sel(network="heuristic", seed=1, alignment="bias", layer=LAYERS["pre"])
    entropy = one.entropy.sel(edges="common").stack(unit=("layer", "neuron"))
    lowest = entropy.unit.values[np.argsort(entropy.values, kind="stable")[:3]]
    copied = copy.deepcopy(model)
    with torch.no_grad():
        for layer, neuron in lowest:
            module = getattr(copied, layer)
            module.weight[neuron] = module.bias[neuron] = 0
    for name in ("anti", "none"):
        here = found.value.sel(network="heuristic", seed=1, by="lowest entropy", set=name)
        assert float(here.sel(number=0)) == pytest.approx(accuracy(model, data[name]))
        assert float(here.sel(number=3)) == pytest.approx(accuracy(copied, data[name]))


def test_the_cut_with_neurons_off_is_that_of_a_network_without_them(experiment, runs):
    data, model, _ = experiment.one("heuristic", 1)
    sets = {name: data[name] for name in ("bias", "anti")}
    found = inb.intervene(model, sets, by=["highest entropy"], numbers=[0, 32], progress=False)
    both = cuts(model, found).sel(by="highest entropy")
    whole = runs.radial.sel(network="heuristic", seed=1)
    np.testing.assert_allclose(both.sel(number=0), whole, atol=0.05)  # of half the directions
    constant = 1 / (1 + np.exp(-model.out.bias.item()))
    np.testing.assert_allclose(both.sel(number=32), constant, atol=1e-6)


def test_differences_between_aligned_sets(runs):
    difference = aligned_difference(runs.activation)
    place = {"network": "baseline", "seed": 0, "layer": "fc2"}
    one = difference.sel(place)
    for neuron in range(3):
        bias, anti = (
            runs.activation.sel(place | {"neuron": neuron, "alignment": a}).values
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
    np.testing.assert_array_equal(aligned_difference(values), 0)


def test_claims_are_those_of_the_ends_and_of_all_levels(runs):
    rows = {
        (row.statement, row.where): row for row in ConcentricCircles.of(runs).claims(runs).claims
    }
    row = rows["median entropy of heuristic below baseline", "fc2"]
    medians = runs.entropy.sel(alignment="bias", edges="shared", layer="fc2").median("neuron")
    np.testing.assert_allclose(
        row.effect, medians.sel(network="heuristic") - medians.sel(network="baseline")
    )
    assert row.direction == -1
    assert (
        rows["median mutual information of memorized, long below few points, long", "fc1"].direction
        == -1
    )
    trend = rows["median entropy falls with division", "mean of layers"]
    both = runs.entropy.sel(alignment="bias", edges="shared", layer=["fc1", "fc2"])
    both = select_sweep(both.to_dataset(), "division").entropy.median("neuron").mean("layer")
    taus = [kendalltau(both.division, both.sel(seed=seed)).statistic for seed in (0, 1)]
    np.testing.assert_allclose(trend.effect, taus)


def test_claims_follow_the_chosen_convention(experiment, runs):
    chosen = json.loads(runs.attrs["parameters"])
    chosen |= {"activations": "post", "edges": "common", "alignment": "none"}
    other = runs.assign_attrs(parameters=json.dumps(chosen))
    table = ConcentricCircles.of(other).claims(other)
    row = next(row for row in table.claims if row.where == "relu2")
    medians = runs.entropy.sel(alignment="none", edges="common", layer="relu2").median("neuron")
    np.testing.assert_allclose(
        row.effect, medians.sel(network="heuristic") - medians.sel(network="baseline")
    )
    assert "common to the neurons" in table.caption
    assert "alignment none" in table.caption


def test_conditions_hold_every_convention(experiment, runs):
    found = experiment.conditions(runs)
    assert set(found.entropy_change.dims) == {"comparison", "alignment", "side", "edges", "layer"}
    assert set(found.mutual_information_change.dims) == {
        "comparison", "alignment", "side", "estimator", "layer",
    }  # fmt: skip
    one = found.sel(
        alignment="none", comparison="few points, long → memorized, long", side="after the ReLU",
        edges="neuron", layer="mean of layers",
    )  # fmt: skip
    medians = runs.entropy.sel(alignment="none", edges="neuron", layer=["relu1", "relu2"])
    medians = medians.median("neuron").mean("layer")
    change = medians.sel(network="memorized, long") - medians.sel(network="few points, long")
    np.testing.assert_allclose(one.entropy_change, change.mean("seed"))
    np.testing.assert_allclose(
        one.median_entropy.sel(end="end") - one.median_entropy.sel(end="start"), change
    )
    signs = dict(zip(found.comparison.values, found.entropy_claimed.values, strict=True))
    assert signs["baseline → heuristic"] == signs["baseline, long → heuristic, long"] == -1
    assert signs["few points, long → memorized, long"] == 1
    np.testing.assert_array_equal(found.mutual_information_claimed, -found.entropy_claimed)


@pytest.mark.parametrize("measure", ["entropy", "mutual information"])
def test_conditions_are_judged_as_the_table_is(experiment, runs, measure):
    shifted = runs.copy()
    for shift, network in ((-3.0, "heuristic"), (-2.0, "memorized")):  # clear, whatever the neurons
        for name in ("entropy", "mutual_information"):
            values = shifted[name]
            shifted[name] = values.where(values.network != network, values + shift)
    table = experiment.claims(shifted)
    found = experiment.conditions(shifted).sel(
        alignment="bias", side="before the ReLU", edges="shared", estimator="ksg",
        layer="mean of layers",
    )  # fmt: skip
    name = measure.replace(" ", "_")
    told = set()
    for row in table.claims:
        words = row.statement.removeprefix(f"median {measure} of ")
        if row.where == "mean of layers" and words != row.statement:
            end, start = words.replace(" above ", " below ").split(" below ")
            cell = found.sel(comparison=f"{start} → {end}")
            assert cell[f"{name}_verdict"].item() == row.verdict
            np.testing.assert_allclose(cell[f"{name}_change"], np.mean(row.effect))
            told.add(row.verdict)
    assert told >= {"holds", "does not hold"}


def test_one_seed_is_never_clear(experiment, runs):
    found = experiment.conditions(runs.isel(seed=[0]))
    assert (found.entropy_verdict == "too close to tell").all()
    assert (found.mutual_information_verdict == "too close to tell").all()


def test_the_entropy_step_by_step_is_that_of_the_results(experiment, runs):
    data, model, _ = experiment.one("heuristic", 0)
    layers = ["fc1", "relu1", "fc2", "relu2"]
    recorded = inb.record(model, data["anti"], layers=layers, progress=False)
    one = {"network": "heuristic", "seed": 0, "alignment": "anti"}
    np.testing.assert_allclose(
        entropies(recorded.activation, bins=20, bin_width=0.5), runs.entropy.sel(one), atol=1e-12
    )
    information = inb.mutual_information(
        recorded.activation.sel(layer="fc1"), k=3, max_samples=experiment.mi_samples
    )
    np.testing.assert_allclose(information, runs.mutual_information.sel(one | {"layer": "fc1"}))


def test_which_networks_are_compared(experiment):
    assert experiment.main_networks == ["heuristic", "baseline", "memorized", "few points"]
    assert list(experiment.recipes)[:3] == ["baseline", "division 0.75", "heuristic"]
    assert experiment.levels() == list(experiment.recipes)


def test_finished_runs_are_kept(tmp_path, runs):
    options = SMALL | {"cache": str(tmp_path), "seed": [0], "beta": [1.0], "division": [1.0]}
    first = ConcentricCircles(**options).run(progress=False)
    again = ConcentricCircles(**options).run(progress=False)
    xr.testing.assert_identical(first, again)
    one = {"network": "memorized", "seed": 0}
    np.testing.assert_array_equal(first.entropy.sel(one), runs.entropy.sel(one))
