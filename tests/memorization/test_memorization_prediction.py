"""Prediction of memorization: hand cases, what an empty prediction is worth, and the identity."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import memorization_prediction


def bits(text):
    return xr.DataArray(np.array([one == "1" for one in text]), dims="sample")


PREDICTED, TRUE = bits("1110000000"), bits("1101111000")


@pytest.fixture
def by_hand():
    return memorization_prediction(PREDICTED, TRUE)


def test_hand_case(by_hand):
    assert float(by_hand.precision) == pytest.approx(2 / 3)
    assert float(by_hand.recall) == pytest.approx(1 / 3)
    assert (int(by_hand.n_predicted), int(by_hand.n_truth), int(by_hand.n_both)) == (3, 6, 2)


def test_the_published_rate_with_its_arguments_exchanged_is_the_precision(by_hand):
    """The first argument of scikit-learn's confusion_matrix is the truth."""
    from sklearn.metrics import confusion_matrix

    def true_positive_rate(truth, prediction):
        (_, _), (missed, found) = confusion_matrix(truth, prediction)
        return found / (found + missed)

    assert true_positive_rate(PREDICTED, TRUE) == pytest.approx(float(by_hand.precision))
    assert true_positive_rate(TRUE, PREDICTED) == pytest.approx(float(by_hand.recall))


@pytest.mark.parametrize(
    ("predicted", "true", "precision", "recall"),
    [
        ("000", "010", np.nan, 0.0),
        ("010", "000", 0.0, np.nan),
        ("000", "000", np.nan, np.nan),
        ("110", "110", 1.0, 1.0),
        ("100", "011", 0.0, 0.0),
    ],
)
def test_empty_predictions_and_truths(predicted, true, precision, recall):
    found = memorization_prediction(bits(predicted), bits(true))
    assert np.array_equal([found.precision, found.recall], [precision, recall], equal_nan=True)


@pytest.mark.parametrize("seed", range(5))
def test_identity_and_plain_loop(seed):
    rng = np.random.default_rng(seed)
    predicted = xr.DataArray(rng.random((3, 40, 2)) < 0.3, dims=("model", "sample", "seed"))
    true = xr.DataArray(rng.random((40, 2)) < 0.4, dims=("sample", "seed"))
    found = memorization_prediction(predicted, true)
    assert found.precision.dims == found.n_truth.dims == ("model", "seed")
    assert np.allclose(found.n_predicted * found.precision, found.n_both)
    assert np.allclose(found.n_truth * found.recall, found.n_both)
    for model in range(3):
        for run in range(2):
            pairs = zip(predicted.values[model, :, run], true.values[:, run], strict=True)
            both = sum(bool(one and other) for one, other in pairs)
            assert int(found.n_both[model, run]) == both
    assert {found[name].dtype.kind for name in ("n_both", "n_truth", "n_predicted")} == {"i"}


def test_exchanged_roles_exchange_precision_and_recall():
    there, back = (
        memorization_prediction(*pair) for pair in ((PREDICTED, TRUE), (TRUE, PREDICTED))
    )
    assert float(there.precision) == float(back.recall)
    assert float(there.recall) == float(back.precision)


def test_compute():
    assert int(memorization_prediction(PREDICTED, TRUE, n_parameters=2, n_tokens=3).flops) == 36
    assert "flops" not in memorization_prediction(PREDICTED, TRUE, n_parameters=2)
    sizes = xr.DataArray([1e3, 2e3], dims="model", coords={"model": ["s", "m"]})
    tokens = xr.DataArray([10, 20, 30], dims="checkpoint")
    many = PREDICTED.expand_dims(model=["s", "m"], checkpoint=3)
    found = memorization_prediction(many, TRUE, n_parameters=sizes, n_tokens=tokens)
    assert found.flops.dims == found.recall.dims
    assert np.allclose(found.flops, 6 * np.outer([1e3, 2e3], [10, 20, 30]))
    untrained = memorization_prediction(many, TRUE, n_parameters=5, n_tokens=tokens * 0)
    assert not untrained.flops.any()
    only = memorization_prediction(many, TRUE, n_parameters=5, n_tokens=tokens)
    assert np.allclose(only.flops, 30 * np.array([[10, 20, 30]] * 2))


def test_only_samples_that_every_checkpoint_had_seen():
    # never trained on: below 0, or NaN
    seen = PREDICTED.assign_coords(first_seen=("sample", [0, 5, 9, 3, 9, 9, 10, -1, np.nan, 2]))
    found = memorization_prediction(seen, TRUE, seen_before=9)
    assert (int(found.n_predicted), int(found.n_truth), int(found.n_both)) == (2, 3, 2)
    assert (found.attrs["n_samples"], found.attrs["n_left_out"]) == (4, 6)
    with_truth = TRUE.assign_coords(first_seen=seen.first_seen)
    assert memorization_prediction(PREDICTED, with_truth, seen_before=9).equals(found)


def test_a_size_of_the_truth_does_not_hide_those_of_the_prediction():
    many = PREDICTED.expand_dims(size=[16, 32])
    found = memorization_prediction(many, TRUE.assign_coords(size=128))
    assert found["size"].values.tolist() == [16, 32]


def test_saying_nothing_has_the_precision_of_the_share():
    rng = np.random.default_rng(0)
    true = xr.DataArray(rng.random(20_000) < 0.2, dims="sample")
    said = xr.DataArray(rng.random(20_000) < 0.3, dims="sample")
    found = memorization_prediction(said, true)
    assert float(found.precision) == pytest.approx(0.2, abs=0.02)
    assert float(found.recall) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    ("memorized", "truth", "options", "words"),
    [
        (PREDICTED.astype(float), TRUE, {}, "memorized must be bool, as in scores >= 0.9"),
        (PREDICTED, TRUE.astype(int), {}, "truth must be bool"),
        (PREDICTED, TRUE[:5], {}, "memorized has 10 along 'sample', but truth 5"),
        (PREDICTED[:0], TRUE[:0], {}, "nothing along 'sample'"),
        (PREDICTED, TRUE, {"n_parameters": -1, "n_tokens": 1}, "n_parameters must be at least 0"),
        (PREDICTED, TRUE, {"seen_before": 5}, "seen_before needs to know"),
        (PREDICTED.assign_coords(first_seen=("sample", np.arange(10))), TRUE, {"seen_before": 0},
         "none of the 10 samples was seen before 0"),
        (PREDICTED, TRUE, {"n_parameters": xr.DataArray([1], dims="size"), "n_tokens": 1},
         "n_parameters has the dim 'size', which the batch has not"),
        (PREDICTED.expand_dims(size=2), TRUE,
         {"n_parameters": xr.DataArray([5, np.nan], dims="size"), "n_tokens": 1},
         "n_parameters must be 0 or more and finite; not nan"),
        (PREDICTED.assign_coords(first_seen=("sample", np.arange(10))),
         TRUE.assign_coords(first_seen=("sample", np.arange(10)[::-1])), {"seen_before": 5},
         "have different first_seen: they are of different samples"),
    ],
)  # fmt: skip
def test_what_is_refused(memorized, truth, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        memorization_prediction(memorized, truth, **options)
