"""Operations that are no modules, as layers: what hooks on modules would give, by other names."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from activations import architectures as made
from activations.models import (
    CLOSE,
    Calls,
    Functional,
    Reused,
    assert_same,
    inputs,
    quiet,
    rows,
    state,
    valid,
)
from torch import nn
from torch.nn import functional

from infonb.activations import list_layers

pytest.importorskip("torchlens")
pytestmark = pytest.mark.slow

X, TOKENS = inputs(10, 4), inputs(10, 5, made.D)
RELU = torch.relu, functional.relu, torch.Tensor.relu, torch.Tensor.__add__


@pytest.fixture(autouse=True)
def _torch_is_as_it_was():
    yield
    assert (torch.relu, functional.relu, torch.Tensor.relu, torch.Tensor.__add__) == RELU


def test_names_and_what_is_computed():
    model = Functional()
    table = list_layers(model, X, operations=True)
    assert list(table.index) == ["linear_1_1", "relu_1_2", "linear_2_3", "relu_2_4", "linear_3_5"]
    assert list(table["type"]) == ["linear", "relu", "linear", "relu", "linear"]
    assert list(table["module"]) == ["first", "", "second", "", "out"]
    assert list(table["output_of"]) == list(table["module"])
    assert list(table["neurons"]) == [5, 5, 3, 3, 2]
    assert table.loc["relu_1_2", "output"] == "(sample, 5)"
    found = quiet(model, (X, torch.arange(10)), ["relu_2_4", "relu_1_2"], batch_size=4)
    first = model.first(X).relu()
    np.testing.assert_allclose(valid(found, "relu_1_2"), rows(first), **CLOSE)
    np.testing.assert_allclose(valid(found, "relu_2_4"), rows(model.second(first).relu()), **CLOSE)
    assert list(found.layer.values) == ["relu_1_2", "relu_2_4"]
    assert list(found.label.values) == list(range(10))
    np.testing.assert_array_equal(found.prediction, model(X).argmax(1))
    assert found.attrs["hook"] == "operation"
    assert found.attrs["modules"] == "relu_1_2: relu, relu_2_4: relu"
    assert "torchlens 2." in found.attrs["versions"]


def test_with_modules_in_one_order():
    found = quiet(Functional(), X, ["second", "relu_1_2", "linear_2_3", "first"], batch_size=4)
    assert list(found.layer.values) == ["first", "relu_1_2", "linear_2_3", "second"]
    np.testing.assert_array_equal(valid(found, "linear_2_3"), valid(found, "second"))
    assert found.attrs["hook"] == "output and operation"
    assert list(quiet(Functional(), X, {"sum": "relu_1_2"}).layer.values) == ["sum"]


def test_several_calls_are_counted_as_torchlens_does():
    model = made.again()
    found = quiet(model, TOKENS, ["add_1_5", "block", "gelu_1_3:2"])
    assert list(found.layer.values) == [
        "add_1_5:1", "block:0", "gelu_1_3:2", "add_1_5:2", "block:1", "add_1_5:3", "block:2",
    ]  # fmt: skip
    for i in range(3):
        np.testing.assert_array_equal(valid(found, f"add_1_5:{i + 1}"), valid(found, f"block:{i}"))
    for call in (0, 4):
        with pytest.raises(ValueError, match=r"'add_1_5' is called 3 times .* are 1 to 3"):
            quiet(model, TOKENS, f"add_1_5:{call}")


def test_dims_and_masks_are_those_of_modules():
    model, ids = made.Bert(), torch.arange(30).reshape(6, 5) % 20
    mask = (torch.arange(5) < torch.tensor([[2], [5], [3], [1], [4], [5]])).long()
    data = {"input_ids": ids, "attention_mask": mask}
    table = list_layers(model, data, operations=True)
    norm = table.index[table["module"] == "encoder.layer.1.norm"][0]
    found = quiet(model, data, [norm, "encoder.layer.1.norm"], batch_size=4)
    np.testing.assert_array_equal(valid(found, norm), valid(found, "encoder.layer.1.norm"))
    signals = Calls(
        lambda self, x: functional.conv1d(self.conv(x), self.conv.weight).sum((1, 2)),
        conv=nn.Conv1d(3, 3, 2),
    )
    found = quiet(signals, inputs(6, 3, 9), ["conv1d_1_1", "conv", "conv1d_2_2"])
    np.testing.assert_array_equal(valid(found, "conv1d_1_1"), valid(found, "conv"))
    assert list(found.width) == [3, 3, 3]


def test_random_numbers_are_those_of_the_model():
    model = Calls(lambda self, x: self.a(x) + torch.rand_like(x), a=nn.Linear(4, 4))
    torch.manual_seed(3)
    found = quiet(model, X, ["add_1_3", "a"], batch_size=4)
    after = torch.get_rng_state()
    torch.manual_seed(3)
    by_hand = torch.cat([model(x) for x in X.split(4)])
    np.testing.assert_array_equal(after, torch.get_rng_state())
    np.testing.assert_allclose(valid(found, "add_1_3"), rows(by_hand), **CLOSE)
    torch.manual_seed(3)
    alone = quiet(model, X, "add_1_3", batch_size=4)
    np.testing.assert_array_equal(after, torch.get_rng_state())
    np.testing.assert_array_equal(valid(found, "add_1_3"), valid(alone, "add_1_3"))


def test_in_place_dropout_and_half_precision():
    def forward(self, x):
        y = self.drop(self.a(x))
        y.relu_()
        with torch.autocast("cpu", torch.bfloat16):
            return self.b(y).float()

    model = Calls(forward, a=nn.Linear(4, 6), drop=nn.Dropout(), b=nn.Linear(6, 3)).train()
    found = quiet(model, X, ["a", "linear_1_1", "dropout_1_2", "relu_1_3", "linear_2_4", "b"])
    first = model.a(X)
    np.testing.assert_allclose(valid(found, "dropout_1_2"), rows(first), **CLOSE)
    np.testing.assert_allclose(valid(found, "relu_1_3"), rows(first.relu()), **CLOSE)
    np.testing.assert_array_equal(valid(found, "linear_1_1"), valid(found, "a"))
    np.testing.assert_array_equal(valid(found, "linear_2_4"), valid(found, "b"))


class Interrupted(BaseException):
    """Stands for a KeyboardInterrupt."""


@pytest.mark.parametrize("error", [RuntimeError, Interrupted])
@pytest.mark.parametrize("where", ["forward", "reduce", "data"])
def test_model_and_torch_are_left_as_they_were(error, where):
    model, count = Functional(), []

    def fail(value=None):
        count.append(1)
        if len(count) == (4 if where == "forward" else 2):
            raise error("in the middle")
        return value

    def stream():
        for part in X.split(4):
            if where == "data":
                fail()
            yield part

    model.first.register_forward_pre_hook(lambda *_: fail() if where == "forward" else None)
    before = state(model.train())
    with pytest.raises(error, match="in the middle"):
        quiet(model, stream(), "relu_1_2", reduce=fail if where == "reduce" else "mean")
    assert_same(before, state(model))
    assert quiet(model, X, "relu_1_2").sizes["sample"] == 10


def test_names_that_are_not_there():
    with pytest.raises(ValueError, match=r"'relu_1_3' is neither .* Did you mean 'relu_1_2'\?"):
        quiet(Functional(), X, "relu_1_3")
    with pytest.raises(ValueError, match=r"layer 'relu' not found in Functional"):
        quiet(Functional(), X, "relu")
    with pytest.raises(ValueError, match=r"hook='input' is of modules, but layer 'relu_1_2'"):
        quiet(Functional(), X, "relu_1_2", hook="input")
    with pytest.raises(ValueError, match=r"list_layers\(model, data, operations=True\)"):
        list_layers(Functional(), operations=True)
    model = nn.Sequential()
    model.add_module("relu_1_2", nn.Linear(4, 3))  # a module comes first
    assert quiet(model, X, "relu_1_2").attrs["hook"] == "output"


@pytest.mark.parametrize("later", ["more", "other", "fewer"])
def test_batches_that_compute_something_else(later):
    def forward(self, x):
        n = 2 if len(x) == 4 else {"more": 3, "other": 2, "fewer": 1}[later]
        for _ in range(n):
            x = self.a(x)
        return (x.relu() if len(x) == 4 or later != "other" else x.tanh()).sum(1)

    model = Calls(forward, a=nn.Linear(4, 4))
    with pytest.raises(ValueError, match=r"operations of batch 2 .* not those of the first batch"):
        quiet(model, X, "linear_1_1", batch_size=4)


def test_what_is_made_on_first_use_changes_no_name():
    class Caches(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.cache = nn.LazyLinear(4), None

        def forward(self, x):
            if self.cache is None:
                self.cache = torch.ones(4) * 2
            return (self.a(x) * self.cache).relu()

    table = list_layers(Caches(), X, operations=True)
    found = quiet(Caches(), X, list(table.index), batch_size=4)
    assert list(found.layer.values) == ["linear_1_1", "mul_1_2", "relu_1_3"]


def test_shared_and_compiled_parts():
    model = Reused()
    found = quiet(model, X, ["relu", "relu_1_2", "relu_2_4"])
    assert list(found.layer.values) == ["relu_1_2", "relu:0", "relu_2_4", "relu:1"]
    np.testing.assert_array_equal(valid(found, "relu_2_4"), valid(found, "relu:1"))
    compiled = nn.Sequential(torch.compile(nn.Linear(4, 3), backend="eager"), nn.ReLU())
    found = quiet(nn.DataParallel(compiled), X, ["0", "linear_1_1", "relu_1_2"])
    np.testing.assert_array_equal(valid(found, "linear_1_1"), valid(found, "0"))


def test_on_disk(tmp_path):
    def forward(self, x):
        return self.b(self.a(x).relu() if self.first else self.a(x).tanh())

    model, path = Calls(forward, a=nn.Linear(4, 4), b=nn.Linear(4, 2)), tmp_path / "a.zarr"
    model.__dict__["first"] = [1]  # what is in a list counts as no other model
    names = ["b", "linear_1_1"]

    def data(n):
        yield from list(X.split(2))[:n]
        if n < 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quiet(model, data(2), names, to=path)
    model.first.clear()
    with pytest.raises(ValueError, match=r"the operations of batch 2 .* first batch, so that 'lin"):
        quiet(model, data(5), names, to=path)
    model.first.append(1)
    stored = quiet(model, data(5), names, to=path).load()
    assert stored.identical(quiet(model, data(5), names))
    assert quiet(model, data(5), names, to=path).load().identical(stored)
    with pytest.raises(ValueError, match=r"layers is \['linear_1_1'\] now, .* there"):
        quiet(model, data(5), "linear_1_1", to=path)


def test_operations_that_change_by_themselves():
    model = Calls(lambda self, x: self.a(x).relu() if next(self.turn) else self.a(x).tanh(),
        a=nn.Linear(4, 4),
    )  # fmt: skip
    model.turn = iter([1, 1, 0])
    with pytest.raises(ValueError, match="'relu_1_2' was there once, but not when the same batch"):
        quiet(model, X, "relu_1_2")


def test_warnings_of_the_model_come_through():
    def forward(self, x):
        warnings.warn("of the model", stacklevel=2)
        return self.a(x).relu()

    with pytest.warns(UserWarning, match="of the model"):
        quiet(Calls(forward, a=nn.Linear(4, 4)), X, "relu_1_2")
