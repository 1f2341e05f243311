"""Two classes that are apart: a ball in a shell, corners of a cube, pairs of digits."""

from __future__ import annotations

import os

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kstest

from infonb.data import ball_shell, digit_pair, load_digits, load_mnist, parity_cube


def test_ball_and_shell_are_half_a_unit_apart():
    points = ball_shell(4, 2000, seed=3)
    radius = np.linalg.norm(points.input.values, axis=1)
    np.testing.assert_allclose(radius, points.radius, rtol=1e-12)
    inside, outside = (radius[points.label.values == one] for one in (1, -1))
    assert inside.size == outside.size == 1000
    assert kstest(inside, "uniform").pvalue > 0.01
    assert kstest(outside - 1.5, "uniform").pvalue > 0.01
    unit = points.input.values / radius[:, None]
    np.testing.assert_allclose(unit.mean(axis=0), 0, atol=0.05)
    # projected to a line the shell covers the ball
    line = points.input.values[:, 0]
    assert (np.abs(line[points.label.values == -1]) < 1).mean() > 0.3


def test_longer_sets_begin_with_the_shorter_ones():
    few, many = ball_shell(3, 10, seed=1), ball_shell(3, 30, seed=1)
    xr.testing.assert_equal(many.isel(sample=slice(10)), few)
    assert not ball_shell(3, 10, seed=2).equals(few)


def test_neighbours_on_the_cube_have_the_other_label():
    cube = parity_cube(5)
    x, label = cube.input.values, cube.label.values
    assert len(np.unique(x, axis=0)) == 32
    distance = ((x[:, None] - x) ** 2).sum(-1)
    first, second = np.nonzero(distance == 1)
    assert first.size == 32 * 5
    assert (label[first] == -label[second]).all()
    assert (label == (-1) ** cube.ones.values).all()


def test_a_pair_of_digits_by_hand():
    digits = load_digits()
    train, held_out = digit_pair("3v8", n_train=200, seed=1)
    both = np.concatenate([train.sample, held_out.sample])
    assert np.unique(both).size == both.size == int(np.isin(digits.label, (3, 8)).sum())
    for part in (train, held_out):
        np.testing.assert_array_equal(part.digit, digits.label.values[part.sample])
        np.testing.assert_array_equal(part.label, np.where(part.digit == 3, 1, -1))
        np.testing.assert_array_equal(part.input, 16 * digits.input.values[part.sample])
        assert (part.input == part.input.round()).all()
    assert not np.array_equal(digit_pair("3v8", n_train=200, seed=2)[0].sample, train.sample)
    halves = digit_pair("01234v56789")
    assert [half.sizes["sample"] for half in halves] == [898, 899]
    assert (halves[0].label == np.where(halves[0].digit < 5, 1, -1)).all()


@pytest.mark.skipif("INFONB_DATA" not in os.environ, reason="needs the files of MNIST")
def test_mnist_has_its_own_held_out_part():
    train, held_out = digit_pair("0v1", dataset="mnist")
    assert (train.sizes["sample"], held_out.sizes["sample"]) == (12665, 2115)
    assert (train.input.values == train.input.values.astype(np.uint8)).all()
    whole = load_mnist("test")
    np.testing.assert_allclose(whole.input.values[held_out.sample] * 255, held_out.input, atol=1e-4)
    assert digit_pair("0v1", dataset="mnist", n_train=50)[0].sizes["sample"] == 50


def test_errors():
    for pair in ("3", "3v3", "av8", "3v", "3v8v1", "²v3"):
        with pytest.raises(ValueError, match="pair must be digits, the letter v, other digits"):
            digit_pair(pair)
    with pytest.raises(ValueError, match="n_train must be between 0 and 356"):
        digit_pair("3v8", n_train=400)
    with pytest.raises(ValueError, match="n_dims must be between 1 and 20"):
        parity_cube(21)
    with pytest.raises(ValueError, match="dataset must be one of 'digits', 'mnist'"):
        digit_pair("3v8", dataset="cifar")
