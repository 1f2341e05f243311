"""Networks of logic gates: kinds, what is measured beside plain computations, the circuit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

from infonb.claims.verdict import HOLDS
from infonb.experiments import LogicGates
from infonb.experiments.logic_gates import (
    answer_words,
    circuit_of,
    circuit_table,
    estimator_words,
    estimators_on_bits,
    explore_circuit,
    kinds_table,
    on_neurons,
    published_words,
    recorded_bits,
)
from infonb.experiments.logic_gates.answer import shrinking
from infonb.experiments.logic_gates.circuit import SYMBOLS, Circuit, part_of, telling
from infonb.experiments.logic_gates.claims import in_order, rows_of
from infonb.experiments.logic_gates.data import images_of
from infonb.experiments.logic_gates.figures import (
    plot_course,
    plot_density,
    plot_depth,
    plot_estimators,
    plot_gates,
    plot_information,
    plot_thermometer,
)
from infonb.experiments.logic_gates.kinds import (
    Kind,
    all_kinds,
    kind_of,
    pairs_of_depth,
    with_noise,
)
from infonb.experiments.logic_gates.live import CircuitFigure
from infonb.experiments.logic_gates.measures import gradients, information_of, with_null
from infonb.experiments.logic_gates.networks import layers_of
from infonb.measures import binary_mutual_information
from infonb.networks import GATES
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

TINY = {
    "kind": ["noise 0.4", "gaussian", "depth 11", "depth 11 gaussian"],
    "seed": [0, 1], "n_train": 80, "n_test": 60, "k": 4, "width": 80, "layers": 2, "epochs": 2,
    "depth_gates": 220, "depth_epochs": 1, "mi_neurons": 6,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    experiment = LogicGates(**TINY, cache=str(tmp_path_factory.mktemp("runs")))
    return experiment, experiment.run(progress=False)


def test_words_of_kinds():
    assert kind_of("clean") == Kind()
    assert kind_of("noise 0.4") == Kind(0.4)
    assert kind_of("depth 12 gaussian") == kind_of("gaussian depth 12") == Kind(0, 12, "normal")
    assert kind_of("noise 0.1 depth 3") == Kind(0.1, 3)
    for wrong in ("", "noise", "noise 2", "noise x", "noise 0", "depth 1.5", "gaussian gaussian",
                  "depth", "normal", "clean gaussian"):  # fmt: skip
        with pytest.raises(ParameterError, match="kind must be 'clean', or of 'noise SHARE'"):
            kind_of(wrong)
    assert all_kinds(["gaussian", "clean"]) == ["clean", "gaussian"]
    again = ["noise 0.4", "noise 0.40", "gaussian depth 12", "depth 12 gaussian", "noise 0.4"]
    assert all_kinds(again) == ["clean", "noise 0.4", "gaussian depth 12"]
    kinds = ["clean", "noise 0.4", "noise 0.1", "noise 0.2 gaussian", "depth 9", "gaussian",
             "depth 12 gaussian", "depth 12"]  # fmt: skip
    assert with_noise(kinds) == ["noise 0.1", "noise 0.4"]
    assert pairs_of_depth(kinds) == [("depth 12", "depth 12 gaussian")]


def test_wrong_labels_are_as_many_as_asked_and_in_training_alone():
    found = images_of("digits", 0.4, n_train=1200, n_test=500, seed=1)
    train, test = found["train"], found["evaluation"]
    assert train.input.shape == (1200, 1, 8, 8)
    assert test.sizes["sample"] == 500
    assert float(train.is_wrong.mean()) == pytest.approx(0.4, abs=0.05)
    assert (train.is_wrong == (train.label != train.true_label)).all()
    assert not set(train.sample.values) & set(test.sample.values)
    clean = images_of("digits", 0.0, n_train=1200, n_test=500, seed=1)
    np.testing.assert_array_equal(clean["train"].input, train.input)
    assert not clean["train"].is_wrong.any()
    inner = images_of("digits", 0.0, n_train=1200, n_test=500, crop=1, seed=1)["evaluation"]
    np.testing.assert_array_equal(inner.input, test.input[:, :, 1:7, 1:7])


def test_layers_in_order():
    names = ["conv1", "conv2", "gates1", "gates10", "gates2", "pool1", "pool2"]
    expected = ["conv1", "pool1", "conv2", "pool2", "gates1", "gates2", "gates10"]
    assert in_order(names) == expected


def test_accuracies_by_hand(tiny):
    experiment, runs = tiny
    one = experiment.one("noise 0.4", 1)
    images = torch.as_tensor(one.data["evaluation"].input.values)
    label = one.data["evaluation"].label.values
    found = runs.sel(kind="noise 0.4", seed=1)
    with torch.no_grad():
        hard = one.model.eval()(images).argmax(1).numpy()
        soft = one.model.train()(images).argmax(1).numpy()
        train = one.data["train"]
        said = one.model.eval()(torch.as_tensor(train.input.values)).argmax(1).numpy()
    assert float(found.hard) == pytest.approx((hard == label).mean())
    assert float(found.soft) == pytest.approx((soft == label).mean())
    assert float(found.gap) == pytest.approx(abs(float(found.soft - found.hard)))
    wrong = train.is_wrong.values
    assert float(found.memorized) == pytest.approx((said == train.label.values)[wrong].mean())
    assert float(found.seen_through) == pytest.approx(
        (said == train.true_label.values)[wrong].mean()
    )
    assert np.isnan(runs.memorized.sel(kind="clean")).all()
    # what fit saw after the last epoch is the Boolean network
    np.testing.assert_allclose(found.validation_accuracy.dropna("epoch")[-1], found.hard)


def test_information_by_hand(tiny):
    experiment, runs = tiny
    one = experiment.one("clean", 0)
    examples = one.data["evaluation"]
    assert layers_of(one.model) == ["conv1", "pool1", "conv2", "pool2", "gates1", "gates2"]
    bits = recorded_bits(one.model, examples, ["conv1", "gates2"])
    with torch.no_grad():
        model = one.model.eval()
        conv = model.conv1(model.thermometer(torch.as_tensor(examples.input.values)))
    np.testing.assert_array_equal(bits.values[0], conv.flatten(1).numpy().T)
    values = bits.values[1, :40]
    p = values.mean(axis=1)
    entropy = [-sum(q * np.log(q) for q in (one, 1 - one) if q > 0) for one in p]
    found = runs.sel(kind="clean", seed=0, layer="gates2")
    assert float(found.entropy) == pytest.approx(np.mean(entropy))
    assert float(found.density) == pytest.approx(p.mean())
    assert int(found.width) == 40
    all_pairs = information_of(one.model, examples, neurons=0).sel(layer="gates2")
    table = binary_mutual_information(xr.DataArray(values, dims=("neuron", "sample"))).values
    expected = table[~np.eye(40, dtype=bool)].mean()
    assert float(all_pairs.information) == pytest.approx(expected)
    untrained = experiment.network("clean", 0, one.data)
    null = information_of(untrained, examples, neurons=6)
    np.testing.assert_allclose(
        runs.null_density.sel(kind="clean", seed=0).dropna("layer"), null.density
    )


def test_the_circuit_says_what_the_network_says(tiny):
    _, runs = tiny
    assert (runs.same_logits == 1).all()
    clean = runs.sel(kind="clean", seed=0)
    assert clean.learned.sel(layer="conv1") == 4 * 7
    assert clean.spatial.sel(layer="conv1") == 4 * 7 * 64
    assert int(clean.circuit) > int(clean.simplified)
    shares = clean.gate_share.dropna("layer", how="all")
    np.testing.assert_allclose(shares.sum("gate"), 1)
    passing = shares.sel(gate=["A", "B"]).sum("gate") * clean.learned.sel(layer=shares.layer)
    np.testing.assert_allclose(passing, clean.passthrough.sel(layer=shares.layer))
    table = circuit_table(runs)
    assert table.loc["all", "learned"] == table["learned"][:-1].sum()


def test_deep_ones_have_equally_many_gates_and_their_own_layers(tiny):
    experiment, runs = tiny
    deep = runs.sel(kind="depth 11", seed=0)
    assert float(deep.learned.sum()) == 220
    assert deep.learned.dropna("layer").layer.values.tolist() == [f"gates{i}" for i in range(1, 12)]
    network = experiment.network("depth 11", 0, experiment.data("depth 11", 0))
    assert network.sum.tau == pytest.approx(2.0 * (20 / 40) ** 0.5)
    assert runs.kind.values[0] == "clean"


def test_gradients_before_training_shrink_as_in_closed_form(tiny):
    experiment, runs = tiny
    steady, lost = (shrinking(runs.gradient.sel(kind=one)) for one in experiment.kind[2:])
    # of logits 5 and 0 the slope at the first input is (e^5 - 1) / (e^5 + 15)
    expected = (np.exp(5) + 15) / (np.exp(5) - 1)
    assert steady == pytest.approx(expected, rel=0.02)
    assert 4 < lost < 10
    words = answer_words(runs, experiment.claims(runs))
    assert f"the gradient shrinks {steady:.2g} and {lost:.2g} times a layer" in words
    assert runs.gradient.sel(kind="clean").isnull().all()
    one = experiment.data("clean", 0)["train"].isel(sample=slice(5))
    network = experiment.network("depth 11", 0, {"train": one})
    found = gradients(network, one).gradient
    # of the last layer by hand: every output of a class has the same, through softmax and tau
    with torch.no_grad():
        logits = network.train()(torch.as_tensor(one.input.values))
    off = torch.softmax(logits, 1) - torch.eye(10)[torch.as_tensor(one.label.values)]
    by_hand = off.norm() / 5 / network.sum.tau * 2**0.5  # of 2 gates for each class
    assert float(found[-1]) == pytest.approx(float(by_hand), rel=1e-5)
    deep = gradients(experiment.network("depth 22 gaussian", 0, {"train": one}), one).gradient
    assert 0 < float(deep[0]) < 1e-10


def test_rows_hold_where_they_should_and_fail_where_all_is_the_other_way_round(tiny):
    experiment, runs = tiny
    there = runs.entropy.sel(kind="clean").notnull()
    luck = xr.DataArray([0.001, -0.001], {"seed": runs.seed})
    kinds = {"clean": 0.9, "gaussian": 0.5, "noise 0.4": 0.6, "depth 11": 0.8,
             "depth 11 gaussian": 0.1}  # fmt: skip
    hard = xr.DataArray([kinds[one] for one in runs.kind.values], {"kind": runs.kind}) + luck
    made = {
        "hard": hard, "gap": hard * 0 + 0.01 + luck / 10,
        "entropy": hard.where(there) / 2, "information": hard.where(there) / 9,
        "null_density": 0.7 + (0 * hard + luck).where(there),
        "density": 0.52 + (0 * hard + luck).where(there),
    }  # fmt: skip
    found = experiment.claims(runs.assign(made)).claims
    assert len(found) == 10  # start, gap, two of depth, two pools, two layers of MI and of entropy
    assert {one.verdict for one in found} == {HOLDS}, [one.statement for one in found]
    turned = made | {
        "hard": 1 - hard, "gap": hard * 0 + 0.2 + luck,
        "entropy": 0.5 - made["entropy"], "information": 0.1 - made["information"],
        "density": made["null_density"], "null_density": made["density"],
    }  # fmt: skip
    found = experiment.claims(runs.assign(turned)).claims
    assert len(found) == 10
    assert HOLDS not in {one.verdict for one in found}


def test_the_null_is_of_the_network_before_training(tiny):
    experiment, _ = tiny
    data = experiment.data("clean", 0)
    one, other = (experiment.network("clean", seed, data) for seed in (0, 1))
    trained, null = with_null(one, other, data["evaluation"], neurons=6)
    expected = information_of(other, data["evaluation"], neurons=6)
    for name in ("entropy", "information", "label_information", "density"):
        np.testing.assert_array_equal(null[f"null_{name}"], expected[name])
        assert not np.array_equal(trained[name], expected[name])
    assert len(with_null(one, None, data["evaluation"], neurons=6)) == 1


def test_gates_a_second_in_words(tiny):
    experiment, runs = tiny
    claims = experiment.claims(runs)
    for speed, told in ((2.345e9, "2.35 billion"), (1.2e7, "12 million"), (4321.0, "4,321")):
        words = answer_words(runs.assign(gates_per_second=runs.hard * 0 + speed), claims)
        assert f"at {told} gates a second" in words


def test_depths_have_rows_of_their_own(tiny):
    experiment, runs = tiny
    twice = [runs, runs.sel(kind=["depth 11", "depth 11 gaussian"])]
    twice[1] = twice[1].assign_coords(kind=["depth 24", "depth 24 gaussian"])
    both = xr.concat(twice, "kind")
    rows = [one for one in rows_of(both) if one.where in ("11 layers", "24 layers")]
    assert [one.where for one in rows] == ["11 layers"] * 2 + ["24 layers"] * 2
    assert "24 layers" in plot_depth(both).alt
    assert "With 24 dense layers" in answer_words(both, experiment.claims(runs))


def test_rows_words_tables_and_figures(tiny):
    experiment, runs = tiny
    claims = experiment.claims(runs)
    told = [claim.statement for claim in claims.claims]
    assert len(claims.of_paper) == 4
    assert told[0] == "hard accuracy is higher from gates that pass bits on than from Gaussian ones"
    assert claims.claims[0].effect == pytest.approx(
        (runs.hard.sel(kind="clean") - runs.hard.sel(kind="gaussian")).values
    )
    words = answer_words(runs, claims)
    assert f"{100 * float(runs.hard.sel(kind='clean').mean()):.1f} %" in words
    assert "says exactly what the network says of all test images" in words
    assert "With 40 % wrong labels" in words
    assert "no numbers of these images" in published_words(experiment, runs)
    table = kinds_table(runs)
    assert table.index.tolist() == runs.kind.values.tolist()
    np.testing.assert_allclose(table["hard"], runs.hard.mean("seed"))
    for plot in (plot_course, plot_density, plot_depth, plot_gates, plot_information):
        assert len(plot(runs).alt) > 60
    assert plot_depth(runs.sel(kind=["clean", "gaussian"])) is None


def test_a_circuit_that_differs_is_told(tiny):
    experiment, runs = tiny
    broken = runs.assign(same_logits=runs.same_logits * 0.9)
    words = answer_words(broken, experiment.claims(runs))
    assert "**differs** from the network on 10.0 % of the test images" in words


def test_mnist_is_compared_with_what_was_published():
    experiment = LogicGates(preset="mnist")
    runs = xr.Dataset({"hard": (("kind", "seed"), [[0.97, 0.98]])}, {"kind": ["clean"]})
    words = published_words(experiment, runs)
    assert "is 97.50 % (97.00 to 98.00). Published for 6 layers of 8,000 gates, from" in words
    assert "in 200,000 steps: 97.69 %" in words
    assert "0.19 points below the published number, after 12,000 steps of 100 images." in words
    assert experiment.widths == [8000] * 6
    assert experiment.levels() == ["clean"]
    conv = LogicGates(preset="mnist_conv")
    assert conv.widths == [20480, 10240, 5120]
    assert "98.46 %" in published_words(conv, runs)


def _by_hand():
    """Three input bits; two layers; ten outputs, of which class 0 is AND and class 1 copies b."""
    last = np.full(10, 0)
    last[:2] = [1, 5]
    wires = np.zeros((2, 10), int)
    wires[1] = 1
    first = np.array([6, 12])  # XOR of 0 and 1, NOT of 2
    images = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1]], bool)
    hidden = np.stack([images[:, 0] ^ images[:, 1], ~images[:, 2]], axis=1)
    out = np.zeros((4, 10), bool)
    out[:, 0], out[:, 1] = hidden[:, 0] & hidden[:, 1], hidden[:, 1]
    return Circuit(
        [first, last], [np.array([[0, 2], [1, 0]]), wires], [images, hidden, out],
        ["gates1", "gates2"], np.zeros((4, 2, 2)), np.array([0, 0, 1, 1]), 2.0, ["x", "y", "z"],
    )  # fmt: skip


def test_a_part_of_a_circuit_by_hand():
    circuit = _by_hand()
    part = part_of(circuit, 0)
    assert [one.tolist() for one in part.places] == [[0, 1, 2], [0, 1], [0]]
    assert part.wires[1].tolist() == [[0, 0], [1, 0]]
    assert part.wires[0].tolist() == [[0, 0], [1, 0], [2, 1]]  # a NOT looks at its first alone
    copy = part_of(circuit, 1)
    assert copy.places[1].tolist() == [1]
    assert [one.tolist() for one in copy.places[:1]] == [[2]]
    np.testing.assert_allclose(circuit.logits[1, :2], [0.5, 0.5])
    picture = CircuitFigure(circuit).draw(1, 0)
    assert "The gates that tell a 0 best: a∧b is 1" in picture.alt
    assert "2 of 2 are 1" in picture.alt  # before it


def test_gates_that_tell_a_class_are_1_for_it_and_not_for_others():
    circuit = _by_hand()
    last = np.zeros((4, 30), bool)
    last[:2, 2] = True  # of class 0, for both of its images alone; another is 1 for all
    last[:, 1] = True
    last[2:, 0] = True
    last[2:, 4] = last[3, 3] = True
    circuit = replace(circuit, bits=[*circuit.bits[:2], last])
    assert telling(circuit, 0, 1).tolist() == [2]
    assert telling(circuit, 0, 2).tolist() == [1, 2]
    assert telling(circuit, 1, 1).tolist() == [4]
    assert telling(circuit, 5, 2).tolist() == [15, 16]  # no image of it


def test_signs_read_the_inputs_that_their_gates_look_at():
    for gate, sign in zip(GATES.values, SYMBOLS, strict=True):
        _, a, b, ab = gate
        assert ("a" in sign) == bool(a or ab)
        assert ("b" in sign) == bool(b or ab)
        for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)):
            words = sign.replace("¬", " not ").replace("∧", " and ").replace("∨", " or ")
            words = words.replace("⊕", "!=").replace("=b", "==b") if "a=b" in sign else words
            words = words.replace("⊕", "!=")
            assert eval(words, {"a": x, "b": y}) == gate @ [1, x, y, x * y]


@pytest.mark.parametrize("architecture", ["conv", "dense"])
def test_a_circuit_of_a_network(architecture):
    experiment = LogicGates(**TINY | {"architecture": architecture}, cache="none")
    data = experiment.data("gaussian", 0)
    network = experiment.network("gaussian", 0, data).eval()
    examples = data["evaluation"].isel(sample=slice(8))
    circuit = circuit_of(network, examples)
    with torch.no_grad():
        expected = network(torch.as_tensor(examples.input.values)).numpy()
    np.testing.assert_allclose(circuit.logits, expected, rtol=1e-6)
    for bits, gates, wires, out in zip(
        circuit.bits, circuit.gates, circuit.wires, circuit.bits[1:], strict=False
    ):
        a, b = bits[:, wires[0]], bits[:, wires[1]]
        number = 3 - (2 * a + b)  # of the truth table's bits, the last is that of 1, 1
        np.testing.assert_array_equal(gates >> number & 1, out)
    assert len(circuit.sources) == circuit.bits[0].shape[1]
    quantiles = LogicGates(**TINY | {"architecture": architecture, "placed": "quantiles"})
    other = quantiles.network("clean", 0, data)
    limits = other.thermometer.thresholds.ravel().tolist()
    assert limits != [0.25, 0.5, 0.75]
    if architecture == "dense":
        told = [one.split(" > ")[1] for one in circuit_of(other, examples).sources[:3]]
        assert told == [f"{limit:.2g}" for limit in limits]
    if architecture == "dense":
        values = examples.input.values[:, 0]
        i, rest = circuit.sources[50].removeprefix("pixel ").split(" > ")[0].split(","), None
        limit = eval(circuit.sources[50].split(" > ")[1])
        assert rest is None
        np.testing.assert_array_equal(
            circuit.bits[0][:, 50], values[:, int(i[0]), int(i[1])] > limit
        )
    panel = explore_circuit(circuit, interactive=False)
    panel.controls["image"].value = 3
    panel.controls["label"].value = 7
    assert f"A {circuit.labels[3]}, taken for" in panel.alt
    assert "The gates that tell a 7 best" in panel.alt
    assert len(plot_thermometer(network, examples).alt) > 60


def test_estimators_on_bits_of_known_information():
    known = estimators_on_bits((0.0, 0.2, 0.5), n_samples=200, n_pairs=3)
    expected = [np.log(2), np.log(2) + 0.2 * np.log(0.2) + 0.8 * np.log(0.8), 0]
    np.testing.assert_allclose(known.exact, expected, atol=1e-12)
    counts = known.information.sel(estimator="counts").mean("pair")
    np.testing.assert_allclose(counts, expected, atol=0.07)
    xr.testing.assert_allclose(
        known.information.sel(estimator="2 bins", drop=True),
        known.information.sel(estimator="counts", drop=True), atol=1e-12,
    )  # fmt: skip
    assert (known.information.sel(estimator="KSG") < -1).all()
    bits = xr.DataArray(np.random.default_rng(0).integers(0, 2, (4, 100)) * 1.0,
                        dims=("neuron", "sample"))  # fmt: skip
    neurons = on_neurons(bits)
    assert neurons.shape == (4, 6)
    assert float(neurons.sel(estimator="counts")[0]) == pytest.approx(
        float(binary_mutual_information(bits)[0, 1])
    )
    assert "KSG" in estimator_words(known, neurons)
    assert len(plot_estimators(known, neurons).alt) > 60


def test_what_cannot_be_is_told_before_anything_runs():
    with pytest.raises(ParameterError, match=r"n_train \+ n_test must be at most 1797"):
        LogicGates(n_train=1500)
    with pytest.raises(ParameterError, match="crop must leave 4 of the 8 rows of an image; 3"):
        LogicGates(crop=3)
    with pytest.raises(ParameterError, match="n_measured must be at most n_test, 597; not 600"):
        LogicGates(n_measured=600)
    with pytest.raises(ParameterError, match=r"mi_neurons must be 0 \(all\) or at least 2"):
        LogicGates(mi_neurons=1)
    with pytest.raises(ParameterError, match="width must leave the last layer a gate"):
        LogicGates(width=20, layers=3)
    with pytest.raises(ParameterError, match="depth_gates must be at least 10 for each layer"):
        LogicGates(kind=["depth 24"], depth_gates=100)
    with pytest.raises(ParameterError, match="n_train must be at most 60000 for mnist"):
        LogicGates(dataset="mnist", n_train=70_000)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"blocks": 4}, "too small for 4 block"), ({"tree_depth": 6}, "a tree of depth 6 has 64")],
)
def test_networks_that_cannot_be_are_told_before_anything_is_created(values, words):
    with pytest.raises(ValueError, match=words):
        LogicGates(**values).prepare()


def test_an_interrupted_training_ends_as_one_that_was_not(tmp_path):
    """Kill and resume are fit's: the options of the experiment do not stand in the way."""
    experiment = LogicGates(**TINY, cache="none")
    data = experiment.data("clean", 0)
    expected, _ = experiment.train("clean", 0, data)
    short = LogicGates(**TINY | {"epochs": 1}, cache="none")
    short.train("clean", 0, data, checkpoint=tmp_path / "run")
    resumed, history = experiment.train("clean", 0, data, checkpoint=tmp_path / "run")
    assert history.sizes["epoch"] == 2
    for name, values in resumed.state_dict().items():
        assert torch.equal(values, expected.state_dict()[name]), name
