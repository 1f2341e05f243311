"""Random hyperplanes: against a slow plain loop, on what they may and may not fire."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from infonb.data import load_digits
from infonb.networks import random_hyperplane_memorizer
from infonb.networks.memorizers import hyperplanes
from infonb.networks.memorizers.hyperplanes import cover


def _digits(n, *classes):
    digits = load_digits()
    if classes:
        digits = digits.isel(sample=np.isin(digits.label, classes))
    digits = digits.isel(sample=slice(n))
    return digits.input.values.reshape(digits.sizes["sample"], -1).astype(
        float
    ), digits.label.values


def _slowly(sides, own, order):
    """The algorithm, one point after the other: units counted, limits, and what is covered."""
    inside, outside = sides[own], sides[~own]
    left, limits, centres = np.ones(len(inside), bool), [], []
    tried = np.zeros(len(inside), bool)
    for point in order:
        if tried[point] or not left[point]:
            continue
        tried[point] = True
        off = inside[point] == 0
        limit = min(int(other[off].sum()) for other in outside)
        if limit > 0:
            centres.append(off)
            limits.append(limit)
            left &= np.array([one[off].sum() >= limit for one in inside])
    return centres, limits, ~left


@pytest.mark.parametrize("n_planes", [8, 20, 60])
def test_as_a_slow_loop_does_it(n_planes):
    points, labels = _digits(400, 3, 5, 8)
    rng = np.random.default_rng(n_planes)
    sides = (points @ rng.normal(size=(64, n_planes)) > 0).astype(np.float32)
    own = labels == 8
    found = cover(sides, own, np.random.default_rng(1))
    order = np.random.default_rng(1).permutation(own.sum())
    counted, limits, covered = _slowly(sides, own, order)
    assert found.limits == limits
    assert np.array_equal(np.array(found.counted), np.array(counted))
    np.testing.assert_array_equal(found.covered, covered)


def test_the_size_of_the_blocks_changes_nothing(monkeypatch):
    points, labels = _digits(300)
    expected = random_hyperplane_memorizer(points, labels, n_hyperplanes=40)
    for name, value in {"_FIRST": 1, "_MOST": 3, "_ROWS": 17}.items():
        monkeypatch.setattr(hyperplanes, name, value)
    found = random_hyperplane_memorizer(points, labels, n_hyperplanes=40)
    for name, values in expected.state_dict().items():
        assert torch.equal(values, found.state_dict()[name]), name


@pytest.mark.parametrize(("n_planes", "bias"), [(30, 0.0), (60, 0.0), (200, 0.0), (200, 0.5)])
def test_the_network_is_what_was_counted(n_planes, bias):
    points, labels = _digits(500)
    net = random_hyperplane_memorizer(points, labels, n_hyperplanes=n_planes, bias=bias, seed=2)
    inputs = torch.from_numpy(points)
    said = net.predict(inputs).numpy()
    assert (said == labels).mean() == net.accuracy
    assert net.interpolates == (net.accuracy == 1)
    with torch.no_grad():
        scores, first = net(inputs).numpy(), net.hidden1(inputs)
        units = net.hidden2(first).numpy()
    assert set(np.unique(first)) <= {0, 1}
    # no unit fires on a point of another class
    owner = np.repeat(np.arange(10), net.widths)
    assert not units[labels[:, None] != owner[None]].any()
    assert net.uncovered == int((scores[np.arange(500), labels] == 0).sum())
    assert net.width == len(owner) == net.hidden2.weight.shape[0]
    assert set(net.hidden2.weight.unique().tolist()) <= {-1.0, 0.0}


def test_enough_hyperplanes_interpolate_and_few_do_not():
    points, labels = _digits(None)
    assert not random_hyperplane_memorizer(points, labels, n_hyperplanes=60).interpolates
    many = random_hyperplane_memorizer(points, labels, n_hyperplanes=300)
    assert many.interpolates
    assert many.uncovered == 0
    assert many.width < len(points) / 2


def test_of_two_classes_one_is_covered():
    points, labels = _digits(None, 1, 8)
    labels = (labels == 1).astype(int)
    net = random_hyperplane_memorizer(points, labels, n_hyperplanes=500, bias=0.5)
    assert net.interpolates
    assert net.widths == [net.width]
    said = net(torch.from_numpy(points)).numpy()
    np.testing.assert_array_equal(said, np.eye(2)[labels])
    # too few: those that are not covered are taken for the other class
    few = random_hyperplane_memorizer(points, labels, n_hyperplanes=12)
    assert few.uncovered > 0
    assert few.accuracy == 1 - few.uncovered / len(points)
    assert (few.predict(torch.from_numpy(points)).numpy() == labels).mean() == few.accuracy


def test_by_hand():
    # three hyperplanes; the point of class 1 has sides 1 0 0, others 1 1 0 and 0 1 1
    sides = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]], dtype=np.float32)
    own = np.array([True, False, False])
    found = cover(sides, own, np.random.default_rng(0))
    assert found.limits == [1.0]
    np.testing.assert_array_equal(found.counted, [[False, True, True]])
    # a point of another class on the same side of all: no unit can tell them apart
    none = cover(np.vstack([sides, sides[:1]]), np.append(own, False), np.random.default_rng(0))
    assert none.limits == []
    assert not none.covered.any()


def test_labels_that_are_none():
    with pytest.raises(ValueError, match="of at least two classes"):
        random_hyperplane_memorizer(np.eye(3), [1, 1, 1], n_hyperplanes=3)
    with pytest.raises(ValueError, match="labels must be 3 whole numbers"):
        random_hyperplane_memorizer(np.eye(3), [0.5, 1, 1], n_hyperplanes=3)


def test_inputs_of_other_features():
    net = random_hyperplane_memorizer(np.eye(3), [0, 1, 1], n_hyperplanes=20, bias=1.0)
    with pytest.raises(ValueError, match="with 3 features per sample"):
        net(torch.zeros(2, 5))
    line = random_hyperplane_memorizer(np.arange(4.0), [0, 0, 1, 1], n_hyperplanes=60, bias=4.0)
    assert line(torch.arange(4.0)).argmax(dim=1).tolist() == [0, 0, 1, 1]
