"""Whether switching neurons off weakens a shortcut, beyond what drawn ones do."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims import interval
from infonb.selection import describe_undoing, undoing

SETS = ["bias", "anti", "other"]


def made(bias, anti, n_seeds=3, spread=0.004):
    """A result of two numbers, 0 and 1, whose drawn neurons change nothing: 1 on bias, 0 on anti.

    `bias` and `anti`: for each choice the accuracies with one neuron off.
    """
    by = list(bias)
    value = np.zeros((n_seeds, len(by), 2, 3))
    value[:, :, :, 0] = 1
    shift = spread * (np.arange(n_seeds) - (n_seeds - 1) / 2)
    for at, name in enumerate(by):
        value[:, at, 1, 0] = bias[name] + shift
        value[:, at, 1, 1] = anti[name] + 0.5 * shift
    null = np.zeros((n_seeds, 5, 2, 3))
    null[..., 0] = 1
    dims = ("seed", "by", "number", "set")
    found = xr.Dataset(
        {"value": (dims, value), "null": (("seed", "repeat", *dims[2:]), null)},
        {"by": by, "number": [0, 1], "set": SETS, "seed": np.arange(n_seeds)},
    )
    return found if n_seeds > 1 else found.isel(seed=0, drop=True)


FOUND = made(
    {"found": 0.9, "broken": 0.5, "nothing": 1.0}, {"found": 0.8, "broken": 0.5, "nothing": 0.0}
)


def test_gap_and_accuracy_are_by_hand():
    judged = undoing(FOUND)
    np.testing.assert_allclose(judged.closed, [0.9, 1.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(judged.gained, [0.35, 0.0, 0.0], atol=1e-9)
    assert float(judged.gap) == 1
    effect = [0.9 + x for x in (0.002, 0.0, -0.002)]
    low, high = interval(effect)
    np.testing.assert_allclose(judged.closed_interval[0], [low, high], atol=1e-9)
    assert judged.closed_verdict.values.tolist() == ["holds", "holds", "too close to tell"]
    assert judged.gained_verdict.values.tolist() == ["holds"] + ["too close to tell"] * 2


def test_less_what_drawn_neurons_do_and_over_all_numbers():
    null = FOUND.null.copy()
    null[:, :, 1, 0], null[:, :, 1, 1] = 0.8, 0.1
    judged = undoing(FOUND.assign(null=null))
    np.testing.assert_allclose(judged.closed, [0.6, 0.7, -0.3], atol=1e-9)
    np.testing.assert_allclose(judged.gained, [0.4, 0.05, 0.05], atol=1e-9)
    more = xr.concat([FOUND, FOUND.isel(number=[0]).assign_coords(number=[2])], dim="number")
    np.testing.assert_allclose(undoing(more).closed, [0.45, 0.5, 0.0], atol=1e-9)


def test_in_words():
    (line,) = describe_undoing(FOUND)
    assert "the accuracy on bias is 1.00 above that on anti" in line
    weakened, rest = line.split("The gap closes more than with drawn neurons off, but")
    assert "weakened more than by drawn neurons with these off: found (gap −0.90 [" in weakened
    broken, rest = rest.split("Too close to tell from drawn neurons: ")
    assert "may just be broken: broken (gap −1.00 [" in broken
    assert rest.startswith("nothing (gap +0.00 [")
    nothing = describe_undoing(FOUND.sel(by=["nothing"]))[0]
    assert "No choice clearly weakens the shortcut" in nothing


def test_several_networks_and_one_without_a_shortcut():
    fair = FOUND.copy(deep=True)
    fair["value"][...], fair["null"][...] = 0.7, 0.7
    both = xr.concat([FOUND, fair], dim=xr.Variable("network", ["shortcut", "fair"]))
    lines = describe_undoing(both)
    assert lines[0].startswith("**shortcut**: untouched")
    assert lines[1].startswith("**fair**: no shortcut to weaken")
    numbered = describe_undoing(both.assign_coords(network=[1.0, 0.0]).rename(network="alpha"))
    assert [line[:13] for line in numbered] == ["**alpha = 1**", "**alpha = 0**"]


def test_a_single_seed_is_never_clear():
    (line,) = describe_undoing(made({"found": 0.9}, {"found": 0.8}, n_seeds=1))
    assert "Too close to tell from drawn neurons: found (gap −0.90, one seed only" in line


def test_a_choice_that_ran_out_of_neurons_is_not_judged():
    found = FOUND.copy(deep=True)
    found["value"][:, 0, 1] = np.nan
    judged = undoing(found)
    assert np.isnan(judged.closed_interval[0]).all()
    assert judged.closed_verdict.values[0] == "too close to tell"


def test_other_sets():
    with pytest.raises(ValueError, match="sets must be one of 'bias', 'anti', 'other'; not 'none'"):
        undoing(FOUND, ("bias", "none"))
    np.testing.assert_allclose(undoing(FOUND, ("bias", "other")).closed, [0.1, 0.5, 0], atol=1e-9)
