"""Nearest points: against all distances, with ties, copies and large offsets."""

from __future__ import annotations

import numpy as np
import pytest

from infonb.memorization.deja_vu import neighbours
from infonb.memorization.density.nearest import nearest

RNG = np.random.default_rng(0)


def by_loop(x, others, itself=True):
    found = []
    for i, one in enumerate(x):
        far = [np.sqrt(((one - other) ** 2).sum()) for other in others]
        if not itself:
            far[i] = np.inf
        found.append((int(np.argmin(far)), min(far)))
    return [np.array(part) for part in zip(*found, strict=True)]


@pytest.mark.parametrize("offset", [0.0, 1e4, -300.0])
@pytest.mark.parametrize("itself", [True, False])
def test_as_a_plain_loop(offset, itself):
    x = RNG.normal(size=(40, 6)) + offset
    others = x if not itself else RNG.normal(size=(57, 6)) * 3 + offset
    for found, expected in zip(nearest(x, others, itself=itself), by_loop(x, others, itself)):  # noqa: B905
        np.testing.assert_array_equal(found, expected)


def test_ties_go_to_the_first_and_copies_are_at_distance_zero():
    others = np.array([[2.0], [0.0], [2.0], [0.0], [5.0]])
    place, distance = nearest(np.array([[1.0], [0.0], [5.0], [3.5]]), others)
    assert place.tolist() == [0, 1, 4, 0]
    assert distance.tolist() == [1, 0, 0, 1.5]


def test_a_twin_is_nearest_but_not_itself():
    x = np.array([[1.0], [4.0], [1.0]])
    place, distance = nearest(x, x, itself=False)
    assert place.tolist() == [2, 0, 0]
    assert distance.tolist() == [0, 3, 0]


def test_points_that_are_all_alike():
    place, distance = nearest(np.ones((3, 2)), np.ones((2, 2)))
    assert place.tolist() == [0, 0, 0]
    assert distance.tolist() == [0, 0, 0]


def test_the_same_in_small_blocks(monkeypatch):
    x, others = RNG.normal(size=(30, 4)), RNG.normal(size=(25, 4))
    whole = nearest(x, others)
    monkeypatch.setattr(neighbours, "_BLOCK", 50)
    for one, other in zip(whole, nearest(x, others), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("itself", [True, False])
def test_one_point_far_out_does_not_hide_which_of_the_others_is_nearest(itself):
    """Beside 10^7 the search by products cannot tell points that are about 1 apart."""
    others = np.concatenate([RNG.normal(size=(60, 2)), [[1e7, 0.0]]])
    x = RNG.normal(size=(20, 2)) if itself else others
    for found, expected in zip(nearest(x, others, itself=itself), by_loop(x, others, itself)):  # noqa: B905
        np.testing.assert_array_equal(found, expected)


def test_more_copies_than_candidates():
    others = np.repeat([[3.0], [1.0]], 20, axis=0)
    place, distance = nearest(np.array([[1.0], [2.5]]), others)
    assert (place.tolist(), distance.tolist()) == ([20, 0], [0, 0.5])
    place, distance = nearest(others, others, itself=False)
    assert (place[:2].tolist(), distance.max()) == ([1, 0], 0)
