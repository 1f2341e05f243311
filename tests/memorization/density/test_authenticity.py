"""AuthPct: by hand, against a plain loop, copies, and what fair samples score."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import authenticity

RNG = np.random.default_rng(0)


def points(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=("sample", "feature"))


def by_loop(known, made):
    found = []
    for one in made:
        far = [np.linalg.norm(one - other) for other in known]
        x = int(np.argmin(far))
        between = min(np.linalg.norm(known[x] - o) for j, o in enumerate(known) if j != x)
        found.append(far[x] > between)
    return found


def test_by_hand():
    found = authenticity(points([[0], [2], [10]]), points([[0.5], [5], [30]]))
    assert found.nearest.values.tolist() == [0, 1, 2]
    assert found.distance.values.tolist() == [0.5, 3, 20]
    assert found.neighbour_distance.values.tolist() == [2, 2, 8]
    assert found.authentic.values.tolist() == [False, True, True]
    assert found.auth_pct.item() == pytest.approx(200 / 3)


def test_as_a_plain_loop():
    known, made = RNG.normal(size=(50, 4)), RNG.normal(size=(40, 4))
    found = authenticity(points(known), points(made))
    assert found.authentic.values.tolist() == by_loop(known, made)


def test_copies_and_far_samples():
    known = points(RNG.normal(size=(30, 2)))
    assert authenticity(known, known).auth_pct == 0
    assert authenticity(known, known + 1e-6).auth_pct == 0
    assert authenticity(known, known + 1e3).auth_pct == 100


def test_beside_twins_all_but_copies_are_authentic():
    found = authenticity(points([[1], [1], [9]]), points([[1], [1.1]]))
    assert found.authentic.values.tolist() == [False, True]


@pytest.mark.parametrize(
    ("dims", "mutual"), [(1, 2 / 3), (2, 6 * np.pi / (8 * np.pi + 3 * np.sqrt(3)))]
)
def test_fair_samples_score_the_share_that_is_not_mutually_nearest(dims, mutual):
    rng = np.random.default_rng(1)
    share = np.mean([
        authenticity(points(rng.random((400, dims))), points(rng.random((100, dims)))).auth_pct
        for _ in range(30)
    ])  # fmt: skip
    assert share == pytest.approx(100 * (1 - mutual), abs=4)


def test_errors():
    with pytest.raises(ValueError, match="training has 1 point, which has no nearest other one"):
        authenticity(points([[1]]), points([[1]]))
    with pytest.raises(ValueError, match="dim 'sample' not found; training"):
        authenticity(points([[1]]).rename(sample="n"), points([[1]]))
