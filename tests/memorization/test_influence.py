"""Influence against a plain loop, on planted teachers, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import in_out, in_out_plan, influence


@pytest.mark.parametrize("given", ["out", "any"])
def test_against_a_plain_loop(given):
    rng = np.random.default_rng(0)
    held_out = in_out_plan(8, repeats=5, folds=2)
    values = rng.random((5, 2, 8))
    values[rng.random(values.shape) < 0.1] = np.nan
    found = influence(held_out.astype(float).copy(data=values), held_out, given=given)
    out = held_out.values
    for j in range(8):
        for i in range(8):
            groups = {True: [], False: []}
            for run in np.ndindex(5, 2):
                value = values[(*run, j)]
                if not np.isnan(value) and (given == "any" or out[(*run, j)]):
                    groups[not out[(*run, i)]].append(value)
            one = found.isel(sample=j, other_sample=i)
            assert (one.n_in, one.n_out) == (len(groups[True]), len(groups[False]))
            expected = (
                np.mean(groups[True]) - np.mean(groups[False]) if all(groups.values()) else np.nan
            )
            np.testing.assert_allclose(one.influence, expected, atol=1e-12)


def planted(n=60, repeats=100):
    """Sample 0 is known where 1 is in; the rest by chance; everybody where it is in itself."""
    held_out = in_out_plan(n, repeats=repeats, folds=2, seed=2)
    right = np.random.default_rng(1).random(held_out.shape) < 0.3
    right[..., 0] = ~held_out.values[..., 1]
    return (held_out.copy(data=right) | ~held_out).assign_attrs(units="share right"), held_out


def test_a_planted_teacher_is_found_and_no_other():
    right, held_out = planted()
    found = influence(right, held_out)
    assert float(found.influence.sel(sample=0, other_sample=1)) == 1.0
    assert float(found.influence.max()) == 1.0
    assert float(found.null.max()) < 0.6
    others = found.influence.isel(sample=slice(1, None))
    assert float(others.max()) < 0.6
    assert abs(float(found.null.mean())) < 0.01
    assert found.null.std() > 0.05
    assert (found.influence.isel(sample=range(1, 60)).mean() < 0.05).item()


def test_of_all_trainings_the_diagonal_is_memorization():
    right, held_out = planted()
    found = influence(right, held_out, given="any").influence
    np.testing.assert_allclose(np.diag(found), in_out(right, held_out).mem)
    hidden = influence(right, held_out).influence
    assert np.isnan(np.diag(hidden)).all()  # who was out was never in


def test_of_some_learners_and_of_a_test_set():
    right, held_out = planted()
    whole = influence(right, held_out).influence
    few = influence(right.isel(sample=[0, 5]), held_out).influence
    np.testing.assert_allclose(few, whole.isel(sample=[0, 5]))
    test = right.isel(sample=[0, 5]).assign_coords(sample=[1000, 1001])
    found = influence(test, held_out)  # none of these was in any training set
    assert found.influence.sizes == {"sample": 2, "other_sample": 60}
    assert (found.n_in + found.n_out == 200).all()


def test_batches_are_measured_one_by_one():
    right, held_out = planted(n=10, repeats=6)
    both = xr.concat([right, right ^ True], xr.Variable("epoch", [1, 2]))
    found = influence(both, held_out).influence
    np.testing.assert_allclose(found.sel(epoch=1), influence(right, held_out).influence)
    np.testing.assert_allclose(found.sel(epoch=2), -found.sel(epoch=1))


def test_what_does_not_fit():
    right, held_out = planted(n=10, repeats=6)
    mixed = right.isel(sample=[0, 1]).assign_coords(sample=[0, 99])
    with pytest.raises(ValueError, match="1 of 2 samples of score are in the plan"):
        influence(mixed, held_out)
    with pytest.raises(ValueError, match="given must be one of 'out', 'any'; not 'all'"):
        influence(right, held_out, given="all")
    with pytest.raises(ValueError, match="dim 'sample' not found; score"):
        influence(right.isel(sample=0), held_out)
