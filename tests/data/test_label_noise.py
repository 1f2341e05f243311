from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.data import inject_label_noise, shuffle_labels

TRUE = np.arange(40_000) % 10


def noisy(rate: float = 0.4, **options: object) -> xr.DataArray:
    return inject_label_noise(TRUE, rate, n_classes=10, **({"seed": 0} | options))


@pytest.mark.parametrize(("include_true", "expected"), [(True, 0.36), (False, 0.40)])
def test_symmetric_rates(include_true: bool, expected: float) -> None:
    found = noisy(include_true=include_true)
    assert found.attrs["expected_rate"] == pytest.approx(expected)
    assert found.attrs["effective_rate"] == pytest.approx(expected, abs=0.008)  # 3 sd
    wrong = found.values[found.is_wrong.values]
    np.testing.assert_allclose(np.bincount(wrong) / wrong.size, 0.1, atol=0.01)
    # each class is mistaken for each other one alike
    of_three = found.values[(TRUE == 3) & found.is_wrong.values]
    others = np.bincount(of_three, minlength=10)[[0, 1, 2, 4, 5, 6, 7, 8, 9]]
    np.testing.assert_allclose(others / of_three.size, 1 / 9, atol=0.03)


def test_symmetric_noise_is_that_of_shuffled_labels() -> None:
    np.testing.assert_array_equal(noisy(), shuffle_labels(TRUE, 0.4, n_classes=10, seed=0)[0])


def test_asymmetric_noise_changes_a_label_once() -> None:
    found = noisy(kind="asymmetric", mapping={3: 5, 5: 3, 9: 1})
    assert set(found.values[TRUE == 3]) == {3, 5}
    assert set(found.values[TRUE == 5]) == {3, 5}
    rates = np.array(found.attrs["effective_rate_of_class"])
    np.testing.assert_allclose(rates[[3, 5, 9]], 0.4, atol=0.025)  # 3 sd; no cat is drawn twice
    assert (rates[[0, 1, 2, 4, 6, 7, 8]] == 0).all()
    assert found.attrs["expected_rate"] == pytest.approx(0.12)
    assert found.attrs["effective_rate"] == found.is_wrong.values.mean()


@pytest.mark.parametrize("include_true", [True, False])
def test_nested_and_seeded(include_true: bool) -> None:
    few, many = (noisy(rate, include_true=include_true) for rate in (0.2, 0.6))
    wrong = few.is_wrong.values
    np.testing.assert_array_equal(few.values[wrong], many.values[wrong])
    assert many.is_wrong.sum() > 2 * wrong.sum()
    xr.testing.assert_identical(noisy(), noisy())
    assert (noisy(seed=1) != noisy()).any()


def test_coordinates_and_two_classes() -> None:
    labels = xr.DataArray([0, 1, 1, 0], dims="sample", coords={"sample": [7, 3, 5, 1]})
    found = inject_label_noise(labels, 1.0, include_true=False, n_classes=2, seed=0)
    assert found.values.tolist() == [1, 0, 0, 1]
    assert found.sample.values.tolist() == [7, 3, 5, 1]
    assert found.true_label.values.tolist() == [0, 1, 1, 0]
    assert found.is_wrong.all()
    assert labels.values.tolist() == [0, 1, 1, 0]
    assert noisy(0.0).attrs["effective_rate"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 1.2}, "rate must be between 0 and 1; not 1.2"),
        ({"n_classes": 1}, "n_classes must be at least 2; not 1"),
        ({"n_classes": 9}, "labels must be between 0 and 8; not 9"),
        ({"kind": "pairs"}, "'symmetric', 'asymmetric'; not 'pairs'"),
        ({"kind": "asymmetric"}, "asymmetric noise needs mapping"),
        ({"kind": "asymmetric", "mapping": [(1, 2)]}, r"needs mapping: .*; not \[\(1, 2\)\]"),
        ({"mapping": {1: 2}}, "mapping is of asymmetric noise only"),
        ({"kind": "asymmetric", "mapping": {1: 10}}, "mapping must be between 0 and 9; not 10"),
        (
            {"kind": "asymmetric", "mapping": {1: 2}, "include_true": False},
            "include_true is of symmetric noise only; leave it out",
        ),
        ({"kind": "asymmetric", "mapping": {1: 1}}, "leads from class 1 to itself"),
    ],
)
def test_errors(change: dict[str, object], words: str) -> None:
    options = {"rate": 0.4, "n_classes": 10, "seed": 0} | change
    with pytest.raises(ValueError, match=words):
        inject_label_noise(TRUE, **options)
