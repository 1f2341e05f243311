"""The chance of agreeing rankings, against all orders counted one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import kendalltau

from infonb.claims import Claim
from infonb.claims.resampling import rank_p_value


@pytest.mark.parametrize(
    ("n_levels", "taus"), [(3, [1 / 3]), (3, [1.0, 1 / 3]), (4, [2 / 3, -1 / 3])]
)
def test_against_all_orders(n_levels, taus):
    one = [
        kendalltau(range(n_levels), order).statistic
        for order in itertools.permutations(range(n_levels))
    ]
    means = np.array([np.mean(both) for both in itertools.product(one, repeat=len(taus))])
    expected = (np.abs(means) >= abs(np.mean(taus)) - 1e-9).mean()
    assert rank_p_value(taus, n_levels) == pytest.approx(expected)


def test_few_rankings_of_few_levels_decide_nothing():
    taus = (1 / 3, 1 / 3)
    without = Claim("ranked", "network", 1, "", "", taus)
    assert without.verdict == "holds"  # equal values leave no spread
    assert Claim("ranked", "network", 1, "", "", taus, n_levels=3).verdict == "too close to tell"


def test_clear_rankings_hold():
    assert Claim("ranked", "network", 1, "", "", (1.0, 1.0, 1.0), n_levels=5).verdict == "holds"
    assert Claim("", "", -1, "", "", (1.0, 1.0, 1.0), n_levels=5).verdict == "does not hold"
