import numba
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.plain_loops import binned_mi, ksg
from scipy.special import digamma

import infonb as inb
from infonb.measures import TiesWarning


def ragged(n_samples=40, seed=0):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=n_samples)
    values = (rng.normal(size=(2, 3, n_samples)) + shared).astype(np.float32)
    values[1, 2] = np.nan
    return xr.DataArray(
        values,
        dims=("layer", "neuron", "sample"),
        coords={
            "layer": np.array(["fc2", "fc1"], object),
            "neuron": [0, 1, 2],
            "width": ("layer", [3, 2]),
            "label": ("sample", np.arange(n_samples) % 2),
        },
        name="activation",
    )


def pairs(acts):
    for layer in acts.layer.values:
        for neuron in range(int(acts.width.sel(layer=layer))):
            yield {"layer": layer, "neuron": neuron}


def other(place):
    return {f"other_{name}": label for name, label in place.items()}


@pytest.mark.parametrize("k", [1, 3, 10])
def test_ksg(k):
    acts = ragged()
    mi = inb.mutual_information(acts, k=k)
    assert mi.dims == ("layer", "neuron", "other_layer", "other_neuron")
    for a in pairs(acts):
        for b in pairs(acts):
            expected = ksg(acts.sel(a).values, acts.sel(b).values, k)
            assert float(mi.sel(a).sel(other(b))) == pytest.approx(expected, abs=1e-10)
    assert mi.attrs == {
        "long_name": "mutual information",
        "units": "nat",
        "estimator": "ksg",
        "k": k,
        "clip": "none",
        "n_samples": 40,
    }


@pytest.mark.parametrize("edges", ["common", "neuron", "given"])
@pytest.mark.parametrize("bins", [1, 4, 10])
def test_binned(edges, bins):
    acts = ragged()
    given_edges = np.linspace(-8, 8, bins + 1)
    mi = inb.mutual_information(
        acts, estimator="binned", bins=bins, edges=given_edges if edges == "given" else edges
    )

    def own(x):
        if edges == "given":
            return given_edges
        low, high = (acts.min(), acts.max()) if edges == "common" else (x.min(), x.max())
        return np.linspace(float(low), float(high), bins + 1)

    for a in pairs(acts):
        for b in pairs(acts):
            x, y = acts.sel(a).values, acts.sel(b).values
            expected = binned_mi(x, y, own(x), own(y))
            assert float(mi.sel(a).sel(other(b))) == pytest.approx(expected, abs=1e-12)
    assert mi.attrs["bins"] == bins
    assert mi.attrs["edges"] == edges
    assert f"(bins-1)^2/(2S) = {(bins - 1) ** 2 / 80:.3g} nat" in mi.attrs["bias"]


def test_bias_is_about_what_the_note_says():
    values = np.random.default_rng(0).uniform(size=(40, 2500))
    mi = inb.mutual_information(
        xr.DataArray(values, dims=("neuron", "sample")), estimator="binned", bins=10
    )
    found = mi.values[np.triu_indices(40, 1)]
    assert found.mean() == pytest.approx(81 / 5000, rel=0.03)


def test_coordinates():
    mi = inb.mutual_information(ragged())
    assert set(mi.coords) == {
        "layer", "neuron", "width", "other_layer", "other_neuron", "other_width",
    }  # fmt: skip
    assert list(mi.other_layer.values) == ["fc2", "fc1"]
    assert mi.other_width.dims == ("other_layer",)
    assert mi.name == "mutual_information"
    assert mi.sel(layer="fc1", other_layer="fc2").shape == (3, 3)


def test_symmetric_and_padded():
    mi = inb.mutual_information(ragged())
    square = mi.values.reshape(6, 6)
    np.testing.assert_array_equal(square, square.T)
    missing = np.isnan(square)
    assert missing[5].all()
    assert missing.sum() == 11


@pytest.mark.parametrize("estimator", ["ksg", "binned"])
def test_measuring_a_concat_is_concatenating_measurements(estimator):
    runs = [ragged(seed=seed) * (seed + 1) for seed in range(2)]
    alpha = xr.Variable("alpha", [0.0, 1.0])
    together = inb.mutual_information(xr.concat(runs, alpha), estimator=estimator)
    assert together.dims[0] == "alpha"
    apart = [inb.mutual_information(run, estimator=estimator) for run in runs]
    xr.testing.assert_identical(together, xr.concat(apart, alpha))


def test_width_may_differ_between_runs():
    a, b = ragged(), ragged(seed=1).fillna(0.5).assign_coords(width=("layer", [2, 3]))
    run = xr.Variable("run", [0, 1])
    mi = inb.mutual_information(xr.concat([a, b], run, coords="different", compat="equals"))
    np.testing.assert_array_equal(mi.sel(run=0), inb.mutual_information(a))
    np.testing.assert_array_equal(mi.sel(run=1), inb.mutual_information(b))
    assert mi.other_width.dims == ("run", "other_layer")


@pytest.mark.parametrize("estimator", ["ksg", "binned"])
def test_any_order_of_dims_dask_and_strides(estimator):
    acts = ragged()
    expected = inb.mutual_information(acts, estimator=estimator)
    for same in (
        acts.transpose("sample", "neuron", "layer"),
        acts.chunk({"sample": 7}),
        acts.isel(sample=np.repeat(np.arange(40), 2))[..., ::2],
    ):
        found = inb.mutual_information(same, estimator=estimator).compute()
        found.attrs.pop("loaded", None)  # by blocks, which only a dask array is
        xr.testing.assert_identical(found, expected)


def test_only_layer_or_only_neuron():
    acts = ragged()
    one = inb.mutual_information(acts.sel(layer="fc1"))
    assert one.dims == ("neuron", "other_neuron")
    whole = inb.mutual_information(acts).sel(layer="fc1", other_layer="fc1")
    np.testing.assert_array_equal(one, whole)
    across = inb.mutual_information(acts.sel(neuron=0))
    assert across.dims == ("layer", "other_layer")


def test_bits_and_clip():
    acts = ragged()
    mi = inb.mutual_information(acts)
    assert (mi < 0).any()
    np.testing.assert_allclose(inb.mutual_information(acts, unit="bit") * np.log(2), mi, atol=1e-12)
    clipped = inb.mutual_information(acts, clip=True)
    np.testing.assert_array_equal(clipped, mi.clip(min=0))
    assert clipped.attrs["clip"] == "negative values are 0"


def test_constant_and_equal_neurons():
    x = np.random.default_rng(0).normal(size=100)
    acts = xr.DataArray([x, x, np.full(100, 2.5)], dims=("neuron", "sample"))
    mi = inb.mutual_information(acts, k=4)
    assert float(mi[0, 1]) == pytest.approx(digamma(100) - digamma(4), abs=1e-12)
    assert (mi[2] == 0).all()
    assert (mi[:, 2] == 0).all()
    for edges in ("common", "neuron"):
        binned = inb.mutual_information(acts, estimator="binned", edges=edges)
        np.testing.assert_allclose(binned[0, 1], inb.entropy(acts, bins=10, edges=edges)[0])
        assert (binned[2] == 0).all()


def test_ties_follow_the_published_convention():
    # independent units that are off in half of the samples: far below 0, as the docstring says
    x = np.maximum(np.random.default_rng(0).normal(size=(2, 2500)), 0)
    with pytest.warns(TiesWarning, match=r"25\.\d% of the samples .* the worst of 1 pairs"):
        mi = inb.mutual_information(xr.DataArray(x, dims=("neuron", "sample")))
    assert -7 < float(mi[0, 1]) < -0.4


def test_data_set_and_accessor():
    acts = ragged()
    expected = inb.mutual_information(acts, k=2)
    dataset = acts.to_dataset(name="activation")
    xr.testing.assert_identical(inb.mutual_information(dataset, k=2), expected)
    xr.testing.assert_identical(dataset.infonb.mutual_information(k=2), expected)
    xr.testing.assert_identical(acts.infonb.mutual_information("sample", k=2), expected)


@pytest.mark.parametrize("estimator", ["ksg", "binned"])
def test_survives_zarr(tmp_path, estimator):
    mi = inb.mutual_information(ragged(), estimator=estimator)
    mi.to_dataset().to_zarr(tmp_path / "mi.zarr", zarr_format=3, consolidated=False)
    back = xr.open_zarr(tmp_path / "mi.zarr", consolidated=False).mutual_information.load()
    xr.testing.assert_identical(back, mi)


@pytest.mark.parametrize("k", [1, 3, 8, 12, 30])
def test_the_number_of_threads_does_not_matter_for_any_k(k, monkeypatch):
    # many blocks of pairs at work side by side
    values = np.random.default_rng(0).normal(size=(1500, 2, 100))
    acts = xr.DataArray(values, dims=("run", "neuron", "sample"))
    monkeypatch.setattr(numba, "get_num_threads", lambda: 1)
    alone = inb.mutual_information(acts, k=k)
    monkeypatch.setattr(numba, "get_num_threads", lambda: 4)
    xr.testing.assert_identical(inb.mutual_information(acts, k=k), alone)


def test_progress_in_text(capsys):
    inb.mutual_information(ragged(), progress="text")
    assert "mutual information" in capsys.readouterr().out
    inb.mutual_information(ragged())
    assert capsys.readouterr() == ("", "")


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float64, (3, 15), elements=st.floats(-1e100, 1e100) | st.integers(-3, 3)),
    st.integers(1, 20),
    st.randoms(),
)
def test_properties_of_binned(values, bins, random):
    acts = xr.DataArray(values, dims=("neuron", "sample"))
    options = {"estimator": "binned", "bins": bins, "edges": "neuron"}
    mi = inb.mutual_information(acts, **options)
    h = inb.entropy(acts, bins=bins, edges="neuron").values
    assert (mi >= 0).all()
    assert (mi.values <= np.minimum.outer(h, h) + 1e-12).all()
    np.testing.assert_allclose(mi.values.diagonal(), h, atol=1e-12)
    order = list(range(15))
    random.shuffle(order)
    xr.testing.assert_identical(inb.mutual_information(acts.isel(sample=order), **options), mi)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dim": "samples"}, "dim 'samples' not found.*Did you mean 'sample'"),
        ({"estimator": "knn"}, "estimator must be one of 'ksg', 'mixture', 'binned'; not 'knn'"),
        ({"k": 0}, "k must be at least 1; not 0"),
        ({"k": 40}, "k=40 needs at least 41 samples; there are 40"),
        ({"estimator": "binned", "bins": 0}, "bins must be at least 1; not 0"),
        (
            {"estimator": "binned", "edges": "own"},
            "edges must be one of 'common', 'shared', 'neuron'",
        ),
        ({"estimator": "binned", "edges": [0, 1]}, "edges run from 0.0 to 1.0"),
        ({"unit": "nats"}, "unit must be one of.*Did you mean 'nat'"),
        ({"clip": "yes"}, "clip must be one of True, False; not 'yes'"),
    ],
)
def test_errors(options, words):
    with pytest.raises(ValueError, match=words):
        inb.mutual_information(ragged(), **options)


def test_too_few_samples():
    acts = ragged()
    with pytest.raises(ValueError, match="k=3 needs at least 4 samples; there are 2"):
        inb.mutual_information(acts[..., :2])
    with pytest.raises(ValueError, match="needs at least 4 samples; there is 1"):
        inb.mutual_information(acts[..., :1])


def test_value_that_is_not_finite_is_named():
    acts = ragged()
    acts[0, 1, 7] = np.nan
    with pytest.raises(ValueError, match=r"nan at layer 'fc2', neuron 1, sample 7"):
        inb.mutual_information(acts)


def test_nothing_to_pair():
    acts = xr.DataArray(np.zeros((2, 9)), dims=("unit", "sample"))
    with pytest.raises(ValueError, match=r"neither: its dims are \('unit', 'sample'\).*Rename"):
        inb.mutual_information(acts)


def test_long_double_and_words_of_numpy():
    acts = ragged().sel(layer="fc2")
    with pytest.raises(TypeError, match=r"longdouble|float128.*astype\('float64'\)"):
        inb.mutual_information(acts.astype(np.longdouble))
    same = inb.mutual_information(acts, estimator=np.str_("binned"), edges=np.str_("neuron"))
    xr.testing.assert_identical(
        same, inb.mutual_information(acts, estimator="binned", edges="neuron")
    )
    with pytest.raises(ValueError, match="progress must be one of True, False, 'text'; not 'bar'"):
        inb.mutual_information(acts, progress="bar")
