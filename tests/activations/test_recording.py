"""The recorded values are those computed by hand, in a dataset as the data model says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import (
    CLOSE,
    Calls,
    Functional,
    Reused,
    inputs,
    quiet,
    rows,
    valid,
)
from torch import nn

from infonb.activations import check_activations, record


def test_dataset_is_as_the_data_model_says():
    model, x = Functional(), inputs(11, 4)
    activations = quiet(model, (x, torch.arange(11) % 2))
    check_activations(activations, values=True)
    assert activations.activation.dims == ("layer", "neuron", "sample")
    assert activations.activation.dtype == np.float32
    assert activations.layer.dtype == object
    assert [activations[name].dtype for name in ("neuron", "sample", "width")] == [np.int64] * 3
    assert list(activations.layer.values) == ["first", "second"]  # depth, not order of definition
    assert list(activations.width.values) == [5, 3]
    assert activations.activation.sel(layer="second")[3:].isnull().all()
    np.testing.assert_array_equal(activations.label, np.arange(11) % 2)
    np.testing.assert_array_equal(activations.prediction, model(x).argmax(1))


def test_values_equal_the_layers_by_hand_for_any_batch_size():
    model, x = Functional(), inputs(11, 4)
    first = model.first(x)
    second = model.second(first.relu())
    for batch_size in (1, 4, 11, 256):
        activations = quiet(model, x, ["second", "out", "first"], batch_size=batch_size)
        assert list(activations.layer.values) == ["first", "second", "out"]
        np.testing.assert_allclose(valid(activations, "first"), rows(first), **CLOSE)
        np.testing.assert_allclose(valid(activations, "second"), rows(second), **CLOSE)
        np.testing.assert_allclose(valid(activations, "out"), rows(model(x)), **CLOSE)


def test_hook_input_sees_the_functional_relu():
    model, x = Functional(), inputs(7, 4)
    activations = quiet(model, x, {"relu1": "second", "relu2": "out"}, hook="input")
    assert list(activations.layer.values) == ["relu1", "relu2"]
    expected = model.first(x).relu()
    np.testing.assert_array_equal(valid(activations, "relu1"), rows(expected))
    assert activations.attrs["hook"] == "input"
    assert activations.attrs["modules"] == "relu1: Linear, relu2: Linear"


def test_hook_input_takes_the_first_keyword():
    model = Calls(lambda self, x: self.fc(input=x), fc=nn.Linear(4, 2))
    x = inputs(3, 4)
    np.testing.assert_array_equal(valid(quiet(model, x, "fc", hook="input"), "fc"), rows(x))


def test_in_place_relu_does_not_change_what_was_recorded_before_it():
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 2))
    x = inputs(9, 4)
    activations = quiet(model, x, ["0", "1"])
    np.testing.assert_array_equal(valid(activations, "0"), rows(model[0](x)))
    assert valid(activations, "0").min() < 0 <= valid(activations, "1").min()
    relu_input = quiet(model, x, "1", hook="input")
    np.testing.assert_array_equal(valid(relu_input, "1"), rows(model[0](x)))


@pytest.mark.parametrize("reduce", ["first", "flatten", lambda tensor: tensor.flatten(1)])
def test_in_place_change_after_a_view_does_not_reach_the_record(reduce):
    model = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(inplace=True))
    x = inputs(3, 1, 4, 4)
    assert quiet(model, x, "0", reduce=reduce).activation.min() < 0


def test_module_used_twice_gives_a_layer_for_each_call():
    model, x = Reused(), inputs(8, 4)
    one = model.a(x).relu()
    two = model.b(one).relu()
    activations = quiet(model, x, ["relu", "b"])
    assert list(activations.layer.values) == ["relu:0", "b", "relu:1"]
    np.testing.assert_array_equal(valid(activations, "relu:0"), rows(one))
    np.testing.assert_array_equal(valid(activations, "relu:1"), rows(two))
    only = quiet(model, x, {"last": "relu:1"})
    assert list(only.layer.values) == ["last"]
    np.testing.assert_array_equal(valid(only, "last"), rows(two))
    with pytest.raises(ValueError, match=r"'relu' is called 2 times .* its calls are 0 to 1"):
        quiet(model, x, "relu:2")


def test_default_leaves_out_the_output_and_what_is_never_called():
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 5))
    model.add_module("unused", nn.Linear(2, 2))
    model.forward = lambda x: model[3](model[2](model[1](model[0](x))))
    assert list(quiet(model, inputs(2, 1, 4, 4)).layer.values) == ["0"]
    assert list(quiet(nn.Linear(4, 3), inputs(2, 4)).layer.values) == ["Linear"]
    assert list(quiet(nn.Sequential(nn.Linear(4, 3)), inputs(2, 4)).layer.values) == ["0"]


def test_size_is_printed_once_before_the_run(capsys):
    model, x = Functional(), inputs(10, 4)
    record(model, x, batch_size=3, progress="text")
    printed = capsys.readouterr().out
    assert printed.startswith(
        "2 layers × up to 5 neurons × 10 samples: 400 B (padding adds 80 B)\n"
    )
    assert printed.count("neurons") == 1
    assert "10/10" in printed
    record(model, iter(x.split(4)), progress=True)
    captured = capsys.readouterr()
    assert captured.out.count("40 B for each sample (of which padding 8 B)") == 1
    quiet(model, x)
    assert capsys.readouterr() == ("", "")


def test_attributes_are_plain():
    activations = quiet(Functional(), inputs(3, 4), select=len, attrs={"epoch": 3}, seed=1)
    assert all(type(value) in (str, int, float) for value in activations.attrs.values())
    assert activations.attrs["model"] == "Functional"
    assert activations.attrs["modules"] == "first: Linear, second: Linear"
    assert activations.attrs["n_parameters"] == 25 + 18 + 8
    assert activations.attrs["epoch"] == 3
    assert activations.attrs["select"] == "len"
    assert activations.attrs["versions"].startswith("infonb ")


def test_nan_activations_are_kept():
    x = inputs(3, 4)
    x[1, 2] = float("nan")
    activations = quiet(Functional(), x, "first")
    assert activations.activation.isnull().sum() == 5
    with pytest.raises(ValueError, match=r"NaN at layer 'first', neuron 0, sample 1 \(5 such"):
        check_activations(activations, values=True)
