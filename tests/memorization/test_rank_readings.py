"""Readings side by side: values, direction, dims, and a null that is chance."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import auroc, rank_readings, spearman


def samples(values, dims=("sample",), **attrs) -> xr.DataArray:
    return xr.DataArray(values, dims=dims, attrs=attrs)


RNG = np.random.default_rng(0)
WRONG = samples(RNG.random(150) < 0.3)
GOOD = samples(WRONG + RNG.normal(size=150), memorized="high")
TURNED = samples(-GOOD.values, memorized="low")
NOTHING = samples(RNG.normal(size=150))


def test_against_wrong_labels():
    found = rank_readings({"good": GOOD, "turned": TURNED, "nothing": NOTHING}, WRONG, draws=300)
    assert found.reading.values.tolist() == ["good", "turned", "nothing"]
    assert found.memorized.values.tolist() == ["high", "low", "high"]
    one = auroc(GOOD, WRONG)
    for name in ("good", "turned"):
        assert float(found.value.sel(reading=name)) == pytest.approx(float(one.auroc))
        np.testing.assert_allclose(found.interval.sel(reading=name), one.interval)
        assert float(found.p_value.sel(reading=name)) == pytest.approx(1 / 301)
    assert float(found.p_value.sel(reading="nothing")) > 0.05
    low, high = found.null_interval.sel(reading="nothing").values
    assert 0.35 < low < 0.45
    assert 0.55 < high < 0.65
    assert (found.statistic, found.chance, found.n) == ("AUROC", 0.5, 150)


def test_against_a_number():
    mem = samples(np.where(RNG.random(150) < 0.1, np.nan, GOOD + RNG.normal(size=150)))
    found = rank_readings({"good": GOOD, "turned": TURNED}, mem, draws=100)
    one = spearman(GOOD, mem)
    np.testing.assert_allclose(found.value, [float(one.spearman)] * 2)
    np.testing.assert_allclose(found.null_interval.mean("bound"), 0, atol=0.06)
    assert (found.statistic, found.chance) == ("Spearman", 0.0)


def test_a_dim_of_one_reading_makes_a_reading_of_each_label():
    info = xr.DataArray(
        np.stack([GOOD, NOTHING]), {"layer": ["fc1", "fc2"]}, ("layer", "sample"),
        attrs={"memorized": "high"},
    )  # fmt: skip
    found = rank_readings({"loss": GOOD, "information": info}, WRONG, draws=20)
    assert found.reading.values.tolist() == ["loss", "information fc1", "information fc2"]
    assert float(found.value[0]) == float(found.value[1])


def test_seeds_stay_a_dim():
    both = xr.Dataset({
        name: (("seed", "sample"), np.stack([one, one[::-1]])) for name, one in
        {"a": GOOD.values, "b": NOTHING.values}.items()
    })  # fmt: skip
    found = rank_readings(both, WRONG, draws=20)
    assert found.value.dims == ("reading", "seed")
    assert found.null_interval.dims == ("reading", "seed", "bound")
    one = rank_readings(both.isel(seed=1), WRONG, draws=20)
    np.testing.assert_allclose(found.value.isel(seed=1), one.value)


def test_what_is_constant_is_chance():
    found = rank_readings({"none": samples(np.ones(150))}, WRONG, draws=20)
    assert (float(found.value[0]), float(found.p_value[0])) == (0.5, 1.0)


@pytest.mark.filterwarnings("error")
def test_what_has_no_rank_is_never_significant():
    found = rank_readings({"none": samples(np.full(150, np.nan))}, WRONG, draws=20)
    assert np.isnan([float(found.value[0]), float(found.p_value[0])]).all()
    found = rank_readings({"none": samples(np.ones(150)), "good": GOOD}, NOTHING, draws=20)
    assert found.p_value.isnull().values.tolist() == [True, False]


@pytest.mark.parametrize(
    ("readings", "against", "error", "message"),
    [
        ({}, WRONG, ValueError, "readings is empty"),
        (GOOD, WRONG, TypeError, "readings must be a Dataset"),
        ({"a": GOOD.rename(sample="point")}, WRONG, ValueError, "'a' has no dim 'sample'"),
        ({"a": GOOD}, WRONG & False, ValueError, "one of the two groups is empty"),
        ({"a": GOOD}, WRONG[:9], ValueError, "different samples: 150 and 9"),
        ({"a": GOOD.assign_attrs(memorized="up")}, WRONG, ValueError, "one of 'high', 'low'"),
    ],
)
def test_errors(readings, against, error, message):
    with pytest.raises(error, match=message):
        rank_readings(readings, against)
