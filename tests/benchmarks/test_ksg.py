"""
KSG of pairs of rows against a loop over scikit-learn and a plain loop, on the same arrays.

With ``--benchmark-enable`` at full size and with tables printed; otherwise (as in every test run) a
quick check of the same code at small size. See README.md beside this file.
"""

import numpy as np
import pytest
from benchmarks.clock import seconds_of
from benchmarks.units import units
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_regression
from sklearn.neighbors import KDTree, NearestNeighbors

from infonb.measures.kernels.ksg import ksg_information

K = 3
KINDS = ["tanh", "relu", "gelu", "heavy", "bf16", "int8"]
LOOP_PAIRS = 12


def scikit_learn_pair(x, y):
    return mutual_info_regression(x[:, None], y, n_neighbors=K, random_state=0)[0]


def plain_pair(x, y):
    """Return KSG as it is commonly published: k-d trees, and a radius one step less."""
    x, y = x[:, None].astype(np.float64), y[:, None].astype(np.float64)
    near = NearestNeighbors(n_neighbors=K, metric="chebyshev").fit(np.hstack([x, y]))
    radius = np.nextafter(near.kneighbors()[0][:, -1], 0)
    total = 0.0
    for v in (x, y):
        counts = KDTree(v, metric="chebyshev").query_radius(v, radius, count_only=True)
        total += digamma(counts).mean()
    return digamma(len(x)) + digamma(K) - total


def least_ms(values, k, rounds):
    """Return the least ms a pair of all pairs, the sorting of the rows included."""
    first, second = np.triu_indices(len(values))
    ksg_information(values, first[:1], second[:1], k)  # compiled before the clock starts
    seconds = [seconds_of(ksg_information, values, first, second, k)[0] for _ in range(rounds)]
    return 1e3 * min(seconds) / len(first)


@pytest.mark.parametrize("kind", KINDS)
def test_all_pairs(benchmark, capsys, kind):
    n_neurons, n_samples, count = (256, 2500, LOOP_PAIRS) if benchmark.enabled else (6, 300, 3)
    values = units(kind, n_neurons, n_samples)
    first, second = np.triu_indices(n_neurons)
    ksg_information(values, first[:1], second[:1], K)  # compiled before the clock starts

    rng = np.random.default_rng(1)
    chosen = rng.choice(np.flatnonzero(first != second), count, replace=False)
    loops = {}
    own_seconds = mi = None
    # half of each loop before and half after, so that a drift of the machine meets all
    for half in (chosen[: count // 2], chosen[count // 2 :]):
        for name, function in (("scikit-learn", scikit_learn_pair), ("plain", plain_pair)):
            for pair in half:
                timed = seconds_of(function, values[first[pair]], values[second[pair]])
                loops.setdefault(name, []).append((pair, *timed))
        if mi is None:
            own_seconds, (mi, _) = seconds_of(
                benchmark.pedantic, ksg_information, (values, first, second, K)
            )
    for pair, _, expected in loops["plain"]:
        assert mi[pair] == pytest.approx(expected, abs=1e-10)
    if benchmark.enabled:
        ours = 1e3 * own_seconds / len(first)
        theirs = {name: 1e3 * np.mean([s for _, s, _ in loop]) for name, loop in loops.items()}
        benchmark.extra_info.update(ms_per_pair=ours, **theirs)
        with capsys.disabled():
            print(
                f"\n| {kind} | {ours:.3f} ms | "
                + " | ".join(
                    f"{name} {ms:.2f} ms | {ms / ours:.0f}x" for name, ms in theirs.items()
                )
                + " |"
            )


def test_growth(benchmark, capsys):
    if benchmark.enabled:
        sizes, ks, n_neurons = [1000, 2500, 10_000, 20_000, 50_000], [1, 3, 5, 10, 16, 30], 10
    else:
        sizes, ks, n_neurons = [100, 200], [3], 3
    samples = {
        kind: [least_ms(units(kind, n_neurons, s), K, 2) for s in sizes]
        for kind in (KINDS if benchmark.enabled else ["tanh"])
    }
    neighbours = {
        kind: [least_ms(units(kind, n_neurons, min(2500, sizes[-1])), k, 3) for k in ks]
        for kind in (["tanh", "relu"] if benchmark.enabled else ["tanh"])
    }
    benchmark.pedantic(lambda: None)
    assert all(ms > 0 for row in (*samples.values(), *neighbours.values()) for ms in row)
    if benchmark.enabled:
        with capsys.disabled():
            for head, table in ((f"S {sizes}, k {K}", samples), (f"S 2500, k {ks}", neighbours)):
                print(f"\nms a pair: {head}")
                for kind, row in table.items():
                    print(f"| {kind} | " + " | ".join(f"{ms:.3f}" for ms in row) + " |")
