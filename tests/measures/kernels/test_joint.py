import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.plain_loops import binned_entropy, binned_mi

from infonb.measures.kernels import joint as _joint
from infonb.measures.kernels.counts import equal_edges, row_codes, row_counts
from infonb.measures.kernels.joint import add_joint_counts, joint_sums, sums_of_counts

# bit planes, tables with fewer and with more cells than samples, sorting by runs
BINS = [(1, 1), (2, 2), (1, 7), (10, 10), (17, 15), (2, 300), (30, 30), (100, 80), (300, 270)]
SAMPLES = [1, 63, 64, 65, 700, 9000]


def joint_histograms(codes, other, bins, other_bins, first, second):
    cells = [codes[a] * other_bins + other[b] for a, b in zip(first, second, strict=True)]
    return np.array([np.bincount(c, minlength=bins * other_bins) for c in cells])


def n_log_n(counts):
    return (counts * np.log(np.maximum(counts, 1))).sum(axis=1)


def random_pairs(bins, other_bins, n_samples, n_rows=5, n_other=37, n_pairs=40, seed=0):
    """Return codes and pairs in no order and with repetitions."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, bins, (n_rows, n_samples))
    other = rng.integers(0, other_bins, (n_other, n_samples))
    other[::3] = (other[::3] * rng.random(other[::3].shape) ** 3).astype(int)  # uneven
    return codes, other, rng.integers(0, n_rows, n_pairs), rng.integers(0, n_other, n_pairs)


@pytest.mark.parametrize("n_samples", [*SAMPLES, 70_000])
@pytest.mark.parametrize(("bins", "other_bins"), BINS)
def test_sums_equal_bincount_and_are_symmetric(bins, other_bins, n_samples):
    codes, other, first, second = random_pairs(bins, other_bins, n_samples)
    if n_samples == 70_000:  # beyond 16-bit tables
        first, second = first[:6], second[:6]
    counts = joint_histograms(codes, other, bins, other_bins, first, second)
    sums, filled = joint_sums(codes, other, bins, other_bins, first, second, cells=True)
    np.testing.assert_allclose(sums, n_log_n(counts), rtol=0, atol=1e-12 * n_samples)
    np.testing.assert_array_equal(filled, (counts > 0).sum(1))
    swapped, none = joint_sums(other, codes, other_bins, bins, second, first)
    np.testing.assert_array_equal(swapped, sums)
    assert none is None
    of_counts, filled_counts = sums_of_counts(counts, cells=True)
    np.testing.assert_array_equal(of_counts, sums)
    np.testing.assert_array_equal(filled_counts, filled)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("n_samples", SAMPLES)
@pytest.mark.parametrize(("bins", "other_bins"), BINS[:-1])
def test_counts_equal_bincount_over_chunks(bins, other_bins, n_samples, dtype):
    codes, other, first, second = random_pairs(bins, other_bins, n_samples, n_pairs=20)
    counts = np.zeros((20, bins * other_bins), dtype)
    for chunk in np.array_split(np.arange(n_samples), 3):
        if len(chunk):
            some = slice(chunk[0], chunk[-1] + 1)
            add_joint_counts(
                codes[:, some], other[:, some], bins, other_bins, first, second, counts
            )
    expected = joint_histograms(codes, other, bins, other_bins, first, second)
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("planes", [True, False])
@pytest.mark.parametrize("bins", [2, 5, 12, 16])
def test_every_way_gives_the_same_bits(monkeypatch, planes, bins):
    codes = random_pairs(bins, bins, 3000, n_other=75)[1]
    first, second = np.triu_indices(75)
    expected, _ = joint_sums(codes, codes, bins, bins, first, second)
    monkeypatch.setattr(_joint, "_plan", lambda *_: (planes, 100))  # blocks of parts of tiles
    sums, filled = joint_sums(codes, codes, bins, bins, first, second, cells=True)
    np.testing.assert_array_equal(sums, expected)
    monkeypatch.setattr(_joint, "_plan", lambda *_: (False, 10**6))
    monkeypatch.setattr(_joint, "_TABLE_CELLS", 1)
    by_runs, filled_by_runs = joint_sums(codes, codes, bins, bins, first, second, cells=True)
    np.testing.assert_array_equal(by_runs, expected)
    np.testing.assert_array_equal(filled_by_runs, filled)


@pytest.mark.parametrize("bins", [10, 60])
def test_order_of_pairs_and_threads_do_not_matter(bins, monkeypatch):
    codes = random_pairs(bins, bins, 500, n_other=80)[1]
    first, second = np.triu_indices(80)
    monkeypatch.setattr(_joint, "_BLOCK", 1e5)
    assert _joint._plan(500, bins, bins)[1] < len(first) // 4  # several blocks side by side
    monkeypatch.setattr(numba, "get_num_threads", lambda: 4)
    sums, _ = joint_sums(codes, codes, bins, bins, first, second)
    mixed = np.random.default_rng(1).permutation(len(first))
    again, _ = joint_sums(codes, codes, bins, bins, second[mixed], first[mixed])
    np.testing.assert_array_equal(again, sums[mixed])
    monkeypatch.setattr(numba, "get_num_threads", lambda: 1)
    alone, _ = joint_sums(codes, codes, bins, bins, first, second)
    np.testing.assert_array_equal(alone, sums)


@pytest.mark.parametrize("bins", [8, 40, 300])
def test_row_with_itself_is_the_row_alone(bins):
    codes = random_pairs(bins, bins, 2000)[1]
    rows = np.arange(len(codes))
    joint, _ = joint_sums(codes, codes, bins, bins, rows, rows)
    alone, _ = sums_of_counts(np.array([np.bincount(c, minlength=bins) for c in codes]))
    np.testing.assert_array_equal(joint, alone)


def test_one_row_of_labels_against_many_rows():
    codes, labels, _, _ = random_pairs(20, 3, 400, n_rows=50, n_other=1)
    first, second = np.arange(50), np.zeros(50, int)
    counts = joint_histograms(codes, labels, 20, 3, first, second)
    sums, _ = joint_sums(codes, labels, 20, 3, first, second)
    np.testing.assert_allclose(sums, n_log_n(counts), atol=1e-9)


def test_no_pairs():
    codes = np.zeros((3, 10), np.uint8)
    none = np.empty(0, int)
    assert joint_sums(codes, codes, 2, 2, none, none)[0].shape == (0,)
    add_joint_counts(codes, codes, 2, 2, none, none, np.empty((0, 4), np.int32))
    assert sums_of_counts(np.empty((0, 4), int))[0].shape == (0,)


def test_codes_and_rows_out_of_range_are_refused():
    codes, row = np.array([[0, 1, 2]]), np.zeros(1, int)
    with pytest.raises(ValueError, match="codes must lie between 0 and 1; not 0 to 2"):
        joint_sums(codes, codes, 2, 2, row, row)
    with pytest.raises(ValueError, match="second must be rows between 0 and 0; not 1 to 1"):
        add_joint_counts(codes, codes, 3, 3, row, row + 1, np.zeros((1, 9), np.int32))


finite = arrays(np.float64, (3, 20), elements=st.floats(-1e300, 1e300))
on_edges = arrays(np.float64, (3, 20), elements=st.integers(-5, 5).map(lambda i: i / 10))


@settings(max_examples=50, deadline=None)
@given(finite | on_edges, st.integers(1, 12))
def test_equals_plain_loops(values, bins):
    with np.errstate(over="ignore"):
        edges = equal_edges(values.min(1), values.max(1), bins)
    codes, counts = (f(values, edges, np.arange(3)) for f in (row_codes, row_counts))
    first, second = np.triu_indices(3)
    joint, _ = joint_sums(codes, codes, bins, bins, first, second)
    alone, _ = sums_of_counts(counts)
    h = np.log(20) - alone / 20
    mi = np.log(20) + (joint - (alone[first] + alone[second])) / 20
    for a, b, value in zip(first, second, mi, strict=True):
        assert h[a] == pytest.approx(binned_entropy(values[a], edges[a]), abs=1e-12)
        expected = binned_mi(values[a], values[b], edges[a], edges[b])
        assert value == pytest.approx(expected, abs=1e-12)
