"""Permutations against plain loops over all of them; the correction against its definition."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from infonb.selection.comparison.permutation import exchange_networks, flip_signs, holm

RNG = np.random.default_rng(3)


def test_all_flips_of_few_pairs():
    differences = RNG.normal(0.5, 1, (4, 7))
    for row, p in zip(differences, flip_signs(differences, 10_000, 0), strict=True):
        sums = [abs(np.dot(signs, row)) for signs in product([1, -1], repeat=7)]
        assert p == np.mean([one >= abs(row.sum()) - 1e-12 for one in sums])


def test_drawn_flips_are_near_to_all():
    differences = RNG.normal(0.6, 1, (3, 12))
    exact = flip_signs(differences, 2**12, 0)
    drawn = flip_signs(differences, 4000, 0)
    assert np.all(abs(drawn - exact) < 4 * np.sqrt(exact * (1 - exact) / 4000) + 1 / 4001)
    assert not np.array_equal(drawn, exact)


def test_many_samples():
    p = flip_signs(np.stack([np.ones(3000), np.zeros(3000)]), 999, 0)
    assert p.tolist() == [1 / 1000, 1.0]


def test_flips_of_pairs_that_are_there():
    full = RNG.normal(size=(2, 5))
    holes = np.concatenate([full, np.full((2, 2), np.nan)], axis=1)
    holes[1, 0] = np.nan
    found = flip_signs(holes, 10_000, 0)
    assert found[0] == flip_signs(full[:1], 10_000, 0)[0]
    assert found[1] == flip_signs(full[1:, 1:], 10_000, 0)[0]
    assert np.isnan(flip_signs(np.full((1, 3), np.nan), 100, 0))


def test_all_divisions_of_few_networks():
    first, second = RNG.normal(size=(2, 3)), RNG.normal(1, 1, (2, 4))
    found = exchange_networks(first, second, 10_000, 0)
    for a, b, p in zip(first, second, found, strict=True):
        both = np.concatenate([a, b])
        means = []
        for chosen in combinations(range(7), 3):
            rest = [i for i in range(7) if i not in chosen]
            means.append(abs(both[list(chosen)].mean() - both[rest].mean()))
        assert p == pytest.approx(np.mean(np.array(means) >= abs(a.mean() - b.mean()) - 1e-12))


def test_drawn_divisions():
    first, second = RNG.normal(size=(1, 8)), RNG.normal(0.8, 1, (1, 8))
    exact = exchange_networks(first, second, 20_000, 0)
    drawn = exchange_networks(first, second, 3000, 0)
    assert exact.size == 1
    assert abs(drawn - exact) < 4 * np.sqrt(exact * (1 - exact) / 3000) + 1 / 3001


def test_a_null_is_rejected_as_often_as_it_may_be():
    null = np.random.default_rng(0).standard_t(3, (2000, 6))
    p = flip_signs(null, 10_000, 0)
    assert np.mean(p <= 2 / 64) <= 0.05
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.05)


def test_holm():
    """The example of the definition: each times how many are left, and never below one before."""
    p = np.array([[0.01, np.nan, 0.04], [0.03, 0.005, 0.9]])
    assert np.allclose(holm(p), [[0.04, np.nan, 0.09], [0.09, 0.025, 0.9]], equal_nan=True)
    assert np.allclose(holm(np.array([0.6, 0.7])), [1.0, 1.0])
