"""The edges of bins: common to a network's neurons, shared by all networks, each neuron's own."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import xarray as xr
from measures.plain_loops import binned_entropy, binned_mi

import infonb as inb

RULERS = ["common", "shared", "neuron"]
S = 40


def networks(n_samples=S):
    """Three networks of other scales, with a padded layer."""
    rng = np.random.default_rng(0)
    runs = [
        inb.from_arrays(
            {"fc1": scale * rng.normal(size=(n_samples, 3)), "fc2": rng.normal(size=(n_samples, 2))}
        ).activation
        for scale in (1.0, 5.0, 0.2)
    ]
    return xr.concat(runs, xr.Variable("alpha", [0.0, 0.5, 1.0]))


def ends(acts, edges, alpha, layer, neuron):
    """The range that a neuron's bins have, written out."""
    if edges == "neuron":
        acts = acts.sel(alpha=alpha, layer=layer, neuron=neuron)
    elif edges == "common":
        acts = acts.sel(alpha=alpha)
    return float(acts.min()), float(acts.max())


@pytest.mark.parametrize("edges", RULERS)
def test_entropy_equals_a_plain_loop(edges):
    acts = networks()
    found = inb.entropy(acts, bins=7, edges=edges)
    assert found.attrs["edges"] == edges
    for alpha in acts.alpha.values:
        for layer, width in (("fc1", 3), ("fc2", 2)):
            for neuron in range(width):
                at = {"alpha": alpha, "layer": layer, "neuron": neuron}
                ruler = np.linspace(*ends(acts, edges, **at), 8)
                assert found.sel(at).item() == pytest.approx(
                    binned_entropy(acts.sel(at).values, ruler), abs=1e-12
                )
    assert found.sel(layer="fc2", neuron=2).isnull().all()


@pytest.mark.parametrize("edges", RULERS)
def test_mutual_information_equals_a_plain_loop(edges):
    acts = networks()
    found = inb.mutual_information(acts, estimator="binned", bins=5, edges=edges)
    for alpha in acts.alpha.values:
        one, other = {"layer": "fc1", "neuron": 2}, {"layer": "fc2", "neuron": 0}
        x, y = (acts.sel(alpha=alpha, **at).values for at in (one, other))
        rulers = (np.linspace(*ends(acts, edges, alpha, **at), 6) for at in (one, other))
        expected = binned_mi(x, y, *rulers)
        there = found.sel(alpha=alpha, **one).sel(other_layer="fc2", other_neuron=0)
        assert there.item() == pytest.approx(expected, abs=1e-12)


def test_closed_forms():
    """Uniform values: of half the range in half the bins."""
    wide = np.arange(400) % 100 / 99
    acts = xr.DataArray(
        np.stack([wide, 0.499 * wide])[:, None], dims=("network", "neuron", "sample")
    )  # fmt: skip
    for edges, expected in (("common", [4, 4]), ("neuron", [4, 4]), ("shared", [4, 2])):
        found = inb.entropy(acts, bins=4, edges=edges).values.ravel()
        np.testing.assert_allclose(found, np.log(expected), atol=1e-12)
        mi = inb.mutual_information(acts, estimator="binned", bins=4, edges=edges).values.ravel()
        np.testing.assert_allclose(mi, np.log(expected), atol=1e-12)


@pytest.mark.parametrize("measure", [inb.entropy, inb.mutual_information])
def test_shared_is_a_given_ruler_over_everything_and_common_for_one_network(measure):
    acts = networks()
    binned = {"estimator": "binned", "bins": 9}
    shared = measure(acts, **binned, edges="shared")
    ruler = np.linspace(float(acts.min()), float(acts.max()), 10)
    np.testing.assert_array_equal(shared, measure(acts, **binned, edges=ruler))
    one = acts.isel(alpha=1)
    np.testing.assert_array_equal(
        measure(one, **binned, edges="shared"), measure(one, **binned, edges="common")
    )
    assert not np.array_equal(shared, measure(acts, **binned, edges="common"), equal_nan=True)


@pytest.mark.parametrize("measure", [inb.entropy, inb.mutual_information])
def test_networks_samples_and_dims_may_change_places(measure):
    acts = networks()
    options = {"estimator": "binned", "bins": 9, "edges": "shared"}
    expected = measure(acts, **options)
    order = np.random.default_rng(1).permutation(S)
    other = acts.isel(alpha=[2, 0, 1], sample=order).transpose("sample", "neuron", "alpha", "layer")
    xr.testing.assert_identical(measure(other, **options).sel(alpha=acts.alpha), expected)
    seeds = acts.expand_dims(seed=[0, 1]) * xr.DataArray([1.0, 3.0], dims="seed")
    together = measure(seeds, **options).stack(run=("alpha", "seed"))
    flat = measure(seeds.stack(run=("alpha", "seed")), **options)
    np.testing.assert_array_equal(together.transpose(*flat.dims), flat)


@pytest.mark.parametrize("corrected", [None, "miller-madow", "permutation"])
@pytest.mark.parametrize("chunks", [{"sample": 7}, {"alpha": 1, "sample": 40}, {"layer": 1}])
def test_lazily_the_same_to_the_last_bit(chunks, corrected):
    acts = networks()
    lazy = acts.chunk(chunks)
    for measure in (inb.entropy, inb.mutual_information):
        options = {"estimator": "binned", "bins": 9, "edges": "shared", "corrected": corrected}
        if measure is inb.entropy and corrected == "permutation":
            options["corrected"] = "grassberger"
        found = measure(lazy, **options)
        assert found.chunks is not None
        xr.testing.assert_identical(found.compute(), measure(acts, **options))
    some = {"estimator": "binned", "edges": "shared", "max_samples": 25, "seed": 3}
    xr.testing.assert_identical(
        inb.mutual_information(lazy, **some).compute(), inb.mutual_information(acts, **some)
    )


def test_nothing_is_read_before_compute_and_each_chunk_twice():
    acts, seen = networks(), Counter()

    def read(block, block_info=None):
        if block_info:
            seen[tuple(block_info[0]["chunk-location"])] += 1
        return block

    cut = acts.chunk(alpha=1, sample=10)
    lazy = cut.copy(data=cut.data.map_blocks(read, dtype=cut.dtype, meta=cut.data._meta))
    for measure in (inb.entropy, inb.mutual_information):
        seen.clear()
        found = measure(lazy, estimator="binned", bins=4, edges="shared")
        assert not seen
        found.compute(scheduler="synchronous")
        assert len(seen) == 3 * 4
        assert set(seen.values()) == {2}  # for the range and for the counts


@pytest.mark.parametrize("edges", RULERS)
def test_a_continuous_variable_of_each_network(edges):
    acts = networks()
    other = acts.sel(layer="fc1", neuron=0, drop=True).rename("first")
    found = inb.mutual_information(acts, other=other, estimator="binned", bins=6, edges=edges)
    for alpha in acts.alpha.values:
        one = acts.sel(alpha=alpha, layer="fc1", neuron=1).values
        its = other if edges == "shared" else other.sel(alpha=alpha)
        expected = binned_mi(
            one, other.sel(alpha=alpha).values,
            np.linspace(*ends(acts, edges, alpha, "fc1", 1), 7),
            np.linspace(float(its.min()), float(its.max()), 7),
        )  # fmt: skip
        assert found.sel(alpha=alpha, layer="fc1", neuron=1).item() == pytest.approx(expected)


def test_errors_list_the_three_words():
    for measure in (inb.entropy, inb.mutual_information):
        for edges, words in (
            ("fixed", "'common', 'shared', 'neuron'; not 'fixed'"),
            ([1, 0], "'common', 'shared', 'neuron' or a 1-D increasing array"),
        ):
            with pytest.raises(ValueError, match=words):
                measure(networks(), estimator="binned", edges=edges)


@pytest.mark.parametrize("edges", RULERS)
@pytest.mark.parametrize("offset", [0, 2**40, 2**51, 2**52, -(2**52)])
@pytest.mark.parametrize("n", [10, 1000])
def test_whole_numbers_far_from_zero_fill_all_bins(edges, offset, n):
    values = np.arange(n) + offset
    acts = xr.DataArray(values[None], dims=("neuron", "sample"))
    options = {"estimator": "binned", "bins": 10, "edges": edges}
    for array in (acts, acts.chunk(sample=n // 3)):
        h, mi = (measure(array, **options) for measure in (inb.entropy, inb.mutual_information))
        assert float(h[0]) == pytest.approx(np.log(10), abs=1e-12)
        assert float(mi[0, 0]) == pytest.approx(np.log(10), abs=1e-12)
    other = inb.mutual_information(acts, other=values.astype(float), **options)
    assert float(other[0]) == pytest.approx(np.log(10), abs=1e-12)


@pytest.mark.parametrize("lazy", [False, True])
def test_a_common_range_beyond_float64(lazy):
    acts = xr.DataArray([[-1e308, -9e307], [9e307, 1e308]], dims=("neuron", "sample"))
    acts = acts.chunk(sample=1) if lazy else acts
    for edges in ("common", "shared"):
        with pytest.raises(ValueError, match=r"spans -1e.308 to 1e.308: differences overflow"):
            inb.entropy(acts, bins=3, edges=edges).compute()
    np.testing.assert_allclose(inb.entropy(acts, bins=3, edges="neuron"), np.log(2))
    other = xr.DataArray([[1e308, 9e307], [-1e308, -9e307]], dims=("run", "sample"))
    runs = acts.load().isel(neuron=0) * xr.DataArray([1.0, 0.5], dims="run")
    with pytest.raises(ValueError, match=r"other spans -1e.308 to 1e.308"):
        inb.mutual_information(
            runs.expand_dims("neuron"), other=other, estimator="binned", edges="shared"
        )


@pytest.mark.parametrize(
    "edges",
    [
        [0, 1, 1, 9], [9, 0], [0, np.nan, 9], np.ma.array([0.0, 5, 10], mask=[0, 1, 0]),
        np.array([0, 5, 10], complex), ["0", "5", "10"], [False, True], [2**60, 2**60 + 1, 2**61],
        np.array(["2000", "2001"], "datetime64[Y]"), [], None, 3, [0, None, 10],
        np.array([0, 2**-60, 1], np.longdouble) + 1,
    ],
    ids=str,
)  # fmt: skip
def test_edges_that_are_no_increasing_numbers(edges):
    with pytest.raises(ValueError, match=r"increasing array .* that float64 tells apart") as caught:
        inb.entropy(networks(), edges=edges)
    assert "\n" not in str(caught.value)


def test_edges_of_every_form():
    import torch

    acts = xr.DataArray([np.arange(10.0)], dims=("neuron", "sample"))
    right = inb.entropy(acts, edges=[0.0, 5.0, 10.0])
    for edges in (
        range(0, 11, 5), np.array([0, 5, 10], "f2"), torch.tensor([0.0, 5, 10], requires_grad=True),
        xr.DataArray([0, 5, 10]), np.array([0, 5, 10], np.longdouble), np.ma.array([0, 5, 10]),
    ):  # fmt: skip
        np.testing.assert_array_equal(inb.entropy(acts, edges=edges), right)
