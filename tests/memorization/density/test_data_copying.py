"""C_T: against scipy and a plain loop, its signs, and about N(0, 1) where nothing is copied."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kstest, mannwhitneyu

from infonb.memorization import data_copying

RNG = np.random.default_rng(0)


def points(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=("sample", "feature"))


def drawn(n, rng=RNG, spread=1.0) -> xr.DataArray:
    return points(spread * rng.normal(size=(n, 3)))


def least(values, known):
    return np.array([min(np.linalg.norm(one - other) for other in known) for one in values])


def by_loop(out, made):
    """z of U, pair by pair; without a correction for ties."""
    larger = sum(float(q > p) + 0.5 * float(q == p) for q in made for p in out)
    n, m = len(out), len(made)
    return (larger - m * n / 2) / np.sqrt(m * n * (m + n + 1) / 12)


def test_as_a_plain_loop_and_as_scipy():
    known, out, made = drawn(40), drawn(25), drawn(30, spread=0.8)
    found = data_copying(known, out, made)
    near = [least(one.values, known.values) for one in (out, made)]
    assert found.c_t.item() == pytest.approx(by_loop(*near))
    assert found.z_pooled.item() == found.c_t.item()
    p = mannwhitneyu(near[1], near[0], use_continuity=False, method="asymptotic").pvalue
    two_sided = 2 * (1 - _normal(abs(found.c_t.item())))
    assert two_sided == pytest.approx(p, rel=1e-6)


def _normal(z):
    from scipy.stats import norm

    return norm.cdf(z)


def test_ties_are_corrected_as_scipy_does():
    known = points([[0.0], [10.0]])
    out, made = points([[1.0], [1.0], [2.0], [3.0]]), points([[1.0], [2.0], [2.0], [9.0], [4.0]])
    z = data_copying(known, out, made, at_least=1).c_t.item()
    near = [least(one.values, known.values) for one in (out, made)]
    p = mannwhitneyu(near[1], near[0], use_continuity=False, method="asymptotic").pvalue
    assert 2 * (1 - _normal(abs(z))) == pytest.approx(p)


def test_signs():
    known, out = drawn(100), drawn(60)
    copies = known[:60] + 1e-3
    assert data_copying(known, out, copies).c_t < -8  # about the least that 60 and 60 can have
    assert data_copying(known, out, 5 * drawn(60)).c_t > 5
    assert data_copying(known, known[:60] + 1e-3, drawn(60)).c_t > 8


def test_in_cells_with_weights():
    known = points([[0.0], [1.0], [2.0], [100.0], [101.0], [102.0]])
    # copies in one cell, a poor fit in the other
    out = points([[0.3], [1.4], [2.3], [100.4]])
    made = points([[0.0], [1.0], [2.0], [1.0], [150.0], [160.0], [170.0]])
    found = data_copying(known, out, made, n_cells=2, at_least=3)
    order = np.argsort(found.n_held_out.values)  # the cell of one held-out point first
    assert found.n_held_out.values[order].tolist() == [1, 3]
    assert found.n_samples.values[order].tolist() == [3, 4]
    assert found.n_training.values.tolist() == [3, 3]
    poor, copied = found.z.values[order]
    assert poor == pytest.approx(by_loop([0.4], [48.0, 58.0, 68.0]))
    assert copied < 0 < poor
    assert found.weight.values[order].tolist() == [0.25, 0.75]
    assert found.c_t.item() == pytest.approx(0.25 * poor + 0.75 * copied)
    assert found.null_error.item() == pytest.approx(np.sqrt(0.25**2 + 0.75**2))


def test_cells_of_few_samples_do_not_count():
    known = points([[0.0], [1.0], [100.0], [101.0]])
    out = points([[0.5], [100.5]])
    made = points([[0.1], [0.2], [0.3], [100.1]])
    found = data_copying(known, out, made, n_cells=2, at_least=2)
    assert int(found.z.isnull().sum()) == 1
    assert sorted(found.weight.values.tolist()) == [0, 1]
    assert found.c_t.item() == pytest.approx(np.nansum(found.z))
    with pytest.raises(ValueError, match="no cell has a held-out point and 9 generated samples"):
        data_copying(known, out, made, n_cells=2, at_least=9)


@pytest.mark.parametrize("n_cells", [1, 3])
def test_null_is_standard_normal(n_cells):
    rng, found = np.random.default_rng(1), []
    for _ in range(100):
        parts = [drawn(n, rng) for n in (60, 80, 90)]
        one = data_copying(*parts, n_cells=n_cells, at_least=10)
        found.append((one.c_t / one.null_error).item())
    assert kstest(found, "norm").pvalue > 0.01
    assert abs(np.std(found) - 1) < 0.2
    assert abs(np.mean(found)) < 0.25


def test_errors():
    known = drawn(5)
    with pytest.raises(ValueError, match="n_cells must be between 1 and 5; not 6"):
        data_copying(known, known, known, n_cells=6)
    with pytest.raises(ValueError, match="samples has points of"):
        data_copying(known, known, points([[1.0]]))
    twins = points([[0.0]] * 5 + [[1.0]] * 5)
    with pytest.raises(ValueError, match="number of different training points, 2; not 4"):
        data_copying(twins, twins, twins, n_cells=4)
