"""Directions that a first layer does not see, and what a network makes of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

from infonb.networks import MLP, invariance_gap, null_direction


@pytest.mark.parametrize(("units", "n_features"), [(1, 2), (3, 4), (4, 4), (6, 4)])
def test_there_is_one_exactly_where_units_are_fewer_than_features(units, n_features):
    net = MLP([n_features, units, 5, 1], seed=0).double()
    if units >= n_features:
        with pytest.raises(ValueError, match=f"all {n_features} features: weight has rank"):
            null_direction(net.fc1.weight)
        return
    along = null_direction(net.fc1.weight)
    assert np.linalg.norm(along) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(net.fc1.weight.detach().numpy() @ along, 0, atol=1e-14)
    points = np.random.default_rng(0).normal(size=(30, n_features))
    gap = invariance_gap(net, points, along, [0.1, 1.0, 10.0])
    assert gap.dims == ("scale",)
    assert (gap < 1e-12).all()
    across = invariance_gap(net, points, net.fc1.weight[0].detach(), [1.0])
    assert float(across[0]) > 1e-3


def test_wide_layers_of_low_rank_do_not_see_all_either():
    weight = np.outer([1.0, 2.0, 3.0], [1.0, 1.0])
    np.testing.assert_allclose(null_direction(weight) @ [1.0, 1.0], 0, atol=1e-15)


def test_the_gap_by_hand():
    gap = invariance_gap(lambda x: x.square().sum(1), [[1.0, 0.0], [0.0, 2.0]], [0.0, 1.0], [1, 2])
    np.testing.assert_array_equal(gap, [5.0, 12.0])  # 9 - 4 and 16 - 4
    image = np.ones((2, 2, 2))
    flat = invariance_gap(lambda x: torch.as_tensor(x.sum((1, 2))), image, [1, 0, 0, 0], [3.0])
    assert flat.item() == 3


def test_tensors_and_arrays_with_labels_are_taken():
    net = torch.nn.Linear(2, 1, dtype=torch.float64)
    points = np.random.default_rng(0).normal(size=(5, 2))
    along = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    expected = abs(float(net.weight.detach()[0] @ torch.tensor([1.0, 2.0]).double()))
    swapped = xr.DataArray(points.T, dims=("feature", "sample"))
    for inputs in (torch.from_numpy(points), swapped):
        for asked in (net, lambda x: net(x)):  # a function, too, may have weights to be trained
            gap = invariance_gap(asked, inputs, along, 1.0)
            np.testing.assert_allclose(gap, [expected], rtol=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="direction must be finite"):
        invariance_gap(torch.nn.Linear(2, 1), [[0.0, 1.0]], [np.nan, 0.0], [1.0])
    with pytest.raises(ValueError, match="direction has 3 features, and inputs have 2"):
        invariance_gap(torch.nn.Linear(2, 1), [[0.0, 1.0]], [1.0, 0.0, 0.0], [1.0])
    with pytest.raises(ValueError, match=r"weight must be finite, dims \(unit, feature\)"):
        null_direction([1.0, 2.0])
