"""The ratio of distances: the hand case, the scrambled variant that it must not be, plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import nearest_ratio

RNG = np.random.default_rng(0)


def points(*values) -> xr.DataArray:
    return xr.DataArray([[v] for v in values], dims=("sample", "feature"))


def images(n, side=4) -> xr.DataArray:
    return xr.DataArray(RNG.normal(size=(n, side, side)), dims=("sample", "row", "column"))


X, HELD_OUT, SAMPLES = points(0.0, 10.0), points(1.0, 14.0), points(2.0, 11.0)


def from_the_first(x, others):
    """The published variant: nearest places of each image, distances of the first of the batch."""
    far = np.abs(x.values - others.values.T)
    return far[0, far.argmin(axis=1)]


def test_by_hand_and_not_as_scrambled():
    found = nearest_ratio(X, HELD_OUT, SAMPLES)
    assert found.rho.values.tolist() == [1 / 2, 4 / 1]
    assert found.nearest_held_out.values.tolist() == [1, 4]
    assert found.nearest_sample.values.tolist() == [2, 1]
    scrambled = from_the_first(X, HELD_OUT) / from_the_first(X, SAMPLES)
    assert scrambled.tolist() == [1 / 2, 14 / 11]


def test_each_image_by_itself():
    x, out, made = images(30), images(20), images(25)
    whole = nearest_ratio(x, out, made)
    for i in range(30):
        far = [np.linalg.norm((x[i] - other).values) for other in out]
        near = [np.linalg.norm((x[i] - other).values) for other in made]
        assert float(whole.rho[i]) == pytest.approx(min(far) / min(near))
    shuffled = RNG.permutation(30)
    again = nearest_ratio(x.isel(sample=shuffled), out, made)
    np.testing.assert_array_equal(again.rho, whole.rho[shuffled])


def test_exchanging_the_sets_inverts_it():
    x, out, made = images(10), images(12), images(12)
    one, other = nearest_ratio(x, out, made).rho, nearest_ratio(x, made, out).rho
    np.testing.assert_allclose(one * other, 1)
    scaled = nearest_ratio(7 * x, 7 * out, 7 * made).rho
    np.testing.assert_allclose(scaled, one)


def test_downsampled_by_means_of_squares():
    x, out, made = images(6), images(7), images(8)

    def half(values):
        return values.values.reshape(-1, 2, 2, 2, 2).mean(axis=(2, 4)).reshape(-1, 4)

    found = nearest_ratio(x, out, made, downsample=2)
    small = [xr.DataArray(half(one), dims=("sample", "feature")) for one in (x, out, made)]
    np.testing.assert_allclose(found.rho, nearest_ratio(*small).rho)
    assert found.attrs["downsample"] == 2


def test_an_equal_sample_is_infinite_and_told():
    with pytest.warns(UserWarning, match="equal to 2 of 3 images: .*, NaN for the 1 that"):
        found = nearest_ratio(points(0.0, 3.0, 5.0), points(3.0), points(0.0, 3.0))
    np.testing.assert_array_equal(found.rho, [np.inf, np.nan, 1.0])


def test_coordinates_stay():
    x = X.assign_coords(sample=[7, 8], role=("sample", ["in", "null"]))
    found = nearest_ratio(x.assign_attrs(units="grey"), HELD_OUT, SAMPLES)
    assert found.sample.values.tolist() == [7, 8]
    assert found.role.values.tolist() == ["in", "null"]
    assert found.nearest_sample.attrs["units"] == "grey"
    assert found.rho.attrs["units"] == "1"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"images": X.values}, TypeError, "give images, a DataArray; not ndarray"),
        ({"samples": SAMPLES.rename(sample="n")}, ValueError, "dim 'sample' not found; samples"),
        ({"samples": images(3)}, ValueError, "samples has points of .* must be alike"),
        ({"held_out": points(np.nan)}, ValueError, "held_out is NaN or infinite for 1 of 1"),
        ({"samples": SAMPLES[:0]}, ValueError, "samples has no samples"),
        ({"samples": SAMPLES.astype(str)}, TypeError, "samples must be real numbers"),
        (
            {"samples": SAMPLES * 1e200},
            ValueError,
            "values up to 1.1e[+]201, whose squares overflow",
        ),
        ({"downsample": 2}, ValueError, "downsample=2 is for images, but images has the dims"),
        ({"downsample": 0}, ValueError, "downsample must be at least 1; not 0"),
    ],
)
def test_errors(change, error, message):
    with pytest.raises(error, match=message):
        nearest_ratio(**{"images": X, "held_out": HELD_OUT, "samples": SAMPLES, **change})


def test_downsample_divides():
    with pytest.raises(ValueError, match="must divide the 4 places of 'row' of images; not 3"):
        nearest_ratio(images(2), images(2), images(2), downsample=3)


def test_features_in_another_order_are_refused():
    one = xr.DataArray([[0.0, 1.0]], {"feature": ["a", "b"]}, ("sample", "feature"))
    assert nearest_ratio(one, one + 1, one.isel(feature=[0, 1]) + 2).rho.item() == 0.5
    with pytest.raises(ValueError, match="samples and images differ in the labels of 'feature'"):
        nearest_ratio(one, one + 1, one.isel(feature=[1, 0]))
