from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from infonb.measures.kernels.counts import (
    _exact_edges,
    code_type,
    equal_edges,
    row_codes,
    row_counts,
    row_range,
)

finite = arrays(np.float64, (3, 20), elements=st.floats(-1e300, 1e300))
finite32 = arrays(np.float32, (3, 20), elements=st.floats(-(2.0**126), 2.0**126, width=32))
on_edges = arrays(np.float64, (3, 20), elements=st.integers(-5, 5).map(lambda i: i / 10))


def searchsorted(values, edges):
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)


@settings(max_examples=200, deadline=None)
@given(finite | finite32 | on_edges, st.integers(1, 40))
def test_codes_equal_searchsorted(values, bins):
    edges = np.linspace(float(values.min()), float(values.max()), bins + 1)
    codes = row_codes(values, edges[None], np.zeros(3, int))
    np.testing.assert_array_equal(codes, searchsorted(values.astype(np.float64), edges))
    counts = row_counts(values, edges[None], np.zeros(3, int))
    np.testing.assert_array_equal(counts, [np.bincount(c, minlength=bins) for c in codes])


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [(np.float64, s) for s in (1e-300, 1e-30, 1.0, 7.7, 1e300)]
    + [(np.float32, s) for s in (1e-30, 1.0, 7.7, 1e30)],
)
@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("bins", [1, 2, 7, 100, 1001, 70_000])
def test_values_on_edges_and_beside_them(dtype, scale, offset, bins):
    low, high = dtype((offset - 0.3) * scale), dtype((offset + 1.1) * scale)
    edges = np.linspace(low, high, bins + 1, dtype=np.float64)
    beside = np.concatenate([edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
    own = beside.astype(dtype)
    own = np.concatenate([own, np.nextafter(own, dtype(-np.inf)), np.nextafter(own, dtype(np.inf))])
    values = np.clip(own, low, high)[None]
    codes = row_codes(values, edges[None], np.zeros(1, int))
    assert codes.dtype == code_type(bins)
    np.testing.assert_array_equal(codes[0], searchsorted(values[0].astype(np.float64), edges))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uneven_edges(dtype):
    edges = np.array([-1e300, -1.0, 0.0, 0.001, 5.0, 5.0, 1e6])
    values = (np.random.default_rng(0).normal(size=(2, 500)) * 3).astype(dtype)
    values[:, :6] = -1, 0, 0.001, 5, 1e6, np.nextafter(dtype(5), dtype(0))
    np.testing.assert_array_equal(
        row_codes(values, edges[None], np.zeros(2, int)),
        searchsorted(values.astype(np.float64), edges),
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bins", [1, 3, 100])
def test_constant_rows_are_in_the_last_bin(dtype, bins):
    values = np.full((2, 3000), 0.3, dtype)
    edges = equal_edges(*row_range(values), bins)
    counts = row_counts(values, edges, np.arange(2))
    np.testing.assert_array_equal(counts, np.eye(bins, dtype=int)[[-1, -1]] * 3000)


def test_values_outside_the_edges_count_in_the_outer_bins():
    values = np.array([[-np.inf, -1e30, -0.1, 0.5, 1.5, 1e30, np.inf]])
    for edges in ([0.0, 1.0, 2.0], [0.0, 1e-3, 1.0]):
        codes = row_codes(values, np.array([edges]), np.zeros(1, int))
        np.testing.assert_array_equal(codes, searchsorted(values, edges))


@pytest.mark.parametrize("bins", [10, 100, 300, 5000])
def test_counts_equal_numpy_histogram(bins):
    values = np.maximum(np.random.default_rng(1).normal(size=(4, 5003)), 0).astype(np.float32)
    for low, high, own in zip(values.min(1), values.max(1), values, strict=True):
        edges = equal_edges(np.array([low]), np.array([high]), bins)
        expected, expected_edges = np.histogram(own.astype(np.float64), bins)
        np.testing.assert_array_equal(edges[0], expected_edges)
        counts = row_counts(own[None], edges, np.zeros(1, int))
        np.testing.assert_array_equal(counts[0], np.histogram(own.astype(np.float64), edges[0])[0])
        assert np.abs(counts[0] - expected).sum() <= 2  # numpy rounds without edges given


def test_counts_add_up_over_chunks():
    values = np.random.default_rng(2).normal(size=(5, 1000)).astype(np.float32)
    edges = equal_edges(*row_range(values), 20)
    whole = row_counts(values, edges, np.arange(5))
    added = np.zeros((5, 20), np.int64)
    for chunk in np.array_split(values, [0, 1, 333, 999], axis=1):
        assert row_counts(chunk, edges, np.arange(5), out=added) is added
    np.testing.assert_array_equal(added, whole)


def test_rows_that_do_not_lie_together_in_memory():
    wide = np.random.default_rng(3).normal(size=(200, 14)).astype(np.float32)
    values = wide.T[::2]
    low, high = row_range(values)
    np.testing.assert_array_equal(low, values.min(1))
    edges = equal_edges(low, high, 7)
    expected = row_counts(np.ascontiguousarray(values), edges, np.arange(7))
    np.testing.assert_array_equal(row_counts(values, edges, np.arange(7)), expected)


def test_edges_equal_linspace_beside_a_constant():
    low, high = np.array([0.1, 3.0, -7.7]), np.array([0.7, 3.0, 11.3])
    edges = equal_edges(low, high, 30)
    for i in range(3):
        np.testing.assert_array_equal(edges[i], np.linspace(low[i], high[i], 31))


@settings(max_examples=100, deadline=None)
@given(finite | finite32 | on_edges)
def test_range(values):
    low, high = row_range(values)
    np.testing.assert_array_equal(low, values.min(1))
    np.testing.assert_array_equal(high, values.max(1))
    assert low.dtype == high.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sample", [0, 17, 99])
def test_range_of_a_row_with_nan_or_infinity_is_not_finite(dtype, bad, sample):
    values = np.random.default_rng(4).normal(size=(3, 100)).astype(dtype)
    values[1, sample] = np.copysign(dtype(bad), dtype(bad))
    low, high = row_range(values)
    np.testing.assert_array_equal(np.isfinite(low) & np.isfinite(high), [True, False, True])


def test_range_has_no_negative_zero_and_may_be_of_no_rows():
    low, high = row_range(np.full((1, 3), -0.0, np.float32))
    assert not np.signbit([low, high]).any()
    assert row_range(np.empty((0, 5)))[0].shape == (0,)


def exact_codes(values, bins):
    low, width = Fraction(values.min()), Fraction(values.max()) - Fraction(values.min())
    return [min(int((Fraction(v) - low) * bins / width), bins - 1) for v in values.tolist()]


@pytest.mark.parametrize("bins", [1, 3, 10, 100, 1000])
@pytest.mark.parametrize(
    "values",
    [
        sign * (offset + step * np.arange(n, dtype=float))
        for sign in (1, -1)
        for offset, step, n in [
            (2.0**52, 1, 10), (2.0**51, 1, 100), (2.0**52, 1, 1000), (2.0**40, 2.0**-12, 50),
            (1e300, 1e285, 30), (2.0**53 - 20, 2, 40), (0.0, 5e-324, 7), (-5e-324, 5e-324, 1000),
            (1e-310, 1e-320, 60), (2.2e-308, 5e-324, 99), (1.0 - 2.0**-50, 2.0**-53, 25),
        ]
    ],
    ids=lambda v: f"{v[0]:.4g}, {len(v)}",
)  # fmt: skip
def test_bins_that_rounded_edges_cannot_tell_apart(values, bins):
    edges = equal_edges(*row_range(values[None]), bins)
    codes = row_codes(values[None], edges, np.zeros(1, int))
    np.testing.assert_array_equal(codes[0], exact_codes(values, bins))
    assert (edges[0, 0], edges[0, -1]) == (values.min(), values.max())


def test_more_bins_than_whole_numbers_hold():
    with pytest.raises(ValueError, match=r"bins=3000000000 is too many .*offset"):
        _exact_edges(np.array([2.0**52]), np.array([2.0**52 + 1]), 3_000_000_000)
