from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import xarray as xr

from infonb.data.language import balanced, generated_biographies, training_set


def people(*groups: tuple[int, str, int]) -> xr.Dataset:
    """Return (label, gender, how many) as data whose samples are numbered from 100."""
    labels = [label for label, _, n in groups for _ in range(n)]
    genders = [gender for _, gender, n in groups for _ in range(n)]
    n = len(labels)
    return xr.Dataset(
        {
            "label": ("sample", labels),
            "text": ("sample", np.array([f"He is {i}." for i in range(n)], dtype=object)),
        },
        {"sample": np.arange(100, 100 + n), "gender": ("sample", np.array(genders, object))},
        {"class_names": "nurse, surgeon"},
    )


DATA = people((0, "female", 7), (0, "male", 2), (1, "female", 1), (1, "male", 4))


def counts(data: xr.Dataset) -> Counter:
    return Counter(zip(data.label.values.tolist(), data.gender.values.tolist(), strict=True))


def test_by_hand() -> None:
    less, more = balanced(DATA, "subsampled", seed=3), balanced(DATA, "oversampled", seed=3)
    assert counts(less) == {(0, "female"): 2, (0, "male"): 2, (1, "female"): 1, (1, "male"): 1}
    assert counts(more) == {(0, "female"): 7, (0, "male"): 7, (1, "female"): 4, (1, "male"): 4}
    assert len(set(less.original_sample.values)) == less.sizes["sample"]  # none twice
    assert set(more.original_sample.values) == set(DATA.sample.values)  # each at least once
    for found in (less, more):
        drawn = DATA.sel(sample=found.original_sample.values)
        assert (drawn.text.values == found.text.values).all()
        assert (found.sample.values == np.arange(found.sizes["sample"])).all()
    assert balanced(DATA, "original").text.identical(
        DATA.text.assign_coords(sample=np.arange(14), original_sample=DATA.sample)
        .drop_vars("original_sample")
        .assign_coords(original_sample=("sample", DATA.sample.values))
    )


def test_seeds() -> None:
    assert balanced(DATA, "oversampled", seed=1).identical(balanced(DATA, "oversampled", seed=1))
    drawn = [tuple(balanced(DATA, "subsampled", seed=s).original_sample.values) for s in range(5)]
    assert len(set(drawn)) > 1


def test_six_sets() -> None:
    data = generated_biographies(400, seed=0)
    for balance in ("original", "subsampled", "oversampled"):
        raw = training_set(data, "raw", balance, seed=2)
        clean = training_set(data, "scrubbed", balance, seed=2)
        assert (raw.original_sample.values == clean.original_sample.values).all()
        assert (raw.text.values != clean.text.values).all()
        assert (raw.attrs["text_form"], raw.attrs["balance"]) == ("raw", balance)
        assert clean.attrs["text_form"] == "scrubbed"


def test_a_class_without_a_gender_is_named() -> None:
    with pytest.raises(ValueError, match=r"label 1 \(surgeon\) has no example with gender 'male'"):
        balanced(people((0, "female", 2), (0, "male", 2), (1, "female", 3)), "subsampled")
    with pytest.raises(ValueError, match="all examples have gender 'female'"):
        balanced(people((0, "female", 2), (1, "female", 3)), "oversampled")


@pytest.mark.parametrize("name", ["gender", "label"])
def test_a_column_that_is_missing_is_one_clear_line(name: str) -> None:
    with pytest.raises(ValueError, match=rf"have no '{name}' \(sample\), only "):
        balanced(DATA.drop_vars(name), "subsampled")
    with pytest.raises(ValueError, match=rf"have no '{name}' \(sample\), only "):
        training_set(DATA.drop_vars(name), "raw", "oversampled")
    with pytest.raises(ValueError, match="gender must have the dim 'sample' alone"):
        balanced(DATA.assign_coords(gender="female"), "subsampled")


def test_wrong_names() -> None:
    with pytest.raises(ValueError, match="Did you mean 'subsampled'"):
        balanced(DATA, "subsample")
    with pytest.raises(ValueError, match="text must be one of 'raw', 'scrubbed'"):
        training_set(DATA, "clean", "original")
