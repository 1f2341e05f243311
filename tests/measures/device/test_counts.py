import numpy as np
import pytest
import torch

from infonb.measures.device import counts as _device_counts
from infonb.measures.device.dispatch import joint_sums_on
from infonb.measures.kernels import joint as _joint


def joint_sums(*args, device, budget=None, **options):
    return joint_sums_on(device, budget)(*args, **options)


DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
device = pytest.mark.parametrize("device", DEVICES)


def plain_loop(x, y):
    """Return the sum of n log n over the cells, and how many cells are filled."""
    cells = {}
    for cell in zip(x, y, strict=True):
        cells[cell] = cells.get(cell, 0) + 1
    return sum(n * np.log(n) for n in cells.values()), len(cells)


def assert_equal(codes, other, bins, other_bins, first, second, **options):
    sums, filled = joint_sums(codes, other, bins, other_bins, first, second, cells=True, **options)
    others = codes if other is None else other
    expected = [plain_loop(codes[a], others[b]) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(sums, [e[0] for e in expected], rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(filled, [e[1] for e in expected])
    again, nothing = joint_sums(codes, other, bins, other_bins, first, second, **options)
    np.testing.assert_array_equal(again, sums)
    assert nothing is None


@device
@pytest.mark.parametrize(
    ("budget", "dtype"),
    [(None, np.int16), (None, np.int64), (10**5, np.uint16), (1, np.int32)],
)
@pytest.mark.parametrize("bins", [1, 2, 10, 32, 33, 100, 1000])
def test_all_pairs_equal_plain_loop(bins, dtype, budget, device):
    codes = np.random.default_rng(bins).integers(0, bins, (9, 250)).astype(dtype)
    codes[3:5] = codes[0]  # equal rows
    codes[5] = bins - 1
    assert_equal(codes, None, bins, bins, *np.triu_indices(9), device=device, budget=budget)


@device
@pytest.mark.parametrize(("bins", "other_bins"), [(10, 3), (1, 40), (60, 100), (3, 60_000)])
def test_pairs_with_another_array(bins, other_bins, device):
    rng = np.random.default_rng(0)
    codes, other = rng.integers(0, bins, (5, 80)), rng.integers(0, other_bins, (3, 80))
    first, second = np.repeat(np.arange(5), 3), np.tile(np.arange(3), 5)
    assert_equal(codes, other, bins, other_bins, first, second, device=device)


@device
@pytest.mark.parametrize("budget", [None, 50_000])
def test_few_of_all_pairs_in_any_order(budget, device):
    # some blocks of rows are asked for as a whole, of others single pairs
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (60, 50))
    first = np.concatenate([np.repeat(np.arange(10), 10), rng.integers(0, 60, 40)])
    second = np.concatenate([np.tile(np.arange(10), 10), rng.integers(0, 60, 40)])
    mixed = rng.permutation(len(first))
    assert_equal(codes, None, 4, 4, first[mixed], second[mixed], device=device, budget=budget)


@pytest.mark.parametrize("half", [True, False])
def test_products_are_exact(half):
    # all samples in one cell, more than half precision can count, and a random row beside them
    codes = torch.zeros((2, 5001), dtype=torch.int32)
    codes[1] = torch.from_numpy(np.random.default_rng(0).integers(0, 3, 5001))
    samples = _device_counts._EXACT_HALF
    counts = _device_counts._products(codes, codes, 3, 3, samples, half)
    assert counts[0, 0, 0, 0] == 5001
    expected = np.bincount(codes[1].numpy(), minlength=3)
    np.testing.assert_array_equal(counts[0, 0, 1], expected)
    np.testing.assert_array_equal(counts[1, :, 1], np.diag(expected))


@device
@pytest.mark.parametrize(("bins", "other_bins"), [(10, 10), (10, 4), (40, 60), (300, 300)])
@pytest.mark.parametrize("n_samples", [2500, 70_000])
def test_equals_the_compiled_kernel_bit_for_bit(n_samples, bins, other_bins, device):
    rng = np.random.default_rng(0)
    codes = rng.binomial(bins - 1, 0.001, (4, n_samples))
    other = rng.binomial(other_bins - 1, 0.001, (3, n_samples))
    pairs = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    args = (codes, other, bins, other_bins, *pairs)
    sums, filled = joint_sums(*args, cells=True, device=device)
    expected_sums, expected_filled = _joint.joint_sums(*args, cells=True)
    np.testing.assert_array_equal(sums, expected_sums)
    np.testing.assert_array_equal(filled, expected_filled)


@device
@pytest.mark.parametrize("bins", [4, 40])
def test_no_pairs(bins, device):
    sums, filled = joint_sums(
        np.zeros((2, 5), int), None, bins, bins, [], [], cells=True, device=device
    )
    assert sums.shape == filled.shape == (0,)
