import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from infonb.measures.kernels.neighbour_ranks import mean_rank, nearest, neighbours, ranks_among


def clouds():
    rng = np.random.default_rng(0)
    copies = rng.normal(size=(20, 3))[rng.integers(8, size=20)]
    return {
        "normal": rng.normal(size=(30, 4)),
        "grid": rng.integers(3, size=(40, 2)).astype(float),
        "bits": (rng.random((25, 6)) < 0.5).astype(float),
        "copies": copies + 1e6,
        "one place": np.ones((6, 2)),
    }


def plain_ranks(points):
    apart = cdist(points, points).round(7)
    n = len(points)
    found = np.zeros((n, n))
    for i in range(n):
        others = np.arange(n) != i
        found[i, others] = rankdata(apart[i, others])
    return found


def place_of(some, n):
    place = np.full(n, n, np.int32)
    place[some] = np.arange(len(some))
    return place


@pytest.mark.parametrize("name", clouds())
def test_ranks_of_all_and_of_some(name):
    points = clouds()[name]
    n = len(points)
    around = neighbours(points)
    some = np.arange(0, n, 2)
    for chosen in (np.arange(n), some):
        found = ranks_among(around.order, around.tie, place_of(chosen, n))
        np.testing.assert_array_equal(found, plain_ranks(points[chosen]))


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("name", clouds())
def test_the_nearest_share_what_ties_leave(name, k):
    points = clouds()[name]
    ranks = plain_ranks(points).astype(np.float32)
    start, index, weight = nearest(ranks, k)
    apart = cdist(points, points).round(7)
    np.fill_diagonal(apart, np.inf)
    for i in range(len(points)):
        expected = np.zeros(len(points))
        last = np.sort(apart[i])[k - 1]
        expected[apart[i] < last] = 1.0
        equal = apart[i] == last
        expected[equal] = (k - expected.sum()) / equal.sum()
        found = np.zeros(len(points))
        found[index[start[i] : start[i + 1]]] = weight[start[i] : start[i + 1]]
        np.testing.assert_allclose(found, expected)


def test_the_mean_rank_of_renamed_points_is_that_of_points_in_another_order():
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 50, 3))
    order = rng.permutation(50)
    near = nearest(plain_ranks(one).astype(np.float32), 2)
    renamed = mean_rank(plain_ranks(other).astype(np.float32), *near, 2, order)
    moved = mean_rank(plain_ranks(other[order]).astype(np.float32), *near, 2, np.arange(50))
    assert renamed == pytest.approx(moved)
    assert renamed == pytest.approx(1, abs=0.2)
