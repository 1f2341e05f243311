"""Bits of numbers, and where the thresholds come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from infonb.networks import Thermometer, quantile_thresholds, uniform_thresholds


def test_bits_by_a_plain_loop():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(4, 2, 3, 5, generator=generator)
    thresholds = [0.2, 0.5, 0.9]
    bits = Thermometer(thresholds)(images)
    assert bits.shape == (4, 6, 3, 5)
    for channel in range(2):
        for i, threshold in enumerate(thresholds):
            assert torch.equal(bits[:, 3 * channel + i], (images[:, channel] > threshold).float())
    features = images[:, 0, 0]
    flat = Thermometer(thresholds)(features)
    assert torch.equal(flat, (features[:, :, None] > torch.tensor(thresholds)).float().flatten(1))


def test_bits_are_strictly_above_and_ordered():
    bits = Thermometer([0.25, 0.5, 0.75])
    assert bits(torch.tensor([[0.25], [0.5], [0.75], [0.76]])).tolist() == [
        [0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1],
    ]  # fmt: skip
    # whole numbers are numbers, too
    assert Thermometer([3, 7])(torch.tensor([[2, 5, 9]])).tolist() == [[0, 0, 1, 0, 1, 1]]


def test_thresholds_of_each_feature_or_channel():
    own = torch.tensor([[0.1, 0.6], [0.4, 0.8]])  # (threshold, feature)
    bits = Thermometer(own)(torch.tensor([[0.3, 0.7]]))
    assert bits.tolist() == [[1, 0, 1, 0]]
    by_channel = Thermometer(torch.tensor([10.0, 20.0]).view(1, 2, 1, 1))
    images = torch.full((1, 2, 2, 2), 15.0)
    assert by_channel(images)[0, :, 0, 0].tolist() == [1, 0]


def test_uniform_thresholds():
    assert uniform_thresholds(3).tolist() == [0.25, 0.5, 0.75]  # "2 bits"
    np.testing.assert_allclose(uniform_thresholds(31), np.arange(1, 32) / 32)  # "5 bits"


def test_quantiles_divide_the_values_evenly():
    images = torch.rand(50, 1, 8, 8, generator=torch.Generator().manual_seed(0)) ** 3
    thresholds = quantile_thresholds(images, bits=2)
    assert thresholds.shape == (3,)
    shares = Thermometer(thresholds)(images).mean(dim=(0, 2, 3))
    np.testing.assert_allclose(shares, [0.75, 0.5, 0.25], atol=1e-3)
    assert quantile_thresholds(images, bits=3, n_thresholds=5).shape == (5,)


def test_quantiles_of_images_with_a_dark_background():
    rng = np.random.default_rng(0)
    images = np.where(rng.random((40, 8, 8)) < 0.8, 0, rng.random((40, 8, 8))).astype(np.float32)
    thresholds = quantile_thresholds(images, bits=2)
    assert float(thresholds[0]) == 0
    shares = [(images[images > 0] > float(t)).mean() for t in thresholds]
    np.testing.assert_allclose(shares, [1, 2 / 3, 1 / 3], atol=2e-3)
    # dark background and saturated strokes: quantiles of the distinct values
    values = np.array([0] * 50 + [1, 2, 3] + [4] * 50)
    assert quantile_thresholds(values, bits=1).tolist() == [2]
    assert quantile_thresholds(values, bits=2).tolist() == [1, 2, 3]


def test_thresholds_from_the_data_fit_them():
    """Also where most values are below 1 and some far above: those are no undivided pixels."""
    rng = np.random.default_rng(0)
    skewed = rng.exponential(0.2, (300, 8)) ** 2 * 10
    dark = np.where(rng.random((300, 8)) < 0.8, 0, rng.integers(0, 256, (300, 8)))
    for values, bits in ((skewed, 1), (skewed, 2), (dark, 1), (dark, 2)):
        assert values.max() > 10
        thresholds = quantile_thresholds(values, bits=bits)
        shares = Thermometer(thresholds)(torch.from_numpy(values)).mean(dim=0)
        assert shares.min() > 0
        assert shares.max() < 1
    grown = torch.rand(20, requires_grad=True)
    assert torch.equal(quantile_thresholds(grown, 2), quantile_thresholds(grown.detach(), 2))


def test_errors():
    with pytest.raises(ValueError, match=r"increase along their first dim; not \[0.5, 0.25\]"):
        Thermometer([0.5, 0.25])
    with pytest.raises(ValueError, match="must be finite and increase"):
        Thermometer([0.5, float("inf")])
    with pytest.raises(ValueError, match="thresholds are empty"):
        Thermometer([])
    with pytest.raises(ValueError, match=r"must be a list; not 0\.5\. Give \[0\.5\]"):
        Thermometer(0.5)
    with pytest.raises(ValueError, match=r"inputs lie in 0 .. 16, but all thresholds are below 1"):
        Thermometer([0.5])(torch.arange(17.0)[None])
    with pytest.raises(ValueError, match=r"inputs lie in 0 .. 255, but all thresholds are below 1"):
        Thermometer([0.25, 0.5])(torch.tensor([[0, 255]]))
    for thresholds, wrong in (([0.25, 0.5], torch.nan), ([[0.5, 0.5]], -torch.inf)):
        with pytest.raises(ValueError, match="must be finite numbers"):
            Thermometer(thresholds)(torch.tensor([[0, wrong]]))
    with pytest.raises(ValueError, match=r"for samples of shape \(3,\); these have \(2,\)"):
        Thermometer(torch.rand(1, 3))(torch.rand(4, 2))
    with pytest.raises(ValueError, match=r"a thermometer takes \(sample, ...\)"):
        Thermometer([0.5])(torch.rand(4))
    with pytest.raises(ValueError, match="2 bits tell 4 intervals apart, by 3 thresholds at most"):
        quantile_thresholds(torch.rand(100), bits=2, n_thresholds=4)
    with pytest.raises(ValueError, match=r"1 distinct value.* too few for 1 thresholds"):
        quantile_thresholds(torch.zeros(100), bits=1)
    with pytest.raises(ValueError, match="must be finite numbers, at least one"):
        quantile_thresholds([], bits=1)
    with pytest.raises(ValueError, match="n must be at least 1"):
        uniform_thresholds(0)
