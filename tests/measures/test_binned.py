import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.plain_loops import binned_entropy, binned_mi

from infonb.measures._binned import (
    binned_mutual_information,
    entropy_of_counts,
    equal_edges,
    row_codes,
    row_counts,
)

finite = arrays(np.float64, (3, 20), elements=st.floats(-1e300, 1e300))
on_edges = arrays(np.float64, (3, 20), elements=st.integers(-5, 5).map(lambda i: i / 10))


def searchsorted(values, edges):
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)


@settings(max_examples=150, deadline=None)
@given(finite | on_edges, st.integers(1, 40))
def test_codes_equal_searchsorted(values, bins):
    edges = np.linspace(values.min(), values.max(), bins + 1)
    codes = row_codes(values, edges[None], np.zeros(3, int))
    np.testing.assert_array_equal(codes, searchsorted(values, edges))
    counts = row_counts(values, edges[None], np.zeros(3, int))
    np.testing.assert_array_equal(counts, [np.bincount(c, minlength=bins) for c in codes])


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [(np.float64, s) for s in (1e-300, 1e-30, 1.0, 7.7, 1e300)]
    + [(np.float32, s) for s in (1e-30, 1.0, 7.7, 1e30)],
)
@pytest.mark.parametrize("bins", [1, 2, 7, 100, 1001])
def test_values_on_edges_and_beside_them(dtype, scale, bins):
    low, high = dtype(-0.3 * scale), dtype(1.1 * scale)
    edges = np.linspace(low, high, bins + 1, dtype=np.float64)
    beside = np.concatenate([edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
    values = np.clip(beside, low, high).astype(dtype)[None]
    np.testing.assert_array_equal(
        row_codes(values, edges[None], np.zeros(1, int))[0], searchsorted(values[0], edges)
    )


def test_uneven_edges():
    edges = np.array([-1e300, -1.0, 0.0, 0.001, 5.0, 1e6])
    values = np.random.default_rng(0).normal(size=(2, 500)) * 3
    np.testing.assert_array_equal(
        row_codes(values, edges[None], np.zeros(2, int)), searchsorted(values, edges)
    )


def test_counts_equal_numpy_histogram():
    values = np.random.default_rng(1).normal(size=(4, 3000)).astype(np.float32)
    for low, high, own in zip(values.min(1), values.max(1), values, strict=True):
        edges = equal_edges(np.array([low]), np.array([high]), 100)
        expected, expected_edges = np.histogram(own.astype(np.float64), 100)
        np.testing.assert_array_equal(edges[0], expected_edges)
        counts = row_counts(own[None], edges, np.zeros(1, int))
        np.testing.assert_array_equal(counts[0], expected)


def test_edges_equal_linspace_beside_a_constant():
    low, high = np.array([0.1, 3.0, -7.7]), np.array([0.7, 3.0, 11.3])
    edges = equal_edges(low, high, 30)
    for i in range(3):
        np.testing.assert_array_equal(edges[i], np.linspace(low[i], high[i], 31))


@settings(max_examples=50, deadline=None)
@given(finite | on_edges, st.integers(1, 12))
def test_equals_plain_loops(values, bins):
    with np.errstate(over="ignore"):
        edges = equal_edges(values.min(1), values.max(1), bins)
    codes, counts = (f(values, edges, np.arange(3)) for f in (row_codes, row_counts))
    h = entropy_of_counts(counts)
    mi = binned_mutual_information(codes, counts)
    for a in range(3):
        assert h[a] == pytest.approx(binned_entropy(values[a], edges[a]), abs=1e-12)
        for b in range(3):
            expected = binned_mi(values[a], values[b], edges[a], edges[b])
            assert mi[a, b] == pytest.approx(expected, abs=1e-12)
    np.testing.assert_array_equal(mi, mi.T)
    np.testing.assert_allclose(mi.diagonal(), h, atol=1e-12)
    assert (mi >= 0).all()
    assert (mi <= np.minimum.outer(h, h) + 1e-12).all()


def test_entropy_of_one_full_bin_is_exactly_zero():
    h = entropy_of_counts(np.array([[0, 7, 0], [2, 2, 2]]))
    assert h[0] == 0
    assert not np.signbit(h[0])
    assert h[1] == pytest.approx(np.log(3), abs=1e-15)
