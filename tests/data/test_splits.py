from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infonb.data import concentric_circles, split


def test_last_examples_are_validation_without_a_seed() -> None:
    train, validation = split(concentric_circles(100), 30)
    np.testing.assert_array_equal(train.sample, np.arange(70))
    np.testing.assert_array_equal(validation.sample, np.arange(70, 100))
    assert (train.attrs["split"], validation.attrs["split"]) == ("train", "validation")


@given(n=st.integers(2, 80), data=st.data(), seed=st.integers(0, 1000))
def test_parts_are_disjoint_and_complete(n: int, data: st.DataObject, seed: int) -> None:
    n_validation = data.draw(st.integers(1, n - 1))
    points = concentric_circles(n)
    train, validation = split(points, n_validation, seed=seed)
    assert validation.sizes["sample"] == n_validation
    together = np.concatenate([train.sample, validation.sample])
    np.testing.assert_array_equal(np.sort(together), np.arange(n))
    np.testing.assert_array_equal(train.label, points.label.sel(sample=train.sample))
    assert split(points, n_validation, seed=seed)[0].identical(train)


@pytest.mark.parametrize("n_validation", [0, 10, 11])
def test_a_part_without_examples_is_refused(n_validation: int) -> None:
    with pytest.raises(ValueError, match=r"n_validation must be between 1 and 9"):
        split(concentric_circles(10), n_validation)


def test_one_example_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="1 examples cannot be split"):
        split(concentric_circles(10).isel(sample=[0]), 1)
