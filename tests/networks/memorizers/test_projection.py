"""The projection memorizer: the nearest neighbour of a projection, at full rank of the inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from infonb.networks import null_direction, projected_memorizer


def points_of(n=60, n_features=5):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, n_features)), np.where(rng.random(n) < 0.5, -1, 1)


def test_it_is_the_nearest_neighbour_of_the_projection():
    points, labels = points_of()
    asked = np.random.default_rng(1).normal(size=(300, 5))
    for rank in (1, 3, 5):
        net = projected_memorizer(points, labels, rank=rank, seed=2)
        rows = net.project.weight.numpy()
        np.testing.assert_allclose(rows @ rows.T, np.eye(rank), atol=1e-12)
        neighbour = KNeighborsClassifier(1, algorithm="brute").fit(points @ rows.T, labels)
        np.testing.assert_array_equal(net.decide(asked), neighbour.predict(asked @ rows.T))
        assert (net.decide(points) == labels).all()
    whole = KNeighborsClassifier(1, algorithm="brute").fit(points, labels)
    np.testing.assert_array_equal(net.decide(asked), whole.predict(asked))


def test_it_does_not_see_the_directions_that_it_does_not_take():
    points, labels = points_of()
    net = projected_memorizer(points, labels, rank=4)
    along = null_direction(net.project.weight)
    assert (net.decide(points + 1e3 * along) == labels).all()
    other = projected_memorizer(points, labels, rank=4, seed=1)
    assert not torch.equal(net.project.weight, other.project.weight)
    again = projected_memorizer(points, labels, rank=4)
    assert torch.equal(net.project.weight, again.project.weight)


def test_errors():
    points, labels = points_of(6, 3)
    for rank in (0, 4):
        with pytest.raises(ValueError, match=f"rank must be between 1 and 3; not {rank}"):
            projected_memorizer(points, labels, rank=rank)
    with pytest.raises(ValueError, match="head must be one of 'cells', 'relu'"):
        projected_memorizer(points, labels, rank=1, head="bits")
