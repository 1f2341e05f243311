"""The plan of in and out: every sample left out as often as it should be, and never by chance."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import in_out_plan


def with_role(n, n_null, **more):
    role = np.array(["train"] * n + ["null"] * n_null, dtype=object)
    return xr.Dataset(
        coords={"sample": np.arange(n + n_null) + 100, "role": ("sample", role)} | more
    )


def test_folds_by_hand():
    held_out = in_out_plan(11, repeats=3, folds=3)
    assert held_out.dims == ("repeat", "fold", "sample")
    assert held_out.dtype == bool
    assert held_out.sum("sample").values.tolist() == [[4, 4, 3]] * 3
    assert (held_out.sum("fold") == 1).all()  # each sample once in every repeat
    assert held_out.attrs == {"seed": 0, "folds": 3}
    repeats = held_out.values.reshape(3, -1)
    assert not (repeats[0] == repeats[1]).all()


def test_a_repeat_does_not_depend_on_how_many_there_are():
    whole = in_out_plan(20, repeats=5, folds=4, seed=3)
    xr.testing.assert_identical(
        whole.isel(repeat=[1, 4]), in_out_plan(20, repeats=[1, 4], folds=4, seed=3)
    )
    assert not in_out_plan(20, repeats=5, folds=4, seed=4).equals(whole)


def test_halves_complement_each_other():
    held_out = in_out_plan(9, repeats=4, share=0.5)
    assert (held_out.isel(fold=0) == ~held_out.isel(fold=1)).all()
    assert held_out.sum("sample").values.tolist() == [[5, 4]] * 4


def test_a_share_is_drawn_for_each_repeat():
    held_out = in_out_plan(10, repeats=400, share=0.7)
    assert held_out.sizes["fold"] == 1
    assert (held_out.sum("sample") == 3).all()
    often = held_out.mean(["repeat", "fold"])  # standard error 0.023
    assert (abs(often - 0.3) < 0.1).all()


def test_null_samples_have_their_own_division():
    held_out = in_out_plan(with_role(12, 5), repeats=2, folds=4)
    null = held_out.role == "null"
    assert held_out.sample.values.tolist() == list(range(100, 117))
    assert held_out[..., ~null.values].sum("sample").values.tolist() == [[3] * 4] * 2
    assert (held_out[..., null.values].sum("fold") == 1).all()


def test_who_belongs_together_is_in_or_out_together():
    copy_of = ("sample", np.repeat(np.arange(6), 3))
    samples = xr.Dataset(coords={"copy_of": copy_of})
    held_out = in_out_plan(samples, repeats=5, folds=3, together="copy_of")
    groups = held_out.values.reshape(5, 3, 6, 3)
    assert (groups == groups[..., :1]).all()
    assert (groups[..., 0].sum(2) == 2).all()  # groups are counted, not samples


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"folds": 1}, "folds must be at least 2; not 1"),
        ({"folds": 9}, "folds must be at most the number of samples to train on, 8; not 9"),
        (
            {"share": 0.01},
            "share must leave some of 8 samples to train on in and some out; not 0.01",
        ),
        ({"share": 1.5}, "share must be between 0 and 1; not 1.5"),
        ({"share": 0.5, "folds": 2}, "give folds or share, not both"),
        ({"repeats": 0}, "repeats must be at least 1; not 0"),
        ({"repeats": []}, r"repeats must be different numbers, at least one; not \[\]"),
        ({"repeats": [2, 2]}, r"repeats must be different numbers, at least one; not \[2, 2\]"),
        ({"together": "author"}, "together must be one of 'sample', 'role'; not 'author'"),
    ],
)
def test_what_cannot_be_planned(choices, words):
    with pytest.raises(ValueError, match=words):
        in_out_plan(with_role(8, 3), **choices)


def test_samples_that_are_none():
    with pytest.raises(ValueError, match="at least 1; not 0"):
        in_out_plan(0)
    with pytest.raises(ValueError, match="dim 'sample' not found; samples has dims \\('x',\\)"):
        in_out_plan(xr.DataArray([1], dims="x"))
    with pytest.raises(ValueError, match="all samples have role 'null'"):
        in_out_plan(with_role(0, 5))


def test_variables_of_a_dataset_count_as_coordinates_do():
    known = with_role(6, 4).assign_coords(author=("sample", np.arange(10) // 2))
    samples = known.reset_coords(["role", "author"])
    expected = in_out_plan(known, folds=3, repeats=np.int64(2), together="author")
    found = in_out_plan(samples, folds=3, repeats=2, together="author")
    xr.testing.assert_identical(found, expected)
    assert "role" in in_out_plan(samples, folds=3).coords
