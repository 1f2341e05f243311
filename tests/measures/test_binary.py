"""Neurons that are 0 or 1: counts against closed forms, plain loops and two bins."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.measures import TiesWarning, binary_entropy, binary_mutual_information


def bits(*shape, seed=0, p=0.5):
    return (np.random.default_rng(seed).random(shape) < p).astype(np.float32)


def padded():
    """Two layers of 3 and 2 neurons, at two seeds; the second layer has a place that is padding."""
    values = bits(2, 2, 3, 40)
    values[:, 1, 2] = np.nan
    return xr.DataArray(
        values, {"layer": ["a", "b"], "neuron": [0, 1, 2], "width": ("layer", [3, 2])},
        ("seed", "layer", "neuron", "sample"),
    )  # fmt: skip


def plain_information(x, y):
    """Return Σ p log(p / (p p)) by a loop over samples."""
    n, joint = len(x), {}
    for pair in zip(x.tolist(), y.tolist(), strict=True):
        joint[pair] = joint.get(pair, 0) + 1
    found = 0.0
    for (a, b), count in joint.items():
        found += count / n * np.log(count * n / ((x == a).sum() * (y == b).sum()))
    return found


def test_entropy_closed_form():
    values = np.zeros((3, 10))
    values[1, :3] = 1
    values[2] = 1
    found = binary_entropy(xr.DataArray(values, dims=("neuron", "sample")))
    expected = -0.3 * np.log(0.3) - 0.7 * np.log(0.7)
    np.testing.assert_allclose(found, [0, expected, 0], atol=1e-15)
    assert found.attrs == {
        "long_name": "entropy", "units": "nat", "estimator": "counts", "n_samples": 10
    }  # fmt: skip


def test_no_rounding_beyond_one_bit():
    for n in (6, 10, 14, 1000):
        acts = xr.DataArray([[0, 1] * (n // 2)], dims=("neuron", "sample"))
        assert float(binary_entropy(acts, unit="bit")[0]) <= 1
        assert float(binary_mutual_information(acts, unit="bit")[0, 0]) <= 1
        label = np.tile([0, 1], n // 2)
        assert float(binary_mutual_information(acts, other=label)[0]) <= np.log(2)


@pytest.mark.parametrize("flip", [0.0, 0.1, 0.25, 0.5])
def test_a_channel_that_flips_has_its_capacity(flip):
    """Of 0 and 1 equally often, and a share `flip` of each turned: log 2 - H(flip)."""
    n = 40
    x = np.repeat([0, 1], n)
    y = x.copy()
    for start in (0, n):
        y[start : start + round(flip * n)] ^= 1
    found = binary_mutual_information(xr.DataArray([x, y], dims=("neuron", "sample")))
    p = np.array([flip, 1 - flip])
    loss = -sum(one * np.log(one) for one in p if one > 0)
    assert float(found[0, 1]) == pytest.approx(np.log(2) - loss, abs=1e-14)
    assert found.min() >= 0


def test_an_xor_is_seen_by_no_pair():
    a, b = np.repeat([0, 1], 2), np.tile([0, 1], 2)
    found = binary_mutual_information(
        xr.DataArray([a, b, a ^ b], dims=("neuron", "sample")), unit="bit"
    )
    np.testing.assert_allclose(found, np.eye(3), atol=1e-15)


def test_pairs_as_mutual_information_has_them():
    acts = padded()
    found = binary_mutual_information(acts)
    assert found.dims == ("seed", "layer", "neuron", "other_layer", "other_neuron")
    for seed in range(2):
        for i, (layer, neuron) in enumerate(places := [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]):
            for other_layer, other in places[i:]:
                expected = plain_information(
                    acts.values[seed, layer, neuron], acts.values[seed, other_layer, other]
                )
                value = found.values[seed, layer, neuron, other_layer, other]
                assert value == pytest.approx(expected, abs=1e-14)
    diagonal = found.isel(seed=1, layer=1, other_layer=1).values[[0, 1], [0, 1]]
    np.testing.assert_allclose(diagonal, binary_entropy(acts)[1, 1, :2], atol=1e-14)
    assert np.isnan(found[0, 1, 2]).all()


@pytest.mark.parametrize("edges", ["common", [0.0, 0.5, 1.0]])
def test_two_bins_are_the_same(edges):
    acts = padded()
    binned = inb.entropy(acts, bins=2, edges=edges)
    xr.testing.assert_allclose(binary_entropy(acts), binned, atol=1e-14)
    for options in ({}, {"within": "layer"}, {"between": ("a", "b")}, {"neurons": 2, "seed": 3}):
        binned = inb.mutual_information(acts, estimator="binned", bins=2, edges=edges, **options)
        found = binary_mutual_information(acts, **options)
        xr.testing.assert_allclose(found, binned, atol=1e-14)
        assert found.dims == binned.dims


def test_the_label_of_a_sample():
    acts = padded().assign_coords(label=("sample", np.arange(40) % 4))
    found = binary_mutual_information(acts, other="label")
    assert found.dims == ("seed", "layer", "neuron")
    value = plain_information(acts.values[1, 0, 2], acts.label.values)
    assert float(found[1, 0, 2]) == pytest.approx(value, abs=1e-14)
    assert np.isnan(found[0, 1, 2])
    assert found.other_kind == "discrete, 4 classes"
    # a neuron is a variable, too
    own = binary_mutual_information(acts, other=acts.values[0, 0, 0].astype(int))
    assert float(own[0, 0, 0]) == pytest.approx(float(binary_entropy(acts)[0, 0, 0]))


def test_types_orders_and_permutations_change_nothing():
    acts = xr.DataArray(bits(4, 50, p=0.3), dims=("neuron", "sample"))
    expected = binary_mutual_information(acts)
    for dtype in (bool, np.uint8, np.int64, np.float16, np.float64):
        xr.testing.assert_equal(binary_mutual_information(acts.astype(dtype)), expected)
    order = np.random.default_rng(1).permutation(50)
    xr.testing.assert_equal(binary_mutual_information(acts.isel(sample=order)), expected)
    xr.testing.assert_equal(binary_mutual_information(acts.T), expected)
    xr.testing.assert_allclose(binary_mutual_information(1 - acts), expected, atol=1e-14)
    pytest.importorskip("dask")
    xr.testing.assert_equal(binary_mutual_information(acts.chunk(sample=7)), expected)


def test_independent_bits_have_the_bias_of_counts():
    """About 1 / (2 S): the mean of a χ² of one degree of freedom over 2 S."""
    acts = xr.DataArray(bits(60, 500), dims=("neuron", "sample"))
    values = binary_mutual_information(acts).values[np.triu_indices(60, 1)]
    assert values.mean() * 1000 == pytest.approx(1, abs=0.15)
    assert (values > 1.92 / 500).mean() == pytest.approx(0.05, abs=0.02)


def test_neighbours_fail_on_bits_and_the_mixture_does_not():
    acts = xr.DataArray(bits(2, 400), dims=("neuron", "sample"))
    acts[1, :300] = acts[0, :300]
    exact = float(binary_mutual_information(acts)[0, 1])
    with pytest.warns(TiesWarning):
        ksg = float(inb.mutual_information(acts)[0, 1])
    mixture = float(inb.mutual_information(acts, estimator="mixture")[0, 1])
    assert ksg < exact - 1
    assert mixture == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize("value", [2, -1, 0.5, np.nan, np.inf])
def test_what_is_no_bit_is_named(value):
    acts = padded()
    acts[1, 0, 2, 7] = value
    for function in (binary_entropy, binary_mutual_information):
        with pytest.raises(ValueError, match=r"activation is .* layer 'a', neuron 2, sample 7; .*"):
            function(acts)


def test_wrong_calls_are_told():
    acts = padded()
    with pytest.raises(ValueError, match="dim 'samples' not found"):
        binary_entropy(acts, "samples")
    with pytest.raises(TypeError, match="DataArray"):
        binary_entropy(acts.values)
    with pytest.raises(ValueError, match="has no samples"):
        binary_entropy(acts.isel(sample=slice(0)))
    with pytest.raises(ValueError, match="within chooses pairs"):
        binary_mutual_information(acts, other=np.arange(40), within="layer")
    with pytest.raises(ValueError, match="is continuous; counts need classes"):
        binary_mutual_information(acts, other=np.linspace(0, 1, 40))
    with pytest.raises(ValueError, match="unit"):
        binary_entropy(acts, unit="byte")
