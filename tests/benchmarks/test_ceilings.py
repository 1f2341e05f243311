"""
What one core of this machine can do at most, and the share of it that each measure reaches.

With ``--benchmark-enable`` at full size and printed; otherwise a quick run of the same code. See
README.md beside this file.
"""

import numba
import numpy as np
import pytest
import torch
from benchmarks.clock import fastest
from benchmarks.units import units

from infonb.measures.kernels.compile import compiled
from infonb.measures.kernels.counts import equal_edges, row_codes, row_counts, row_range
from infonb.measures.kernels.joint import joint_sums
from infonb.measures.kernels.knn.vector import (
    absolute,
    fill,
    load,
    maximum,
    minimum,
    store,
    subtract,
)
from infonb.measures.kernels.ksg import ksg_information


@compiled
def _distances(x, y, rounds, least_of_lanes):
    """Take max-norm distances of points in the fastest cache, 8 at once; keep each lane's least."""
    n, least = len(x), fill(np.inf)
    for i in range(rounds):
        u, v = fill(x[i % n]), fill(y[i % n])
        for j in range(0, n - 7, 8):
            d = maximum(absolute(subtract(load(x, j), u)), absolute(subtract(load(y, j), v)))
            least = minimum(least, d)
    store(least_of_lanes, 0, least)


@pytest.fixture
def one_core():
    before, torch_before = numba.get_num_threads(), torch.get_num_threads()
    numba.set_num_threads(1)
    torch.set_num_threads(1)
    yield
    numba.set_num_threads(before)
    torch.set_num_threads(torch_before)


def test_what_is_timed_are_distances():
    x, y = np.random.default_rng(0).normal(size=(2, 512))
    least = np.empty(8)
    _distances(x, y, 3, least)
    distance = np.maximum(np.abs(x - x[:3, None]), np.abs(y - y[:3, None]))
    np.testing.assert_array_equal(least, distance.reshape(3, -1, 8).min(axis=(0, 1)))


def machine(full):
    """Return what one core can do: GEMM flop/s, bytes/s of reading and copying, distances/s."""
    n = 2048 if full else 64
    a = torch.ones(n, n)
    large = np.ones(2**26 if full else 2**12, np.float32)
    target = np.empty_like(large)
    x, y = np.random.default_rng(0).normal(size=(2, 512))
    rounds = 200_000 if full else 10
    distances = fastest(_distances, x, y, rounds, np.empty(8))
    return {
        "GEMM float32, GFLOP/s": 2 * n**3 / fastest(torch.matmul, a, a) / 1e9,
        "reading, GB/s": large.nbytes / fastest(large.sum) / 1e9,
        "copying, GB/s": 2 * large.nbytes / fastest(np.copyto, target, large) / 1e9,
        "max-norm distances float64, G/s": 512 * rounds / distances / 1e9,
    }


def test_shares(benchmark, capsys, one_core):
    full = benchmark.enabled
    ceiling = benchmark.pedantic(machine, (full,))
    n, n_samples = (256, 2500) if full else (4, 200)
    first, second = np.triu_indices(n)
    lines = [f"{name:36}{value:10.1f}" for name, value in ceiling.items()]

    for kind in ("tanh", "relu", "gelu"):
        values = units(kind, n, n_samples)
        seconds = fastest(ksg_information, values, first, second, 3, rounds=1) / len(first)
        each = ceiling["max-norm distances float64, G/s"] * 1e9 * seconds / n_samples
        lines.append(
            f"KSG {kind}: {1e6 * seconds:.0f} us a pair, the time of {each:.0f} distances for each "
            f"sample; comparing all with all takes {n_samples}: {n_samples / each:.0f} times that"
        )

    values = units("tanh", n, n_samples)
    edges, which = equal_edges([values.min()], [values.max()], 10), np.zeros(n, int)
    codes = row_codes(values, edges, which)
    seconds = fastest(joint_sums, codes, codes, 10, 10, first, second)
    product = 2 * (10 * n) ** 2 * n_samples / (ceiling["GEMM float32, GFLOP/s"] * 1e9)
    lines.append(
        f"binned MI, 10 bins: {1e6 * seconds / len(first):.2f} us a pair; a matrix product of "
        f"zeros and ones at the peak of GEMM: {1e6 * product / len(first):.1f} us"
    )

    rows, columns = (4608, 10_000) if full else (4, 200)
    large = np.tanh(np.random.default_rng(0).normal(size=(rows, columns))).astype(np.float32)
    own, which = equal_edges([large.min()], [large.max()], 100), np.zeros(rows, int)
    for name, measure in {
        "range of each neuron": lambda: row_range(large),
        "counts in 100 bins": lambda: row_counts(large, own, which),
    }.items():
        rate = large.nbytes / fastest(measure) / 1e9
        share = rate / ceiling["reading, GB/s"]
        lines.append(f"{name}: {rate:.1f} GB/s, {share:.0%} of reading")
    if full:
        with capsys.disabled():
            print("\n" + "\n".join(lines))
