"""
Joint histograms of all pairs against a loop over `numpy.bincount`, on the same codes in one run.

With ``--benchmark-enable`` at full size and with a table printed; otherwise (as in every test run)
a quick check of the same code at small size. See README.md beside this file.
"""

import numpy as np
import pytest
from benchmarks.clock import seconds_of
from benchmarks.units import units

from infonb.measures.kernels.counts import equal_edges, row_codes, row_range
from infonb.measures.kernels.joint import joint_sums

BINCOUNT_PAIRS = 300


def binned_units(n_neurons, n_samples, bins):
    """Return codes of dependent tanh units, common edges."""
    values = units("tanh", n_neurons, n_samples)
    low, high = row_range(values)
    edges = equal_edges(low.min(keepdims=True), high.max(keepdims=True), bins)
    return row_codes(values, edges, np.zeros(n_neurons, int))


def bincount_pair(x, y, bins):
    n = np.bincount(x * bins + y, minlength=bins * bins)
    n = n[n > 1]
    return (n * np.log(n)).sum()


@pytest.mark.parametrize("n_samples", [2500, 10_000])
@pytest.mark.parametrize("bins", [10, 30, 100])
def test_all_pairs(benchmark, capsys, bins, n_samples):
    n_neurons, n_samples = (768, n_samples) if benchmark.enabled else (20, n_samples // 10)
    codes = binned_units(n_neurons, n_samples, bins)
    first, second = np.triu_indices(n_neurons)
    joint_sums(codes, codes, bins, bins, first[:9], second[:9])  # compiled before the clock starts

    wide = codes.astype(np.int64)
    some = np.random.default_rng(1).choice(len(first), min(BINCOUNT_PAIRS, len(first)), False)
    loop = [seconds_of(bincount_pair, wide[first[p]], wide[second[p]], bins) for p in some]
    seconds, sums = [], []

    def run():
        own, (result, _) = seconds_of(joint_sums, codes, codes, bins, bins, first, second)
        seconds.append(own)
        sums.append(result)

    benchmark.pedantic(run, rounds=3 if benchmark.enabled else 1)
    np.testing.assert_allclose(sums[0][some], [s for _, s in loop], rtol=0, atol=1e-12 * n_samples)
    if benchmark.enabled:
        ours = min(seconds)
        theirs = float(np.mean([s for s, _ in loop])) * len(first)
        benchmark.extra_info.update(us_per_pair=1e6 * ours / len(first), ratio=theirs / ours)
        with capsys.disabled():
            print(
                f"\n{bins} bins: {n_neurons} neurons x {n_samples} samples, {len(first)} pairs: "
                f"infonb {ours:.3f} s, {1e6 * ours / len(first):.2f} us a pair; numpy.bincount "
                f"{theirs:.1f} s, {1e6 * theirs / len(first):.1f} us a pair; "
                f"ratio {theirs / ours:.0f}"
            )
