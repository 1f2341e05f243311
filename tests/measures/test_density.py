import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import infonb as inb


def pair_values(layers=("a", "b"), neurons=4, seed=0):
    rng = np.random.default_rng(seed)
    shape = (len(layers), neurons) * 2
    values = rng.normal(0.1, 0.02, shape)
    for i in range(len(layers)):
        for j in range(neurons):
            values[i, j, i, j] = 6.0
    dims = ("layer", "neuron", "other_layer", "other_neuron")
    names = np.array(layers, object)
    return xr.DataArray(
        values,
        dims=dims,
        coords={"layer": names, "other_layer": names},
        attrs={"units": "nat", "long_name": "mutual information"},
    )


def test_recovers_a_mixture():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(-2, 0.5, 6000), rng.normal(3, 1, 4000)])
    density = inb.mixture_density(xr.DataArray(values, dims="neuron"), components=2)
    x = density.value.values
    exact = 0.6 * np.exp(-((x + 2) ** 2) / 0.5) / (0.5 * np.sqrt(2 * np.pi))
    exact += 0.4 * np.exp(-((x - 3) ** 2) / 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(density, exact, atol=0.015)


def test_labels_and_attributes():
    runs = xr.concat([pair_values(), pair_values(seed=1) + 1], xr.Variable("alpha", [0.0, 1.0]))
    density = inb.mixture_density(runs, points=100, seed=5)
    assert density.dims == ("alpha", "value")
    assert density.sizes["value"] == 100
    assert set(density.coords) == {"alpha", "value", "n_values"}
    assert density.n_values.values.tolist() == [56, 56]
    assert density.value.attrs == {"long_name": "mutual information", "units": "nat"}
    pairs = runs.where(runs < 5).values.reshape(-1)
    pairs = pairs[np.isfinite(pairs)]
    low, high = np.quantile(pairs, [0.005, 0.995])
    narrowest = 0.1 * np.std(np.minimum(np.maximum(pairs, low), high))
    assert density.attrs.pop("narrowest") == pytest.approx(narrowest)
    assert density.attrs == {
        "long_name": "density of mutual information",
        "units": "1/nat",
        "components": 3,
        "max_fitted": 4_000,
        "seed": 5,
    }
    peaks = density.value.values[density.argmax("value")]
    np.testing.assert_allclose(peaks, [0.1, 1.1], atol=0.03)


def test_diagonal_is_left_out_unless_asked_for():
    mi = pair_values()
    assert float(inb.mixture_density(mi).value.max()) < 1
    with_diagonal = inb.mixture_density(mi, diagonal=True)
    assert float(with_diagonal.value.max()) > 6
    assert int(with_diagonal.n_values) == 64
    # one layer with itself has a diagonal, one with another has none
    own = inb.mixture_density(mi.sel(layer="a", other_layer="a"))
    assert int(own.n_values) == 12
    assert int(inb.mixture_density(mi.sel(layer="a", other_layer="b")).n_values) == 16
    # after a mean over the other neuron there is nothing to leave out
    assert int(inb.mixture_density(mi.mean("other_neuron")).n_values) == 16


def test_diagonal_goes_by_labels():
    mi = pair_values(layers=("a",), neurons=6).isel(layer=0, other_layer=0)
    mi = mi.assign_coords(neuron=np.arange(6), other_neuron=np.arange(6))
    part = mi.isel(neuron=[4, 2, 0], other_neuron=[0, 1, 2])
    assert int(inb.mixture_density(part).n_values) == 7
    assert float(inb.mixture_density(part).value.max()) < 1


def test_own_dims():
    mi = pair_values()
    density = inb.mixture_density(mi, dim=["neuron", "other_neuron"])
    assert density.dims == ("layer", "other_layer", "value")
    assert density.n_values.values.tolist() == [[12, 16], [16, 12]]
    assert inb.mixture_density(mi, dim="neuron").sizes["other_neuron"] == 4


def test_padding_is_left_out():
    values = pair_values()
    values[1, 3] = values[..., 1, 3] = np.nan
    assert int(inb.mixture_density(values).n_values) == 7 * 6


finite = st.floats(-1e3, 1e3) | st.sampled_from([0.0, 1.0, 1e-9])


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, st.integers(1, 12), elements=finite), st.integers(1, 4))
def test_integrates_to_one_whatever_the_values(values, components):
    density = inb.mixture_density(xr.DataArray(values, dims="neuron"), components=components)
    assert (density >= 0).all()
    assert float(density.integrate("value")) == pytest.approx(1, abs=1e-3)
    assert density.value.min() < values.min()
    assert density.value.max() > values.max()


def test_narrow_beside_wide_still_integrates_to_one():
    rng = np.random.default_rng(0)
    runs = np.stack([rng.normal(0, 1e-4, 500), rng.normal(0, 10, 500)])
    density = inb.mixture_density(xr.DataArray(runs, dims=("alpha", "neuron")))
    np.testing.assert_allclose(density.integrate("value"), 1, atol=1e-3)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 1.0])
def test_equal_values_make_a_peak_that_is_seen_but_bounded(share):
    rng = np.random.default_rng(0)
    runs = rng.gamma(4, 0.05, (2, 2000))
    runs[1, : int(share * 2000)] = 0.0  # pairs with a dead neuron
    density = inb.mixture_density(xr.DataArray(runs, dims=("alpha", "pair")), dim="pair")
    np.testing.assert_allclose(density.integrate("value"), 1, atol=1e-3)
    # a component of all the weight, as narrow as may be
    narrowest = 0.1 * np.clip(runs, *np.quantile(runs, [0.005, 0.995])).std()
    assert float(density.max()) <= 1.001 / (narrowest * np.sqrt(2 * np.pi))
    # the equal values are there, around 0, with their weight
    near = np.abs(density.value) < 3 * narrowest
    mass = float(density[1].where(near, 0).integrate("value"))
    assert mass > 0.9 * share
    # the level without them is as it would be alone
    alone = inb.mixture_density(xr.DataArray(runs[:1], dims=("alpha", "pair")), dim="pair")
    alone = np.interp(density.value, alone.value, alone[0], left=0, right=0)
    np.testing.assert_allclose(density[0], alone, atol=0.5)  # its peak is 4.5


@pytest.mark.parametrize(("number", "peaks"), [(12, 1), (24, 2), (48, 3)])
def test_few_values_make_few_peaks(number, peaks):
    values = np.arange(number) % 3 * 10.0 + np.linspace(0, 1, number)  # three groups, well apart
    curve = inb.mixture_density(xr.DataArray(values, dims="neuron")).values
    inner = curve[1:-1]
    assert int(((inner > curve[:-2]) & (inner >= curve[2:])).sum()) == peaks


def test_a_few_far_values_do_not_widen_the_rest():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, 5000)
    plain = inb.mixture_density(xr.DataArray(values, dims="neuron"))
    values[:10] = 1e4
    far = inb.mixture_density(xr.DataArray(values, dims="neuron"), components=2)
    assert far.attrs["narrowest"] == pytest.approx(plain.attrs["narrowest"], rel=0.03)


def test_equal_values_and_fewer_values_than_components():
    equal = inb.mixture_density(xr.DataArray(np.full(50, 0.3), dims="neuron"))
    assert float(equal.value[equal.argmax("value")]) == pytest.approx(0.3, abs=1e-4)
    two = inb.mixture_density(xr.DataArray([1.0, 2.0], dims="neuron"), components=5)
    near_one = two.sel(value=slice(None, 1.5)).integrate("value")
    assert float(near_one) == pytest.approx(0.5, abs=0.01)


def test_entry_without_values_is_nan():
    values = xr.DataArray([[1.0, 2, 3], [np.nan] * 3], dims=("alpha", "neuron"))
    density = inb.mixture_density(values)
    assert density[1].isnull().all()
    assert density[0].notnull().all()
    assert density.n_values.values.tolist() == [3, 0]


def test_of_many_values_quantiles_are_fitted_in_any_order_of_the_values():
    rng = np.random.default_rng(0)
    many = np.concatenate([rng.gamma(2, 0.1, 30_000), rng.normal(0.9, 0.1, 20_000)])
    found, again = (
        inb.mixture_density(xr.DataArray(values, dims="neuron")) for values in (many, many[::-1])
    )
    xr.testing.assert_allclose(found, again)
    counts, edges = np.histogram(many, bins=40, range=(0, 1.2), density=True)
    there = found.interp(value=(edges[:-1] + edges[1:]) / 2)
    assert np.abs(there - counts).mean() < 0.05 * counts.max()


def test_survives_zarr(tmp_path):
    density = inb.mixture_density(pair_values())
    density.to_dataset().to_zarr(tmp_path / "d.zarr", zarr_format=3, consolidated=False)
    back = xr.open_zarr(tmp_path / "d.zarr", consolidated=False).set_coords("n_values")
    xr.testing.assert_identical(back.density.load(), density)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"components": 0}, "components must be at least 1"),
        ({"points": 2}, "points must be at least 3"),
        ({"dim": "neurons"}, "dim 'neurons' not found.*Did you mean 'neuron'"),
    ],
)
def test_errors(options, words):
    with pytest.raises(ValueError, match=words):
        inb.mixture_density(pair_values(), **options)


def test_nothing_to_fit():
    with pytest.raises(ValueError, match="no finite value"):
        inb.mixture_density(xr.DataArray([np.nan], dims="neuron"))
    with pytest.raises(ValueError, match=r"none of the dims .* name those to pool"):
        inb.mixture_density(xr.DataArray([1.0], dims="unit"))
    with pytest.raises(TypeError, match="xarray DataArray; not ndarray"):
        inb.mixture_density(np.zeros(3))
