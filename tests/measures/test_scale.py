"""Neighbours of variables of very different scale: told, and undone by standardize."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.measures import ScaleWarning
from infonb.measures.scale import standardized

EXACT = -0.5 * np.log(1 - 0.8**2)


def pair(scale=1.0, n_samples=1000, seed=0):
    x, noise = np.random.default_rng(seed).normal(size=(2, n_samples))
    return xr.DataArray([x, scale * (0.8 * x + 0.6 * noise)], dims=("neuron", "sample"))


def of_pair(acts, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return float(inb.mutual_information(acts, **options)[0, 1])


@pytest.mark.parametrize("estimator", ["ksg", "mixture"])
@pytest.mark.parametrize("scale", [1e-300, 1e-4, 1e4, 1e300])
def test_told_and_undone(estimator, scale):
    acts = pair(scale)
    for array in (acts, acts.chunk(sample=300)):
        with pytest.warns(ScaleWarning, match="too low by up to .*Pass standardize=True"):
            raw = inb.mutual_information(array, estimator=estimator).compute()
        assert abs(float(raw[0, 1])) < 0.05
    assert of_pair(acts, estimator=estimator, standardize=True) == pytest.approx(EXACT, abs=0.1)


@pytest.mark.parametrize("other", [0, 1])
def test_a_variable_of_another_scale(other):
    x, y = pair().values
    acts = xr.DataArray([x], dims=("neuron", "sample"))
    with pytest.warns(ScaleWarning):
        inb.mutual_information(acts, other=1e4 * y)
    found = inb.mutual_information(acts, other=1e4 * y, standardize=True)
    assert float(found[0]) == pytest.approx(EXACT, abs=0.1)
    assert found.attrs["standardized"] == "by deviation"
    classes = inb.mutual_information(acts, other=y > 0)
    same = inb.mutual_information(acts, other=y > 0, standardize=True)
    np.testing.assert_array_equal(same, classes)


def test_units_of_measurement_do_not_matter():
    right = of_pair(pair(), standardize=True)
    for scale in (2.0**-40, 2.0**1000):
        assert of_pair(pair(scale), standardize=True) == right
    assert of_pair(pair() + 100.0, standardize=True) == pytest.approx(right, abs=1e-2)
    assert of_pair(pair(1e4), standardize=True) == pytest.approx(right, abs=1e-9)


def test_chunks_and_orders_give_the_same_bits():
    acts = pair() * [[1.0], [50.0]]
    right = inb.mutual_information(acts, standardize=True)
    lazy = inb.mutual_information(acts.chunk(neuron=1, sample=99), standardize=True)
    np.testing.assert_array_equal(lazy.compute(), right)
    order = np.random.default_rng(1).permutation(1000)
    moved = inb.mutual_information(acts.isel(sample=order), standardize=True)
    np.testing.assert_allclose(moved, right, rtol=1e-12)


def test_nothing_is_said_where_nothing_is_lost():
    of_pair(pair())
    of_pair(pair(10.0))
    independent = np.random.default_rng(0).normal(size=(6, 500)) * 10.0 ** np.arange(6)[:, None]
    of_pair(xr.DataArray(independent, dims=("neuron", "sample")))


def test_standardized_rows():
    rows = np.array([[1e308, -1e307, 0.0], [5e-324, 0.0, 1e-323], [3.0, 3.0, 3.0]])
    found = standardized(rows)
    np.testing.assert_allclose(found.std(axis=1), [1.0, 1.0, 0.0])
    assert found.min() == 0.0


def test_bins_need_no_standard():
    with pytest.raises(ValueError, match="standardize=True is for estimators from neighbours"):
        inb.mutual_information(pair(), estimator="binned", standardize=True)
