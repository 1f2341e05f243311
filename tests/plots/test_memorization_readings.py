"""Figures of readings and of membership: what they say in words, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import membership, rank_readings
from infonb.plots import plot_membership, plot_readings

RNG = np.random.default_rng(0)
WRONG = xr.DataArray(RNG.random(80) < 0.4, dims="sample", name="is_wrong")
SEEDS = xr.Dataset({
    "loss": (("seed", "sample"), WRONG.values + RNG.normal(size=(3, 80))),
    "chance": (("seed", "sample"), RNG.normal(size=(3, 80))),
})  # fmt: skip


def test_a_dot_for_each_seed_on_the_band_of_chance():
    table = rank_readings(SEEDS, WRONG, draws=50)
    picture = plot_readings(table)
    (axis,) = picture.axes
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert [float(dot.get_xdata()[0]) for dot in dots] == table.value.values.ravel().tolist()
    assert len(axis.collections) == 2
    assert picture.alt.startswith(f"AUROC of is_wrong: loss {float(table.value[0].mean()):.2f}, ")
    assert plot_readings(rank_readings(SEEDS.isel(seed=0), WRONG, draws=50)).alt.endswith("chance.")


def test_ranks_are_named():
    mem = xr.DataArray(RNG.normal(size=80), dims="sample", name="mem")
    picture = plot_readings(rank_readings(SEEDS.isel(seed=0), mem, draws=20))
    assert picture.axes[0].get_xlabel() == "Spearman's rank correlation with mem"


def test_readings_refuse_other_dims():
    table = rank_readings(SEEDS.rename(seed="model"), WRONG, draws=20)
    with pytest.raises(ValueError, match=r"has the dim 'model'; choose one of it with .sel"):
        plot_readings(table)


def test_membership_on_logarithmic_axes():
    loss = xr.DataArray(RNG.exponential(size=(2, 80)) + WRONG.values, dims=("epoch", "sample"))
    told = membership(loss, ~WRONG, rates=[0.1])
    picture = plot_membership(told.isel(epoch=0))
    (axis,) = picture.axes
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    curve = axis.lines[1]
    np.testing.assert_allclose(curve.get_ydata()[-1], 1)
    assert curve.get_xdata()[0] == pytest.approx(1 / told.n_out)
    assert "at a false positive rate of 0.1 it is right on" in picture.alt
    with pytest.raises(ValueError, match="one curve is drawn"):
        plot_membership(told)
