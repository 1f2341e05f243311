"""Unintended memorization in bits: closed forms, clipping, references, bits a parameter."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import unintended_memorization

UNIFORM = -math.log(32)


def tokens(values, dims=("sample", "position"), **coords):
    return xr.DataArray(np.array(values, float), dims=dims, coords=coords)


def test_what_is_recited_holds_all_bits_of_its_source():
    found = unintended_memorization(tokens(np.zeros((10, 8))), UNIFORM, n_parameters=100)
    assert np.allclose(found.bits, 8 * 5)
    assert float(found.total_bits) == pytest.approx(400)
    assert float(found.bits_per_parameter) == pytest.approx(4)
    assert np.allclose(found.reference_bits, 40)


def test_the_source_itself_holds_nothing():
    assert np.allclose(unintended_memorization(tokens(np.full((3, 4), UNIFORM)), UNIFORM).bits, 0)


def test_held_out_samples_hold_nothing_on_average():
    """A model that is not the source describes what the source draws less well."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2000, 8, 32))
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    drawn = rng.integers(0, 32, (2000, 8, 1))
    found = unintended_memorization(tokens(np.take_along_axis(log_p, drawn, -1)[..., 0]), UNIFORM)
    assert float(found.bits.mean()) < 0
    assert (found.bits > 0).any()
    clipped = unintended_memorization(
        tokens(np.take_along_axis(log_p, drawn, -1)[..., 0]), UNIFORM, clip=True
    )
    assert np.array_equal(clipped.bits, found.bits.clip(min=0))
    assert float(clipped.total_bits) > 0 > float(found.total_bits)


def test_a_model_as_reference_sums_over_places():
    rng = np.random.default_rng(1)
    own, other = -rng.random((2, 3, 5, 4)), -rng.random((5, 4))
    found = unintended_memorization(
        tokens(own, ("seed", "model", "sample", "position")), tokens(other)
    )
    assert found.bits.dims == ("seed", "model", "sample")
    for at in np.ndindex(2, 3, 5):
        expected = sum((own[at][i] - other[at[2]][i]) / math.log(2) for i in range(4))
        assert float(found.bits[at]) == pytest.approx(expected)
    summed = unintended_memorization(
        tokens(own.sum(-1), ("seed", "model", "sample")), tokens(other.sum(-1), ("sample",))
    )
    assert np.allclose(summed.bits, found.bits)
    assert np.allclose(found.total_bits, found.bits.sum("sample"))


def test_exchanging_model_and_reference_turns_the_sign():
    rng = np.random.default_rng(2)
    pair = [tokens(-rng.random((6, 3))) for _ in range(2)]
    there, back = unintended_memorization(*pair), unintended_memorization(*pair[::-1])
    assert np.allclose(there.bits, -back.bits)


def test_bits_per_parameter_of_several_models():
    own = tokens(np.zeros((2, 4, 3)), ("size", "sample", "position"), size=[10, 20])
    sizes = xr.DataArray([10, 20], dims="size", coords={"size": [10, 20]})
    found = unintended_memorization(own, UNIFORM, n_parameters=sizes)
    assert found.bits_per_parameter.values == pytest.approx([6, 3])
    assert found.bits_per_parameter.attrs["units"] == "bit per parameter"
    assert found.reference_bits.dims == ("sample",)


def test_coordinates_are_kept_and_single_precision_is_summed_in_double():
    own = tokens(np.full((1, 4000), -0.1)).astype(np.float32).assign_coords(role=("sample", ["a"]))
    found = unintended_memorization(own, UNIFORM)
    assert found.role.values.tolist() == ["a"]
    exact = 4000 * (float(np.float32(-0.1)) - UNIFORM) / math.log(2)
    assert float(found.bits[0]) == pytest.approx(exact, rel=1e-12)


OWN = tokens(np.full((2, 3), -1.0))


@pytest.mark.parametrize(
    ("own", "reference", "options", "words"),
    [
        (OWN, 0.5, {}, "reference must be a logarithm of a probability"),
        (OWN.sum("position"), UNIFORM, {}, "a number as reference is of each token"),
        (OWN, OWN.sum("position"), {}, "must both have the dim 'position', or neither"),
        (OWN, OWN[:1], {}, "has 2 along 'sample', but reference 1"),
        (OWN, OWN[:, :2], {}, "has 3 along 'position', but reference 2"),
        (OWN, -OWN, {}, "reference has 1, but logarithms"),
        (-OWN, UNIFORM, {}, r"a loss is their negative"),
        (OWN * np.nan, UNIFORM, {}, "NaN for 6 of 6 values"),
        (OWN * np.inf, UNIFORM, {}, "minus infinity for 6 values: .* log_softmax"),
        (OWN, UNIFORM, {"n_parameters": 0}, "n_parameters must be above 0"),
        (OWN, UNIFORM, {"n_parameters": xr.DataArray([1], dims="size")}, "has the dim 'size'"),
        (
            OWN.expand_dims(size=2),
            UNIFORM,
            {"n_parameters": xr.DataArray([1, np.nan], dims="size")},
            "n_parameters must be above 0 and finite; not nan",
        ),
        (
            OWN.expand_dims(size=2),
            UNIFORM,
            {"n_parameters": xr.DataArray(["s", "m"], dims="size")},
            "n_parameters must be numbers; not <U1",
        ),
        (OWN < 0, UNIFORM, {}, "must be logarithms of probabilities, floats; not bool"),
        (OWN, UNIFORM, {"clip": "yes"}, "clip must be one of True, False"),
        (OWN, "uniform", {}, "reference must be a number"),
    ],
)
def test_what_is_refused(own, reference, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        unintended_memorization(own, reference, **options)
