"""SGD near weights that memorize: nearby, and of far smaller risk."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from infonb.networks import MLP, sgd_near_minimum


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(10, 5)), rng.uniform(-1, 1, size=10)
    net = MLP([5, 16, 16, 1])
    before = [values.clone() for values in net.parameters()]
    result = sgd_near_minimum(net, inputs, targets, radii=[3e-2, 3e-3], epochs=40, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    return result


def test_the_risk_falls_and_the_minimum_stays_near(found):
    assert found.attrs["risk_of_minimum"] < 1e-12
    np.testing.assert_allclose(found.distance.isel(epoch=0), found.radius, rtol=1e-6)
    assert (found.risk.isel(epoch=-1) < found.risk.isel(epoch=0) / 10).all()
    assert (found.distance.isel(epoch=-1) < 1.5 * found.radius).all()
    # near a minimum the risk is quadratic in the distance
    start = found.risk.isel(epoch=0).values
    assert np.log(start[0] / start[1]) / np.log(10) == pytest.approx(2, abs=0.5)


def test_a_step_is_that_of_one_sample():
    inputs, targets = [[1.0, 0.0]], [0.3]
    net = MLP([2, 4, 1], seed=3)
    one = sgd_near_minimum(net, inputs, targets, radii=[0.1], epochs=1, learning_rate=0.0)
    assert float(one.risk[0, 0]) == float(one.risk[0, 1])
    other = sgd_near_minimum(net, inputs, targets, radii=[0.1], epochs=1, learning_rate=0.05)
    assert float(other.risk[0, 0]) == float(one.risk[0, 0])
    assert float(other.risk[0, 1]) < float(other.risk[0, 0])


def test_a_network_that_is_too_small():
    line = np.arange(6.0)[:, None]
    with pytest.raises(ValueError, match="the network does not memorize the 6 samples"):
        sgd_near_minimum(MLP([1, 1, 1, 1]), line, (-1.0) ** np.arange(6), radii=[0.1])


def test_targets_of_another_shape_and_no_radii():
    inputs, targets = [[0.0, 1.0], [1.0, 0.0]], [0.5, -0.5]
    # torch would repeat one column of targets for both outputs
    with pytest.raises(ValueError, match=r"the network makes \(2, 2\) and targets of shape \(2, 1"):
        sgd_near_minimum(MLP([2, 8, 2]), inputs, targets, epochs=1)
    with pytest.raises(ValueError, match=r"shape \(2, 2\) and targets of shape \(1, 1\) do not"):
        sgd_near_minimum(MLP([2, 8, 1]), inputs, targets[:1], epochs=1)
    with pytest.raises(ValueError, match="radii must not be empty"):
        sgd_near_minimum(MLP([2, 8, 1]), inputs, targets, radii=[], epochs=1)
