"""Values that a type cannot tell apart are refused, and no others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from activations.models import Calls, Functional, inputs, quiet, rows, valid
from torch import nn

from infonb.activations import from_arrays
from infonb.activations.precision import first_lost

X = np.random.default_rng(0).normal(size=(2, 400))

LOST = {
    "an offset": 1e6 + 1e-3 * X,
    "a small offset of smaller values": 1 + 1e-5 * X,
    "a great offset of small values": 1 + 1e-13 * X,
    "tiny values": 1e-50 * X,
    "two offsets": np.hstack([X[:, :200], 1e6 + 1e-3 * X]),
    "whole numbers": np.array([[2**24, 2**24 + 1]]),
    "whole numbers as floats": np.array([[2.0**24, 2.0**24 + 1]]),
    "negative ones": np.array([[-(2**24), -(2**24) - 1]]),
}
KEPT = {
    "a spread around 0": X,
    "an offset of the size of the values": 100 + X,
    "large values": 1e20 * X,
    "one value": np.full((2, 5), 0.1),
    "the noise of float64 sums": 0.1 + 1e-17 * X,
    "whole numbers": np.array([[2**24, 2**24 - 1]]),
    "whole numbers that are even": np.array([[2**40, 2**25]]),
    "truth": X > 0,
    "NaN and infinity": np.where(X > 1, np.nan, np.where(X < -1, np.inf, X)),
    "outliers": np.hstack([X, np.full((2, 1), 1e6)]),
    "steps": np.round(X, 1),
    "float32": (1e6 + 1e-3 * X).astype("f4"),
}


@pytest.mark.parametrize("name", LOST)
def test_values_that_float32_would_merge(name):
    assert first_lost(LOST[name], "float32") is not None
    assert first_lost(LOST[name], "float64") is None
    with pytest.raises(
        ValueError, match=r"layer 'a' holds .* cannot tell apart .* dtype='float64'"
    ):
        from_arrays({"a": LOST[name].T})
    for form in (LOST[name].T, torch.from_numpy(LOST[name].T.copy())):
        kept = from_arrays({"a": form}, dtype="float64")
        np.testing.assert_array_equal(kept.activation[0], LOST[name])


@pytest.mark.parametrize("name", KEPT)
def test_values_that_float32_tells_apart(name):
    assert first_lost(KEPT[name], "float32") is None


def test_the_neuron_is_named():
    assert first_lost(np.vstack([X, LOST["an offset"]]), "float32") == 2


@pytest.mark.parametrize(
    "values", [[2**53, 2**53 + 1], [-(2**63), -(2**63) + 1], np.array([2**63, 2**63 + 1], "u8")]
)
def test_whole_numbers_that_float64_would_merge(values):
    with pytest.raises(ValueError, match=r"float64 cannot tell apart .* subtract an offset"):
        from_arrays({"a": np.array(values)[:, None]}, dtype="float64")


def test_double_models_are_recorded_in_float64():
    model, x = Functional().double(), inputs(5, 4).double()
    with torch.no_grad():
        model.first.bias += 1e8
    found = quiet(model, x, "first")
    assert found.activation.dtype == np.float64
    np.testing.assert_array_equal(valid(found, "first"), rows(model.first(x)))
    with pytest.raises(ValueError, match="'first' gives values that float32 cannot tell apart"):
        quiet(model, x, "first", dtype="float32")
    assert quiet(Functional(), x.float()).activation.dtype == np.float32


def test_whole_numbers_of_a_layer_stay_exact():
    large = Calls(lambda self, x: (x * 0).long() + 2**24 + torch.arange(len(x))[:, None])
    model = Calls(lambda self, x: self.large(x).float(), large=large)
    with pytest.raises(ValueError, match="'large' gives values that float32 cannot tell apart"):
        quiet(model, inputs(5, 2), "large")
    found = quiet(model, inputs(5, 2), "large", dtype="float64")
    np.testing.assert_array_equal(found.activation[0, 0], 2**24 + np.arange(5))


def test_inputs_that_the_model_cannot_tell_apart_are_said():
    model = nn.Linear(2, 1)
    for data in (LOST["an offset"].T, torch.from_numpy(LOST["an offset"].T.copy())):
        with pytest.warns(UserWarning, match="float32, the type of the model, cannot tell") as said:
            quiet(model, data, batch_size=30)
        assert len(said) == 1
    quiet(model, X.T)
    quiet(model.double(), LOST["an offset"].T)
