"""Which dim holds the samples, and how often a module is called, is looked at, not guessed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from activations.models import CLOSE, Calls, assert_same, inputs, quiet, rows, state, valid
from torch import nn


def time_first(**parts):
    return Calls(
        lambda self, x: self.out(self.inner(x.transpose(0, 1)).mean(0)),
        inner=nn.Linear(4, 3), out=nn.Linear(3, 2), **parts,
    )  # fmt: skip


@pytest.mark.parametrize("reduce", ["mean", "first", "flatten", lambda x: x.mean(1)])
def test_time_first_layers_of_as_many_steps_as_samples_are_refused(reduce):
    model = time_first()
    with pytest.raises(ValueError, match=r"'inner' gives 5 rows.* for a batch of [45] samples"):
        quiet(model, inputs(5, 5, 4), "inner", reduce=reduce)
    with pytest.raises(ValueError, match=r"'inner' gives 5 rows.* for a batch of 6 samples"):
        quiet(model, inputs(6, 5, 4), "inner")


def test_a_function_that_turns_them_is_right():
    model, x = time_first(), inputs(5, 5, 4)
    found = quiet(model, x, "inner", reduce=lambda output: output.mean(0))
    np.testing.assert_allclose(valid(found, "inner"), rows(model.inner(x).mean(1)), **CLOSE)


def test_samples_first_layers_of_as_many_steps_as_samples_are_right():
    model, x = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3), nn.ReLU()), inputs(5, 5, 4)
    before, drawn = state(model), torch.get_rng_state()
    found = quiet(model, x, ["1", "2"])
    np.testing.assert_allclose(valid(found, "1"), rows(model[1](x).mean(1)), **CLOSE)
    np.testing.assert_allclose(valid(found, "2"), rows(model[1](x).relu().mean(1)), **CLOSE)
    assert_same(before, state(model))
    assert torch.equal(drawn, torch.get_rng_state())


def test_the_model_is_run_once_more_at_most_and_only_where_it_is_needed():
    sizes = []
    model = Calls(lambda self, x: sizes.append(len(x)) or self.inner(x), inner=nn.Linear(4, 4))
    for x, expected in (
        (inputs(12, 4, 4), [4, 3, 4, 4]), (inputs(12, 5, 4), [4, 4, 4]), (inputs(12, 4), [4, 4, 4]),
    ):  # fmt: skip
        sizes.clear()
        quiet(model, x, "inner", batch_size=4, prediction=False)
        assert sizes == expected


def test_two_dims_of_one_size_are_told_apart_too():
    def turned(self, x):
        return self.out(self.part(x.T).T)

    model, x = Calls(turned, part=nn.ReLU(), out=nn.Linear(6, 2)), inputs(6, 6)
    with pytest.raises(ValueError, match="layer 'part' gives 6 rows"):
        quiet(model, x, "part")
    found = quiet(model, x, "part", reduce=lambda x: x.T)
    np.testing.assert_allclose(valid(found, "part"), rows(x.relu()), **CLOSE)


def test_a_model_that_takes_one_size_of_batches_cannot_tell():
    def forward(self, x):
        return self.inner(x + torch.zeros(4, 1, 1))

    model, x = Calls(forward, inner=nn.Linear(4, 3)), inputs(8, 4, 4)
    with pytest.warns(UserWarning, match="'inner' have two dims of 4, as many as samples"):
        found = quiet(model, x, "inner", batch_size=4)
    np.testing.assert_allclose(valid(found, "inner"), rows(model.inner(x).mean(1)), **CLOSE)


def test_modules_that_are_called_more_often_in_some_batches():
    def forward(self, x):
        hidden = torch.zeros(len(x), 1)
        for step in range(x.shape[1]):
            hidden = self.cell(x[:, step : step + 1] + hidden)
        return self.out(hidden)

    model = Calls(forward, cell=nn.Linear(1, 1), out=nn.Linear(1, 2))
    short, long = inputs(3, 2), inputs(3, 4)
    for layers in (None, "cell", ["cell", "out"]):
        with pytest.raises(ValueError, match=r"'cell' was called 2 times .* but 4 times in batc"):
            quiet(model, [short, long], layers)
        with pytest.raises(ValueError, match=r"'cell:[23]' was called in the first batch, but not"):
            quiet(model, [long, short], layers)
    first = quiet(model, [short, long], {"first": "cell:0"})
    expected = rows(model.cell(torch.cat([short, long[:, :2]])[:, :1]))
    np.testing.assert_allclose(valid(first, "first"), expected, **CLOSE)


@pytest.mark.parametrize(
    ("module", "x"), [(nn.Linear(3, 3), (3,)), (nn.Conv2d(3, 3, 3), (3, 8, 8))], ids=str
)
def test_one_sample_without_a_dim_of_samples_is_no_batch(module, x):
    with pytest.raises(ValueError, match="which is one sample without a dim of samples"):
        quiet(nn.Sequential(module, nn.ReLU()), [inputs(*x)], "0")


def test_outputs_of_other_kinds_become_plain_numbers():
    def sparse(self, x):
        return x.to_sparse()

    model, x = Calls(lambda self, x: self.inner(x).to_dense(), inner=Calls(sparse)), inputs(5, 3)
    np.testing.assert_array_equal(valid(quiet(model, x, "inner"), "inner"), rows(x))

    def quantised(self, x):
        return torch.quantize_per_tensor(x, 0.5, 0, torch.qint8)

    model.inner = Calls(quantised)
    model.function = lambda self, x: self.inner(x).dequantize()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of torch, once in a process
        found = valid(quiet(model, x, "inner"), "inner")
    np.testing.assert_array_equal(found, np.round(rows(x) * 2) / 2)
