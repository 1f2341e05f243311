"""What nine_rulers makes of its networks: what they are taught, and readings by hand or plainly."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from nine_runs import TINY

from infonb.experiments import NineRulers
from infonb.experiments.nine_rulers import planted_found
from infonb.experiments.nine_rulers.expected import EXPECTED
from infonb.experiments.nine_rulers.in_and_out import samples_of
from infonb.experiments.nine_rulers.kinds import NETWORKS, NOISY
from infonb.experiments.nine_rulers.layers import NETWORK_RULERS, is_wrong
from infonb.experiments.nine_rulers.networks import built, hidden_layers, probabilities
from infonb.experiments.nine_rulers.readings import (
    RULERS,
    early_disagreement,
    kernel_memorization,
)
from infonb.experiments.nine_rulers.training import Trained
from infonb.experiments.nine_rulers.units import UNIT_RULERS, switching_off
from infonb.experiments.nine_rulers.unseen import of_unseen
from infonb.networks import MLP
from infonb.parameters import ParameterError
from infonb.selection import switched_off
from infonb.training import predict

pytestmark = pytest.mark.slow


def test_what_networks_are_taught():
    chosen = NineRulers(**TINY)
    given = {name: samples_of(chosen, name) for name in NETWORKS}
    planted = given["constructed"]
    kind = planted.kind.values
    for name, one in given.items():
        np.testing.assert_array_equal(one.planted_label, planted.label)
        np.testing.assert_array_equal(one.role.values == "null", ~one.is_in.values)
        same_images = (one.input.values == planted.input.values).all()
        assert same_images == (name != "shortcut")
    np.testing.assert_array_equal(given["true labels"].label, planted.true_label)
    np.testing.assert_array_equal(given["shortcut"].label, planted.label)
    for name in NOISY:
        np.testing.assert_array_equal(given[name].label, given["noise"].label)
    changed = given["noise"].label.values != planted.label.values
    assert not changed[kind != "typical"].any()
    assert 0.08 < changed[kind == "typical"].mean() < 0.35
    drawn = given["random labels"]
    assert (drawn.label.values == planted.true_label.values).mean() < 0.3
    for group in range(3):
        assert len(set(drawn.label.values[drawn.group.values == group].tolist())) == 1


def test_dims_and_order_of_the_results(tiny):
    _, runs = tiny
    assert runs.score.dims == ("network", "seed", "ruler", "sample")
    assert runs.ruler.values.tolist() == list(RULERS)
    assert runs.unit_ruler.values.tolist() == list(UNIT_RULERS)
    assert runs.network_ruler.values.tolist() == list(NETWORK_RULERS)
    assert runs.network.values.tolist() == TINY["network"]
    assert set(map(str, runs.kind.values)) == set(EXPECTED["in_out"]) | {"typical"}
    for name in ("kind", "is_in", "group", "true_label"):
        assert runs[name].dims == ("sample",)
    assert runs.unit_score.dims == runs.unit_null.dims
    assert runs.layer.values.tolist() == ["layer 1", "layer 2", "layer 3"]
    assert runs.trainings.sel(ruler=["in_out", "membership", "density"]).values.tolist() == [
        4,
        1,
        0,
    ]
    seconds = runs.seconds.sel(network="noise", seed=0)
    assert (seconds > 0).all()
    one = seconds.sel(ruler="membership")  # hardly more than the training itself
    assert float(seconds.sel(ruler="in_out")) == pytest.approx(0.5 * 4 * float(one), rel=0.2)


def test_in_and_out_is_that_of_the_trainings(tiny):
    _, runs = tiny
    np.testing.assert_array_equal(runs.score.sel(ruler="in_out"), runs.mem)
    np.testing.assert_allclose(runs.mem, runs.U - runs.V, atol=1e-6)
    assert (runs.n_in + runs.n_out).max() == 4
    quick = [name for name in TINY["network"] if name != "logic gates"]
    seen = np.flatnonzero(runs.is_in.values)
    assert (runs.n_out.sel(network=quick).isel(sample=seen) == 2).all()
    halves = runs.mem_half.sel(network=quick).mean("half")
    np.testing.assert_allclose(halves, runs.mem.sel(network=quick), atol=1e-5)
    assert runs.mem_half.sel(network="logic gates").isnull().all()
    mean = runs.mem.isel(sample=seen).mean("sample")
    np.testing.assert_allclose(runs.network_score.sel(network_ruler="mean_in_out"), mean, atol=1e-6)


def test_readings_do_not_apply_where_there_is_no_course_or_no_slope(tiny):
    _, runs = tiny
    empty = runs.score.isnull().all(["seed", "sample"])
    assert set(empty.ruler.values[empty.sel(network="constructed").values]) == {
        "cumulative_loss", "area_under_margin", "forgetting_events", "loss_curvature",
        "early_learning",
    }  # fmt: skip
    assert set(empty.ruler.values[empty.sel(network="logic gates").values]) == {"loss_curvature"}
    assert not empty.sel(network="noise").any()
    twins = runs.score.sel(ruler="density").isel(sample=np.flatnonzero(~runs.is_in.values))
    assert twins.isnull().all()


def test_readings_of_a_course_by_hand():
    p = np.array([[0.2, 1.0], [0.4, 1.0], [0.9, 0.0], [0.9, 0.0], [0.9, 0.0]])
    course = xr.Dataset({"probability": (("epoch", "sample"), p)})
    table = 0.7 * 0.3 * p[0] + 0.3 * p[1]
    np.testing.assert_allclose(early_disagreement(course, 0.4), 1 - table / (1 - 0.7**2))
    points = np.array([[0.0], [0.0], [0.0], [9.0]]) + np.array([[0.0], [0.1], [0.2], [0.0]])
    mem = kernel_memorization(points)
    width = 0.05  # half the median distance to the nearest other point, 0.1
    kernel = np.exp(-((points - points.T) ** 2) / (2 * width**2))
    others = kernel.sum(axis=1) - 1
    with np.errstate(divide="ignore"):
        expected = np.log((others + 1) / 4) - np.log(others / 3)
    np.testing.assert_allclose(mem[:3], expected[:3], rtol=1e-6)
    assert mem[3] > 100


def test_switching_off_by_hand(tiny):
    experiment, _ = tiny
    data = experiment.data("noise", 0)
    model = MLP([64, 16, 16, 10], seed=3)
    found = switching_off(model, data, units=0, seed=0)
    assert found.wrong.shape == (2, 16)
    train = data["train"]
    wrong = is_wrong(train)
    assert wrong.sum() > 8
    images = train[["input"]].drop_vars(list(train.coords))

    def its():
        said = predict(model, images).astype(float)
        share = np.exp(said - said.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        return share[np.arange(len(said)), train.label.values]

    before = its()
    with switched_off(model, {"relu2": 5}):
        lost = before - its()
    assert float(found.wrong.sel(layer="layer 2")[5]) == pytest.approx(lost[wrong].mean(), abs=1e-6)
    clean = (train.kind.values == "typical") & ~wrong
    assert float(found.typical.sel(layer="layer 2")[5]) == pytest.approx(
        lost[clean].mean(), abs=1e-6
    )
    few = switching_off(model, data, units=4, seed=0)
    assert int(few.wrong.notnull().sum()) == 8
    there = few.wrong.notnull()
    np.testing.assert_allclose(few.wrong.values[there], found.wrong.values[there])


def test_what_is_constructed_says_shares(tiny):
    experiment, runs = tiny
    data = experiment.data("constructed", 0)
    model = built(data["train"], 10, 0)
    assert hidden_layers(model) == ["hidden1", "hidden2", "hidden3"]
    found = probabilities(model, data["train"])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == data["train"].label.values).all()
    assert (runs.taught_accuracy.sel(network="constructed") == 1).all()


def test_units_drawn_for_mi_are_those_that_are_switched_off(tiny):
    _, runs = tiny
    known = runs.unit_score.notnull()
    pair, off = (known.sel(unit_ruler=name) for name in ("mean_information", "switching_off"))
    assert not (pair & ~off).any()  # a unit that does not vary has no MI
    assert int(off.sel(network="noise", seed=0).sum()) == 2 * TINY["units"]
    assert int(pair.sel(network="noise", seed=0).sum()) > TINY["units"]


def test_what_was_asked_of_unseen_images_is_kept():
    rng = np.random.default_rng(0)
    acts = xr.Dataset(
        {"activation": (("layer", "neuron", "sample"), rng.random((1, 4, 60), np.float32))},
        {"layer": np.array(["layer 1"], object), "neuron": np.arange(4), "sample": np.arange(60)},
    )
    label = xr.DataArray(rng.integers(0, 3, 60), {"sample": np.arange(60)}, ("sample",), "label")
    options = {"bins": 10, "mi_bins": 4, "units": 0, "seed": 0}
    first = of_unseen(acts, label, **options)
    again = of_unseen(acts, label, **options)
    xr.testing.assert_identical(first, again)
    again["entropy"][:] = -1  # what is given away is the caller's own
    xr.testing.assert_identical(first, of_unseen(acts, label, **options))
    other = of_unseen(acts, label[::-1].assign_coords(sample=label.sample), **options)
    assert not other.imbalance_to_label.equals(first.imbalance_to_label)
    moved = of_unseen(acts + 0 * acts, label, **options | {"bins": 5})
    assert not moved.entropy.equals(first.entropy)


def test_entropy_and_mi_as_published(tiny):
    experiment, runs = tiny
    data = experiment.data("shortcut", 0)
    plain, marked = (data[name]["input"].values for name in ("evaluation", "marked"))
    changed = (plain != marked).reshape(len(plain), -1).sum(axis=1)
    assert changed.max() == 1, "the mark of 8 x 8 images is one pixel"
    one = experiment.one("shortcut", 0)
    first = one.data["marked"]["input"].values.reshape(len(plain), -1)
    hidden = first @ one.model.network.fc1.weight.detach().numpy().T
    hidden = hidden + one.model.network.fc1.bias.detach().numpy()
    second = np.maximum(hidden, 0) @ one.model.network.fc2.weight.detach().numpy().T
    second = second + one.model.network.fc2.bias.detach().numpy()

    # bins common to a network: one range for both layers
    low, high = (
        end([hidden.min(), hidden.max(), second.min(), second.max()]) for end in (min, max)
    )
    edges = np.linspace(low, high, experiment.bins + 1)

    def entropy(values):
        shares = [np.histogram(row, edges)[0] / len(row) for row in values.T]
        return np.median([-(p[p > 0] * np.log(p[p > 0])).sum() for p in shares])

    told = [entropy(layer) for layer in (hidden, second)]
    at = {"network": "shortcut", "seed": 0, "images": "marked"}
    found = runs.published_entropy.sel(at).sel(in_bins="common")
    assert float(found) == pytest.approx(np.mean(told), abs=1e-3)
    others = runs.sel(network=["logic gates", "constructed"])
    assert bool(others.published_entropy.isnull().all() & others.published_mi.isnull().all())


def test_a_training_that_was_kept_is_read(tmp_path, tiny):
    experiment, _ = tiny
    data = experiment.data("noise", 0)
    first, history = experiment.train("noise", 0, data, checkpoint=tmp_path)
    again, told = experiment.train("noise", 0, data, checkpoint=tmp_path)
    assert isinstance(again, Trained)
    assert again.seconds == first.seconds
    xr.testing.assert_identical(told, history)
    for name in ("loss", "margin", "probability", "prediction"):
        np.testing.assert_array_equal(again.dynamics[name], first.dynamics[name])
    for one, other in zip(again.network.parameters(), first.network.parameters(), strict=True):
        assert (one == other).all()
    (tmp_path / "course.npz").unlink()  # as if it was killed between network and course
    anew, _ = experiment.train("noise", 0, data, checkpoint=tmp_path)
    np.testing.assert_array_equal(anew.dynamics["loss"], first.dynamics["loss"])


def test_examples_are_to_be_looked_at():
    experiment = NineRulers(**TINY)
    found = experiment.examples()
    assert found.input.dims == ("sample", "row", "column")
    assert 0 <= float(found.input.min()) < float(found.input.max()) <= 1
    np.testing.assert_array_equal(found.label, found.planted_label)


def test_what_cannot_be_is_told_before_anything_runs():
    with pytest.raises(ParameterError, match=r"need 3,\d{3} different images; digits has 1,797"):
        NineRulers(n_typical=1700)
    with pytest.raises(ParameterError, match="gates must end with a multiple of 10"):
        NineRulers(gates=[40, 25])
    with pytest.raises(ParameterError, match="network must hold 'true labels' and 'noise'"):
        NineRulers(network=["noise"])
    with pytest.raises(ParameterError, match="units must be 0"):
        NineRulers(units=1)
    with pytest.raises(ParameterError, match="network"):
        NineRulers(network=["true labels", "noise", "untaught"])
    assert NineRulers(preset="mnist").n_typical == 2000
    assert NineRulers(preset="cifar10").dataset == "cifar10"


def test_planted_truth_comes_out():
    """Wrong labels and outliers are known by heart, copies and marks are not, and twins never."""
    experiment = NineRulers(
        seed=[0], network=["true labels", "noise"], noise=0.0, repeats=4, cache="none",
        views=2, units=4, projections=4,
    )  # fmt: skip
    runs = experiment.run(progress=False)
    mem = runs.mem.sel(network="noise", seed=0)
    groups = mem.groupby("kind").mean()
    seen = {
        k: float(mem[(runs.kind == k).values & runs.is_in.values].mean())
        for k in groups.kind.values
    }
    twin = {
        k: float(mem[(runs.kind == k).values & ~runs.is_in.values].mean())
        for k in groups.kind.values
    }
    assert min(seen["wrong label"], seen["outlier"]) > 0.7
    assert max(seen["near-duplicate"], seen["typical"]) < 0.3
    assert seen["shortcut"] < 0.5
    assert max(abs(value) for value in twin.values()) < 0.12
    found = planted_found(runs).auroc.sel(network="noise", ruler="in_out")
    assert float(found.sel(kind="wrong label")) > 0.85
    assert float(found.sel(kind="outlier")) > 0.85
    assert float(found.sel(kind="near-duplicate")) < 0.5
