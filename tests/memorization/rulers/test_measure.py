"""Rulers read from what is given: equal to their own functions, with nulls, and clear refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

import infonb as inb
from infonb.memorization import (
    agreement,
    auroc,
    class_selectivity,
    cumulative_loss,
    find_planted,
    in_out,
    in_out_plan,
    loss_curvature,
    measure,
    unit,
)
from infonb.networks import MLP, untrained
from infonb.training import Dynamics

pytestmark = pytest.mark.slow

N = 120


def points(n: int = N) -> xr.Dataset:
    """Return two clouds with a tenth of wrong labels; samples have labels of their own."""
    rng = np.random.default_rng(0)
    true = np.arange(n) % 2
    wrong = rng.random(n) < 0.1
    return xr.Dataset(
        {"input": (("sample", "feature"), rng.normal(size=(n, 5)) + 2 * true[:, None])},
        {
            "label": ("sample", true ^ wrong),
            "true_label": ("sample", true),
            "is_in": ("sample", rng.random(n) < 0.7),
            "sample": np.arange(n) + 1000,
        },
    )


@pytest.fixture(scope="module")
def trained():
    data = points()
    model, dynamics = MLP([5, 24, 24, 2], seed=0), Dynamics(data)
    inb.fit(
        model, data.isel(sample=data.is_in.values), epochs=40, batch_size=16,
        callbacks=[dynamics], progress=False,
    )  # fmt: skip
    return model, data, dynamics.results


@pytest.fixture(scope="module")
def found(trained):
    model, data, dynamics = trained
    return measure(model, data, dynamics=dynamics)


def test_what_can_be_read_is_read_and_the_rest_says_what_it_needs(found):
    read = {name for name in found.ruler.values if not found.needs.sel(ruler=name).item()}
    assert read == {
        "cumulative_loss", "area_under_margin", "forgetting_events", "pointwise_information",
        "membership", "early_learning", "units_owned", "density", "unit_mem", "class_selectivity",
        "entropy", "label_information", "mean_information", "memorized_share", "membership_auroc",
        "mean_entropy", "mean_mi", "mi_over_entropy", "mean_unit_mem", "matrix_entropy",
        "imbalance_to_label", "layer_information",
    }  # fmt: skip
    assert read == {name for name in found.data_vars if "memorized" in found[name].attrs}
    words = found.needs.to_series()
    assert "trainings=(score, held_out)" in words["in_out"]
    assert "which=['loss_curvature']" in words["loss_curvature"]
    assert "infonb.memorization.extraction" in words["extraction"]
    for name in read:
        assert found[name].attrs["of"] in ("sample", "unit", "network")
        assert found[name].attrs["units"] in ("1", "nat", "events")


def test_readings_are_those_of_their_own_functions(trained, found):
    model, data, dynamics = trained
    acts = inb.record(model, data, progress=False)
    bare = inb.record(untrained(model), data, progress=False)
    assert found.sample.values.tolist() == data.sample.values.tolist()
    np.testing.assert_array_equal(found.cumulative_loss, cumulative_loss(dynamics))
    np.testing.assert_array_equal(found.unit_mem, unit(acts, negative="rectify").unit_mem)
    np.testing.assert_array_equal(found.unit_mem_null, unit(bare, negative="rectify").unit_mem)
    np.testing.assert_array_equal(
        found.class_selectivity, class_selectivity(acts, negative="rectify").class_mem
    )
    np.testing.assert_array_equal(found.entropy, inb.entropy(acts))
    np.testing.assert_allclose(found.mean_entropy, inb.entropy(acts).mean("neuron"))
    np.testing.assert_allclose(found.mean_entropy_null, inb.entropy(bare).mean("neuron"))
    np.testing.assert_allclose(found.membership, dynamics.loss.isel(epoch=-1), rtol=1e-5)
    area = auroc(-dynamics.loss.isel(epoch=-1), data.is_in)
    assert float(found.membership_auroc) == pytest.approx(float(area.auroc))
    wrong = (data.label != data.true_label).values & data.is_in.values
    said = dynamics.prediction.isel(epoch=-1).values[wrong] == data.label.values[wrong]
    assert float(found.memorized_share) == pytest.approx(said.mean())
    owners = unit(acts, negative="rectify").argmax_sample.values.ravel()
    counted = [int((owners == label).sum()) for label in data.sample.values]
    assert found.units_owned.values.tolist() == counted
    assert found.units_owned_null.attrs["null"] == "the network without training"


def test_mean_information_by_a_plain_loop(trained, found):
    model, data, _ = trained
    acts = inb.record(model, data, progress=False)
    whole = inb.mutual_information(
        acts, within="layer", estimator="binned", edges="neuron", corrected="miller-madow"
    ).values
    for layer in range(2):
        for neuron in range(24):
            others = np.delete(whole[layer, neuron], neuron)
            assert float(found.mean_information[layer, neuron]) == pytest.approx(others.mean())
        pairs = whole[layer][~np.eye(24, dtype=bool)]
        assert float(found.mean_mi[layer]) == pytest.approx(pairs.mean())
    np.testing.assert_allclose(found.mi_over_entropy, found.mean_mi / found.mean_entropy)


def test_early_learning_by_hand():
    probability = xr.DataArray(
        [[0.2, 0.9], [0.4, 0.9], [0.6, 0.9], [1.0, 0.9]], dims=("epoch", "sample")
    )
    acts = {"a": np.random.default_rng(0).normal(size=(2, 3))}
    dynamics = xr.Dataset({"probability": probability})
    found = measure(acts, which="early_learning", dynamics=dynamics, early=0.5)
    expected = 1 - (0.7 * 0.2 + 0.4) / 1.7
    np.testing.assert_allclose(found.early_learning, [expected, 0.1])


def test_trainings_and_their_null():
    rng = np.random.default_rng(0)
    held_out = in_out_plan(60, repeats=20, folds=2)
    knows = xr.DataArray(rng.random(60) < 0.5, dims="sample")
    score = (knows | ~held_out).astype(float)
    acts = {"a": rng.normal(size=(60, 3))}
    found = measure(acts, which=["in_out", "mean_in_out"], trainings=(score, held_out))
    direct = in_out(score, held_out)
    np.testing.assert_array_equal(found.in_out, direct.mem)
    np.testing.assert_array_equal(found.in_out_interval, direct.interval)
    assert float(found.mean_in_out) == pytest.approx(float(direct.mem.mean()))
    low, high = found.mean_in_out_interval.values
    assert low < float(found.mean_in_out) < high
    # dealt out anew, in and out tell nothing
    assert abs(float(found.in_out_null.mean())) < 0.05
    assert float(abs(found.in_out_null).max()) < 0.9
    again = measure(acts, which="in_out", trainings=direct)
    np.testing.assert_array_equal(again.in_out, direct.mem)


def test_readings_go_on_to_agreement_and_planted(found, trained):
    data = trained[1]
    whole = agreement(found)
    assert "cumulative_loss" in whole.reading.values
    assert "pointwise_information fc2" in whole.reading.values
    assert float(whole.tau.sel(reading="area_under_margin", other_reading="cumulative_loss")) > 0.3
    units = agreement(found, dim=("layer", "neuron"))
    assert {"unit_mem", "entropy"} <= set(units.reading.values)
    kind = xr.where(data.label == data.true_label, "typical", "wrong label").astype(object)
    planted = find_planted(found, kind)
    assert float(planted.auroc.sel(reading="cumulative_loss")[0]) > 0.8


def test_a_recording_without_labels_gives_what_it_can():
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"a": rng.normal(size=(50, 6)), "b": rng.normal(size=(50, 4))})
    found = measure(acts)
    read = {name for name in found.data_vars if "memorized" in found[name].attrs}
    assert read == {
        "units_owned", "unit_mem", "entropy", "mean_information", "mean_entropy", "mean_mi",
        "mi_over_entropy", "mean_unit_mem", "matrix_entropy",
    }  # fmt: skip
    assert found.mean_mi_null.attrs["null"] == "samples of each neuron permuted"
    assert "unit_mem_null" not in found
    assert found.unit_mem.sel(layer="b").notnull().sum() == 4
    assert int(found.units_owned.sum()) == 10
    bare = inb.from_arrays({"a": rng.normal(size=(50, 6)), "b": rng.normal(size=(50, 4))})
    nulls = measure(acts, which="unit_mem", untrained=bare)
    np.testing.assert_array_equal(nulls.unit_mem_null, unit(bare, negative="rectify").unit_mem)


def test_labels_dealt_out_anew_are_the_null_where_no_untrained_network_is():
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=300)
    acts = {"a": rng.normal(size=(300, 4)) + 2 * np.eye(4)[label]}
    found = measure(acts, label, which=["class_selectivity", "label_information"])
    assert (found.label_information_null < 0.06).all()
    assert float(found.label_information[0, :3].min()) > 0.15
    assert float(found.class_selectivity.mean()) > 2 * float(found.class_selectivity_null.mean())


def test_forms_of_data(trained):
    model, data, _ = trained
    asked = ["membership", "unit_mem"]
    one = measure(model, data, asked)
    two = measure(model, (data.input.values, data.label.values), asked)
    three = measure(
        model, (torch.tensor(data.input.values), torch.tensor(data.label.values)), asked
    )
    acts = inb.record(model, data, progress=False)
    four = measure(acts, data.label, "unit_mem")
    five = measure(acts, which="unit_mem", label="true_label")
    for other in (two, three):
        np.testing.assert_array_equal(one.membership, other.membership)
    for other in (two, three, four, five):
        np.testing.assert_array_equal(one.unit_mem, other.unit_mem)
    curved = measure(model, data, which="loss_curvature")
    np.testing.assert_array_equal(curved.loss_curvature, loss_curvature(model, data))
    assert set(curved.data_vars) == {"loss_curvature", "loss_curvature_null", "needs"}


def test_further_dims_and_views_are_kept():
    rng = np.random.default_rng(0)
    values = xr.DataArray(
        rng.random(size=(2, 3, 1, 5, 40)), {"seed": [3, 4], "layer": ["fc"]},
        ("seed", "augmentation", "layer", "neuron", "sample"),
    )  # fmt: skip
    found = measure(values, which=["unit_mem", "entropy", "units_owned", "mean_entropy"])
    assert found.unit_mem.dims == ("seed", "layer", "neuron")
    assert found.units_owned.dims == ("seed", "sample")
    assert found.mean_entropy_interval.dims == ("seed", "layer", "bound")
    np.testing.assert_array_equal(found.unit_mem, unit(values).unit_mem)
    np.testing.assert_allclose(found.entropy, inb.entropy(values.isel(augmentation=0)))


@pytest.mark.parametrize("ruler", ["mean_entropy", "mean_mi", "mean_unit_mem"])
def test_intervals_of_layers_cover_other_samples(ruler):
    # a fixed layer, and samples drawn anew: what the reading is on average at this number
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(12, 3))
    draws = np.maximum(rng.normal(size=(100, 200, 3)) @ weights.T, 0)
    values = xr.DataArray(draws.transpose(0, 2, 1)[:, None], dims=("draw", "layer", "neuron",
                                                                    "sample"))  # fmt: skip
    found = measure(values, which=ruler)
    true = float(found[ruler].mean())
    ends = found[f"{ruler}_interval"].isel(layer=0)
    covered = (ends[:, 0] <= true) & (true <= ends[:, 1])
    assert 0.88 <= float(covered.mean()) <= 1.0


@pytest.mark.parametrize(
    ("given", "more", "error", "words"),
    [
        ((3,), {}, TypeError, "a torch network, or its activations"),
        ((MLP, points()), {}, TypeError, "a torch network, or its activations"),
        (
            (torch.nn.Sequential(torch.nn.Linear(4, 2)), points()),
            {},
            ValueError,
            "cannot be run on",
        ),
        (({"a": np.full((30, 3), np.nan)},), {}, ValueError, "layer 'a', neuron 0, sample 0"),
        ((MLP([5, 3, 2]),), {}, ValueError, "pass data"),
        ((MLP([5, 3, 2]), xr.Dataset({"x": ("sample", [1.0])})), {}, ValueError, "no variable"),
        ((MLP([5, 3, 2]), (np.zeros((3, 5)), np.zeros(4))), {}, ValueError, "3 inputs and 4"),
        ((MLP([5, 3, 2]), points()), {"which": []}, ValueError, "which is empty"),
        ((MLP([5, 3, 2]), points()), {"which": 3}, TypeError, "which must be names"),
        ((MLP([5, 3, 2]), points()), {"which": "unitmem"}, ValueError, "Did you mean 'unit_mem'"),
        ((MLP([5, 3, 2]), points()), {"which": "in_out"}, ValueError, "in_out needs trainings"),
        ((MLP([5, 3, 2]), points()), {"which": "extraction"}, ValueError, "extraction computes"),
        ((MLP([5, 3, 2]), points()), {"label": "lable"}, ValueError, "Did you mean 'label'"),
        ((MLP([5, 3, 2]), points()), {"is_in": np.zeros(N)}, TypeError, "is_in must be bool"),
        ((MLP([5, 3, 2]), points()), {"is_in": [True]}, ValueError, "is_in must be one value"),
        ((MLP([5, 3, 2]), points()), {"dynamics": 3}, TypeError, "dynamics must be"),
        ((MLP([5, 3, 2]), points()), {"trainings": 3}, TypeError, "trainings must be"),
        (
            (MLP([5, 3, 2]), points()),
            {"untrained": MLP([5, 4, 2]), "which": "unit_mem"},
            ValueError,
            r"layers and neurons of the network, fc1 \(3\); it has fc1 \(4\)",
        ),
        (
            ({"a": np.zeros((30, 3))},),
            {"untrained": {"b": np.zeros((30, 3))}, "which": "entropy"},
            ValueError,
            r"a \(3\); it has b \(3\)",
        ),
        (
            ({"a": np.eye(30)}, np.zeros(30, int)),
            {"which": "imbalance_to_label"},
            ValueError,
            "at least two classes",
        ),
        ((MLP([5, 3, 2]), points()), {"untrained": 3}, TypeError, "untrained must be"),
        (({"a": np.zeros((9, 3))}, np.zeros(8)), {}, ValueError, "different samples"),
        (({"a": np.zeros((9, 3))},), {"early": 2.0}, ValueError, "early"),
        (
            ({"a": np.zeros((9, 3))},),
            {"which": "label_information"},
            ValueError,
            "labels that were",
        ),
    ],
)
def test_bad_input(given, more, error, words):
    with pytest.raises(error, match=words) as told:
        measure(*given, **more)
    assert "\n" not in str(told.value)


def test_other_samples_are_refused(trained):
    model, data, dynamics = trained
    with pytest.raises(ValueError, match="120 samples, what is measured of 100"):
        measure(model, data.isel(sample=slice(100)).drop_vars("sample"), dynamics=dynamics)
    with pytest.raises(ValueError, match="other labels of the samples"):
        measure(model, data, dynamics=dynamics.isel(sample=slice(None, None, -1)))
    turned = inb.record(untrained(model), data, progress=False).isel(sample=slice(None, None, -1))
    with pytest.raises(ValueError, match="untrained and data have other labels of the samples"):
        measure(model, data, "membership", untrained=turned)


def test_a_network_is_left_as_it_was():
    model = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU(),
                                torch.nn.Linear(4, 2))  # fmt: skip
    before = {name: one.clone() for name, one in model.state_dict().items()}
    model[1].eval()
    measure(model, points().astype({"input": np.float32}), ["membership", "unit_mem"])
    assert [one.training for one in model] == [True, False, True, True]
    assert model.training
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())


def test_mean_information_is_of_neurons_that_were_drawn():
    values = np.random.default_rng(0).normal(size=(1, 8, 60))
    bare = xr.DataArray(values, dims=("layer", "neuron", "sample"))
    for acts in (bare, bare.assign_coords(neuron=np.arange(8) + 3)):
        found = measure(acts, which=["mean_information", "unit_mem"], neurons=4)
        assert found.mean_information.dims == ("layer", "neuron")
        assert int(found.mean_information.notnull().sum()) == 4
        assert found.unit_mem.notnull().all()
        assert ("neuron" in found.coords) == ("neuron" in acts.coords)


def test_a_network_whose_outputs_are_no_classes_gives_the_rest():
    data = points().assign_coords(label=("sample", np.arange(N) % 6))
    with pytest.raises(ValueError, match="classes"):
        measure(MLP([5, 8, 2]), data, which="membership")
    names = points().assign_coords(label=("sample", np.array(["a", "b"])[np.arange(N) % 2]))
    found = measure(MLP([5, 8, 2]), names, untrained=False)
    why = found.needs.sel(ruler="membership").item()
    assert why.startswith("could not be read: ")
    assert "whole numbers" in why
    assert {"entropy", "label_information"} <= {*found.data_vars}
