import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.plain_loops import binned_entropy, knn_entropy

import infonb as inb


def activations(shape=(2, 3, 40), dims=("layer", "neuron", "sample"), seed=0, **coords):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return xr.DataArray(values, dims=dims, coords=coords, name="activation")


def ragged(**options):
    acts = activations(
        layer=np.array(["fc2", "fc1"], object), width=("layer", [3, 2]), **options
    ).assign_coords(neuron=[0, 1, 2], label=("sample", np.arange(40) % 2))
    acts[1, 2] = np.nan
    return acts


@pytest.mark.parametrize("bins", [1, 2, 10, 100])
def test_common_edges(bins):
    acts = activations()
    edges = np.linspace(float(acts.min()), float(acts.max()), bins + 1)
    expected = [[binned_entropy(row, edges) for row in layer] for layer in acts.values]
    np.testing.assert_allclose(inb.entropy(acts, bins=bins), expected, atol=1e-12)


@pytest.mark.parametrize("bins", [1, 2, 10, 100])
def test_edges_of_each_neuron(bins):
    acts = activations()
    h = inb.entropy(acts, bins=bins, edges="neuron")
    expected = [
        [binned_entropy(row, np.linspace(row.min(), row.max(), bins + 1, dtype=float)) for row in m]
        for m in acts.values
    ]
    np.testing.assert_allclose(h, expected, atol=1e-12)


def test_given_edges():
    acts = activations()
    edges = [-1e9, -1.0, 0.0, 0.5, 1e9]
    h = inb.entropy(acts, edges=edges)
    np.testing.assert_allclose(h[0, 0], binned_entropy(acts.values[0, 0], edges), atol=1e-12)
    assert h.attrs["bins"] == 4
    assert h.attrs["edges"] == "given"
    assert (h.attrs["lowest_edge"], h.attrs["highest_edge"]) == (-1e9, 1e9)


def test_knn():
    acts = activations()
    h = inb.entropy(acts, estimator="knn", k=5, unit="bit")
    expected = knn_entropy(acts.values[1, 2], 5) / np.log(2)
    assert h.values[1, 2] == pytest.approx(expected, abs=1e-10)
    assert h.attrs == {
        "long_name": "differential entropy",
        "units": "bit",
        "estimator": "knn",
        "k": 5,
        "n_samples": 40,
    }


def test_attributes_and_coordinates():
    h = inb.entropy(ragged(), bins=10)
    assert h.name == "entropy"
    assert h.attrs == {
        "long_name": "entropy",
        "units": "nat",
        "estimator": "binned",
        "bins": 10,
        "edges": "common",
        "n_samples": 40,
    }
    assert h.dims == ("layer", "neuron")
    assert set(h.coords) == {"layer", "neuron", "width"}
    assert list(h.layer.values) == ["fc2", "fc1"]


def test_padding_is_not_measured():
    acts = ragged()
    whole, packed = inb.entropy(acts, bins=10), acts.copy()
    assert np.isnan(whole[1, 2])
    assert int(whole.isnull().sum()) == 1
    packed[1, 2] = 1e6  # whatever stands in the padding
    xr.testing.assert_identical(inb.entropy(packed, bins=10), whole)
    part = inb.entropy(acts.isel(neuron=[2, 0]), bins=10)
    assert np.isnan(part.sel(layer="fc1", neuron=2))
    assert part.notnull().sum() == 3
    one = inb.entropy(acts.sel(layer="fc1"), bins=10)
    assert list(np.isnan(one.values)) == [False, False, True]
    assert np.isnan(inb.entropy(acts.sel(layer="fc1", neuron=2)))


def test_width_without_neuron_labels_counts_positions():
    h = inb.entropy(ragged().drop_vars("neuron"))
    assert np.isnan(h.values).tolist() == [[False] * 3, [False, False, True]]


def test_width_may_differ_between_runs():
    a, b = ragged(), activations(seed=1).assign_coords(ragged().coords)
    b = b.assign_coords(width=("layer", [3, 3]))
    both = xr.concat([a, b], xr.Variable("run", [0, 1]), coords="different", compat="equals")
    h = inb.entropy(both)
    np.testing.assert_array_equal(h.sel(run=0), inb.entropy(a))
    np.testing.assert_array_equal(h.sel(run=1), inb.entropy(b))


@pytest.mark.parametrize("edges", ["common", "neuron"])
def test_measuring_a_concat_is_concatenating_measurements(edges):
    runs = [ragged(seed=seed) * (seed + 1) for seed in range(3)]
    together = inb.entropy(xr.concat(runs, xr.Variable("alpha", [0.0, 0.5, 1.0])), edges=edges)
    apart = [inb.entropy(run, edges=edges) for run in runs]
    xr.testing.assert_identical(together, xr.concat(apart, xr.Variable("alpha", [0.0, 0.5, 1.0])))


def test_any_order_of_dims_and_any_name_of_the_samples():
    acts = ragged()
    h = inb.entropy(acts)
    turned = acts.transpose("sample", "neuron", "layer")
    xr.testing.assert_identical(inb.entropy(turned), h)
    xr.testing.assert_identical(inb.entropy(acts.rename(sample="example"), "example"), h)


def test_over_another_dim():
    # the distribution over neurons, for each sample: layer is still one scale
    h = inb.entropy(activations(), "neuron", bins=5)
    assert h.dims == ("sample", "layer")


def test_without_layer_and_neuron():
    acts = activations((50,), ("sample",))
    edges = np.linspace(float(acts.min()), float(acts.max()), 11)
    h = inb.entropy(acts, bins=10)
    assert h.dims == ()
    assert float(h) == pytest.approx(binned_entropy(acts.values, edges), abs=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "int8", "int64", "uint8", "bool", "float64"])
def test_any_real_dtype(dtype):
    acts = (activations() * 3).round().clip(0, 5).astype(dtype)
    expected = inb.entropy(acts.astype("float64"))
    xr.testing.assert_identical(inb.entropy(acts), expected)


def test_not_contiguous_and_dask():
    acts = activations((2, 6, 80))
    expected = inb.entropy(acts[:, ::2, ::2].copy())
    xr.testing.assert_identical(inb.entropy(acts[:, ::2, ::2]), expected)
    lazy = acts[:, ::2, ::2].chunk({"sample": 7, "neuron": 2})
    assert isinstance(lazy.data, dask.array.Array)
    xr.testing.assert_identical(inb.entropy(lazy).compute(), expected)


def test_input_is_left_as_it_was():
    acts = ragged()
    before = acts.copy(deep=True)
    inb.entropy(acts)
    xr.testing.assert_identical(acts, before)


def test_data_set_of_activations_and_accessor():
    acts = ragged()
    expected = inb.entropy(acts, bins=7)
    dataset = acts.to_dataset(name="activation")
    xr.testing.assert_identical(inb.entropy(dataset, bins=7), expected)
    xr.testing.assert_identical(dataset.infonb.entropy(bins=7), expected)
    xr.testing.assert_identical(acts.infonb.entropy("sample", bins=7), expected)


def test_survives_zarr(tmp_path):
    h = inb.entropy(ragged(), edges=[-9.0, 0.0, 9.0])
    h.to_dataset().to_zarr(tmp_path / "h.zarr", zarr_format=3, consolidated=False)
    back = xr.open_zarr(tmp_path / "h.zarr", consolidated=False).entropy.load()
    xr.testing.assert_identical(back, h)
    assert [type(v) for v in back.attrs.values()] == [type(v) for v in h.attrs.values()]


numbers = arrays(np.float64, (3, 15), elements=st.floats(-1e200, 1e200) | st.integers(-3, 3))


@settings(max_examples=60, deadline=None)
@given(numbers, st.integers(1, 30), st.sampled_from(["common", "neuron"]), st.randoms())
def test_properties(values, bins, edges, random):
    acts = xr.DataArray(values, dims=("neuron", "sample"))
    h = inb.entropy(acts, bins=bins, edges=edges)
    assert (h >= 0).all()
    assert (h <= np.log(min(bins, 15)) + 1e-12).all()
    bits = inb.entropy(acts, bins=bins, edges=edges, unit="bit")
    np.testing.assert_allclose(bits * np.log(2), h, atol=1e-12)
    order = list(range(15))
    random.shuffle(order)
    xr.testing.assert_identical(inb.entropy(acts.isel(sample=order), bins=bins, edges=edges), h)


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float64, (2, 15), elements=st.integers(-8, 8)),
    st.sampled_from([0.125, 4.0, 2.0**60]),
    st.integers(-64, 64),
    st.sampled_from([1, 2, 4, 8, 16]),
)
def test_affine_maps_do_not_matter_to_edges_of_each_neuron(values, scale, shift, bins):
    # small integers and powers of two: the maps are exact, and so are the codes
    acts = xr.DataArray(values, dims=("neuron", "sample"))
    h = inb.entropy(acts, bins=bins, edges="neuron")
    moved = inb.entropy((acts + shift) * scale, bins=bins, edges="neuron")
    np.testing.assert_allclose(moved, h, atol=1e-12)


def test_uniform_and_constant():
    acts = xr.DataArray([np.tile(np.arange(10.0), 7), np.full(70, 3.3)], dims=("neuron", "sample"))
    for edges in ("common", "neuron"):
        h = inb.entropy(acts, bins=10, edges=edges)
        assert float(h[0]) == pytest.approx(np.log(10), abs=1e-12)
        assert float(h[1]) == 0
    assert inb.entropy(acts, estimator="knn").values[1] == -np.inf


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dim": "samples"}, "dim 'samples' not found.*Did you mean 'sample'"),
        ({"estimator": "ksg"}, "estimator must be one of 'binned', 'knn'; not 'ksg'"),
        ({"bins": 0}, "bins must be at least 1; not 0"),
        ({"edges": "global"}, "edges must be one of 'common', 'shared', 'neuron'; not 'global'"),
        ({"unit": "bits"}, "unit must be one of.*Did you mean 'bit'"),
        ({"estimator": "knn", "k": 0}, "k must be at least 1; not 0"),
        ({"estimator": "knn", "k": 40}, "k=40 needs at least 41 samples; there are 40.*lower k"),
        ({"edges": [0.0]}, "increasing array of at least two finite numbers"),
        ({"edges": [0.0, 0.0]}, "increasing array"),
        ({"edges": [[0.0, 1.0]]}, "1-D increasing array"),
        ({"edges": [0.0, np.inf]}, "finite"),
        ({"edges": ["a", "b"]}, "increasing array"),
        ({"edges": [-0.1, 0.1]}, r"edges run from -0.1 to 0.1.*at layer 'fc2', neuron 0.*Widen"),
    ],
)
def test_errors(options, words):
    with pytest.raises(ValueError, match=words):
        inb.entropy(ragged(), **options)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_value_that_is_not_finite_is_named(bad):
    acts = ragged().assign_coords(sample=np.arange(100, 140))
    acts[1, 1, 7] = bad
    with pytest.raises(ValueError, match=rf"{bad} at layer 'fc1', neuron 1, sample 107.*drop_sel"):
        inb.entropy(acts)
    several = acts.expand_dims(alpha=[0.5])
    with pytest.raises(ValueError, match=r"alpha 0.5, layer 'fc1', neuron 1, sample 107"):
        inb.entropy(several)


def test_padding_without_width_is_named():
    with pytest.raises(ValueError, match=r"layer 'fc1', neuron 2, sample 0.*'width' on 'layer'"):
        inb.entropy(ragged().drop_vars("width"))


def test_range_beyond_float64():
    acts = xr.DataArray([[-1e308, 1e308]], dims=("neuron", "sample"))
    with pytest.raises(ValueError, match="neuron 0: differences overflow"):
        inb.entropy(acts)


def test_no_samples():
    with pytest.raises(ValueError, match="no samples: dim 'sample' has size 0"):
        inb.entropy(activations()[..., :0])


@pytest.mark.parametrize("values", [np.zeros((2, 5), complex), np.full((2, 5), None, object)])
def test_values_that_are_not_real_numbers(values):
    with pytest.raises(TypeError, match="real numbers; not dtype"):
        inb.entropy(xr.DataArray(values, dims=("neuron", "sample")))


def test_no_labels():
    with pytest.raises(TypeError, match=r"xarray DataArray or Dataset; not ndarray.*from_arrays"):
        inb.entropy(np.zeros((2, 5)))
    with pytest.raises(ValueError, match=r"no variable 'activation' but \['a'\]"):
        inb.entropy(xr.Dataset({"a": ("sample", [1.0])}))
    with pytest.raises(TypeError, match="bins must be a whole number"):
        inb.entropy(activations(), bins=2.5)


def test_the_remedy_for_one_bad_sample_keeps_the_others_also_with_padding():
    acts = inb.from_arrays({"a": np.ones((6, 3)), "b": np.ones((6, 2))}).activation
    acts[0, 1, 4] = np.nan
    with pytest.raises(ValueError, match=r"activation\.drop_sel\(sample=\[4\]\)"):
        inb.entropy(acts)
    assert inb.entropy(acts.drop_sel(sample=[4])).attrs["n_samples"] == 5


def test_padding_cannot_be_reduced():
    acts = inb.from_arrays({"a": np.ones((6, 3)), "b": np.ones((6, 2))}).activation
    with pytest.raises(ValueError, match="Beyond the 'width' of a layer is padding"):
        inb.entropy(acts, dim="neuron")


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_whole_numbers_that_float64_cannot_tell_apart(dtype):
    acts = xr.DataArray(2**53 + np.arange(3, dtype=dtype), dims="sample")
    with pytest.raises(
        ValueError, match=r"whole numbers from .* beyond 2\^53 .* Subtract a common"
    ):
        inb.entropy(acts)
    with pytest.raises(ValueError, match="Subtract a common"):
        inb.entropy(acts.chunk(sample=2)).compute()
    inb.entropy(acts - dtype(2**53))


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"bins": 7},
        {"bins": 7, "edges": "neuron"},
        {"bins": 7, "normalized": True},
        {"estimator": "knn"},
    ],
)
def test_mean_of_pointwise_is_the_entropy(options, lazy):
    acts = ragged()
    h = inb.entropy(acts, **options)
    points = inb.entropy(
        acts.chunk(sample=9) if lazy else acts, pointwise=True, **options
    ).compute()
    assert points.dims == (*h.dims, "sample")
    assert "label" in points.coords
    np.testing.assert_allclose(points.mean("sample"), h, atol=1e-12)
    assert points.attrs == h.attrs | {"long_name": f"pointwise {h.attrs['long_name']}"}


def test_normalized():
    levels = np.tile([0.0, 1.0, 2.0, 3.0], 25)
    acts = xr.DataArray([levels, np.zeros(100), np.minimum(levels, 1)], dims=("neuron", "sample"))
    h = inb.entropy(acts, bins=4, normalized=True, unit="bit")
    expected = [1, 0, (0.25 * np.log(4) + 0.75 * np.log(4 / 3)) / np.log(4)]
    np.testing.assert_allclose(h, expected, atol=1e-12)
    assert (h.attrs["units"], h.attrs["normalized"]) == ("1", "by log(bins)")
    assert float(inb.entropy(acts, bins=1, normalized=True).max()) == 0


@pytest.mark.parametrize(
    ("corrected", "samples", "bias"),
    [
        # uniform over 10 values; plug-in is 9 / (2 samples) too low, more for few samples
        ("miller-madow", 50, -0.004),
        ("grassberger", 50, 0.012),
        ("grassberger", 20, 0.025),
        ("chao-shen", 20, 0.011),
        ("chao-shen", 500, -9 / 1000),
    ],
)
def test_corrections_take_the_bias_away(corrected, samples, bias):
    acts = np.random.default_rng(0).integers(10, size=(1000, samples))
    acts = xr.DataArray(acts, dims=("neuron", "sample"))
    edges = np.arange(11) - 0.5
    plain = inb.entropy(acts, edges=edges) - np.log(10)
    h = inb.entropy(acts, edges=edges, corrected=corrected)
    assert float(plain.mean()) < -0.98 * 9 / (2 * samples)
    error = 4 * float(h.std()) / np.sqrt(1000)
    assert float(h.mean()) == pytest.approx(np.log(10) + bias, abs=error)
    assert h.attrs["corrected"] == corrected
    lazy = inb.entropy(acts.chunk(sample=20), edges=edges, corrected=corrected)
    np.testing.assert_array_equal(lazy.compute(), h)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"estimator": "knn", "corrected": "grassberger"},
            "corrected='grassberger' is for .*binned",
        ),
        ({"estimator": "knn", "normalized": True}, "normalized=True is for estimator='binned'"),
        ({"corrected": "chao-shen", "pointwise": True}, "leave it out with pointwise=True"),
        ({"corrected": "jackknife"}, "corrected must be one of None, 'miller-madow'"),
        ({"pointwise": "yes"}, "pointwise must be one of True, False; not 'yes'"),
    ],
)
def test_options_that_do_not_go_together(options, words):
    with pytest.raises(ValueError, match=words):
        inb.entropy(activations(), **options)
