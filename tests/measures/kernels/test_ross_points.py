import numpy as np
import pytest
from scipy.special import digamma

from infonb.measures.kernels.ross import ross_information
from infonb.measures.kernels.ross_points import distances, ross_of_points


@pytest.mark.parametrize("k", [1, 3, 30])
@pytest.mark.parametrize("kind", ["normal", "rounded", "alone"])
def test_in_one_dim_it_is_the_kernel_of_rows(kind, k):
    rng = np.random.default_rng(0)
    classes = rng.integers(3, size=80)
    values = rng.normal(size=80) + classes
    if kind == "rounded":
        values = values.round()
    if kind == "alone":
        classes[0] = 3
    found = ross_of_points(distances(values[:, None]), classes, k)
    expected, _ = ross_information(values[None], classes, k, mixed=True, pointwise=True)
    np.testing.assert_allclose(found, expected[0], atol=1e-12)


def test_a_slow_plain_loop_in_several_dims():
    rng = np.random.default_rng(1)
    classes, points = rng.integers(4, size=60), rng.normal(size=(60, 3))
    points[:, 0] += classes
    expected = []
    for i in range(60):
        apart = np.sqrt(((points - points[i]) ** 2).sum(axis=1))
        own = np.sort(apart[(classes == classes[i]) & (np.arange(60) != i)])
        m = (apart < own[2]).sum()
        size = (classes == classes[i]).sum()
        expected.append(np.log(60) + digamma(3) - digamma(size) - digamma(m))
    np.testing.assert_allclose(ross_of_points(distances(points), classes, 3), expected)


def test_nothing_is_known_from_one_place_or_of_one_class():
    classes = np.arange(10) % 2
    assert not ross_of_points(distances(np.ones((10, 2))), classes, 3).any()
    points = np.random.default_rng(0).normal(size=(10, 2))
    assert not ross_of_points(distances(points), np.zeros(10, int), 3).any()


def test_equal_points_are_equal_although_their_sums_are_rounded():
    base = np.random.default_rng(2).normal(size=(5, 3)) * 1e3
    points = np.repeat(base, 4, axis=0)
    points += np.random.default_rng(3).normal(size=points.shape) * 1e-11
    classes = np.repeat(np.arange(5) % 2, 4)
    found = ross_of_points(distances(points), classes, 3)
    exact = ross_of_points(distances(np.repeat(base, 4, axis=0)), classes, 3)
    np.testing.assert_array_equal(found, exact)
