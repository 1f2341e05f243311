"""Quantiles of memorization, and the share of highly memorized samples by density."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import high_share_by_density, memorization_quantiles

RNG = np.random.default_rng(0)


def scores(n=200, epochs=3) -> tuple[xr.DataArray, xr.DataArray]:
    dims, coords = ("epoch", "sample"), {"epoch": 10 * np.arange(1, epochs + 1)}
    u = xr.DataArray(RNG.normal(-50, 10, (epochs, n)), coords, dims, attrs={"units": "nat"})
    mem = xr.DataArray(RNG.exponential(size=(epochs, n)), coords, dims, attrs={"units": "nat"})
    return u, mem


class TestQuantiles:
    def test_as_numpy_for_each_epoch(self):
        _, mem = scores()
        found = memorization_quantiles(mem)
        assert found.dims == ("epoch", "quantile")
        assert found["quantile"].values.tolist() == [0.5, 0.95, 0.999]
        for at, row in enumerate(mem.values):
            np.testing.assert_allclose(found[at], np.quantile(row, [0.5, 0.95, 0.999]))
        assert found.attrs["units"] == "nat"
        assert found.attrs["n_samples"] == 200

    def test_nan_is_left_out(self):
        mem = xr.DataArray([[0.0, np.nan, 2.0], [np.nan] * 3], dims=("epoch", "sample"))
        found = memorization_quantiles(mem, [0.5])
        np.testing.assert_array_equal(found, [[1.0], [np.nan]])

    def test_another_dim(self):
        _, mem = scores()
        found = memorization_quantiles(mem, [1.0], dim="epoch")
        np.testing.assert_array_equal(found[:, 0], mem.values.max(axis=0))

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"q": [1.5]}, ValueError, "q must be between 0.0 and 1.0; not 1.5"),
            ({"q": 0.5}, TypeError, "q must be a list of numbers"),
            ({"dim": "samples"}, ValueError, "dim 'samples' not found.*Did you mean 'sample'"),
        ],
    )
    def test_errors(self, options, error, message):
        with pytest.raises(error, match=message):
            memorization_quantiles(scores()[1], **options)

    def test_infinite_or_no_scores(self):
        """V of a density that is 0 without the sample is -inf: no quantile is between numbers."""
        mem = xr.DataArray([0.0, 1.0, np.inf], dims="sample")
        with pytest.raises(ValueError, match="mem is infinite for 1 of 3 samples"):
            memorization_quantiles(mem)
        with pytest.raises(ValueError, match="mem has no places along 'sample'"):
            memorization_quantiles(mem[:0])
        with pytest.raises(TypeError, match="mem must be real numbers; not <U"):
            memorization_quantiles(mem.astype(str))


class TestHighShare:
    def test_as_a_plain_loop(self):
        u, mem = scores()
        found = high_share_by_density(u, mem, bins=[-80, -60, -40, -20], q=0.9)
        for epoch in range(3):
            threshold = np.quantile(mem.values[epoch], 0.9)
            assert float(found.threshold[epoch]) == threshold
            for at, (low, high) in enumerate([(-80, -60), (-60, -40), (-40, -20)]):
                inside = (u.values[epoch] >= low) & (u.values[epoch] < high)
                assert int(found.n[epoch, at]) == inside.sum()
                expected = (mem.values[epoch][inside] > threshold).mean()
                assert float(found.share[epoch, at]) == pytest.approx(expected)

    def test_bins_over_all(self):
        u, mem = scores()
        found = high_share_by_density(u, mem, bins=5)
        assert float(found["from"][0]) == float(u.min())
        assert float(found.to[-1]) == float(u.max())
        assert int(found.n.sum()) == u.size
        assert float((found.share * found.n).sum("bin")[0] / 200) == pytest.approx(0.05)

    def test_what_is_memorized_at_low_density_is_found_there(self):
        u, _ = scores()
        found = high_share_by_density(u, -u, bins=4)
        low, high = found.share[:, 0], found.share.isel(bin=-1)
        assert (low > 0.3).all()
        assert (high == 0).all()

    def test_interval_holds_the_share_and_empty_bins_are_nan(self):
        u, mem = scores()
        found = high_share_by_density(u, mem, bins=[-1000, -500, -50, 0])
        assert found.share[:, 0].isnull().all()
        inside = found.isel(bin=slice(1, None))
        assert (inside.interval.sel(bound="low") <= inside.share).all()
        assert (inside.interval.sel(bound="high") >= inside.share).all()

    def test_nan_is_left_out(self):
        u, mem = scores(epochs=1)
        some = mem.where(np.arange(200) >= 50)
        found = high_share_by_density(u, some, bins=3)
        assert int(found.n.sum()) == 150
        assert float(found.threshold[0]) == np.quantile(mem.values[0, 50:], 0.95)

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            ({"mem": scores(100)[1]}, ValueError, "U and mem must be alike"),
            ({"mem": scores()[1] * np.nan}, ValueError, "NaN for every sample"),
            ({"bins": [3, 2]}, ValueError, "bins must be edges that rise"),
            ({"bins": "ten"}, TypeError, "bins must be a number or edges that rise; not 'ten'"),
            ({"q": 2}, ValueError, "q must be between 0.0 and 1.0; not 2"),
            ({"bins": 2, "U": scores()[0] - np.inf}, ValueError, "U is infinite for 600 of 600"),
        ],
    )
    def test_errors(self, change, error, message):
        u, mem = scores()
        with pytest.raises(error, match=message):
            high_share_by_density(**{"U": u, "mem": mem, **change})

    def test_samples_in_another_order(self):
        u, mem = (one.assign_coords(sample=np.arange(200)) for one in scores())
        with pytest.raises(ValueError, match="differ in the labels of 'sample'"):
            high_share_by_density(u, mem.isel(sample=slice(None, None, -1)))
