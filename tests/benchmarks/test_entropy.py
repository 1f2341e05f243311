"""
Binned entropy against a loop over `numpy.histogram` and against one reading of the memory.

With ``--benchmark-enable`` at full size and with a table printed; otherwise (as in every test run)
a quick check of the same code at small size. See README.md beside this file.
"""

import numpy as np
import pytest
from benchmarks.clock import seconds_of

from infonb.measures.kernels.corrections import entropy_of_counts
from infonb.measures.kernels.counts import equal_edges, row_counts, row_range

BINS = 100
NUMPY_ROWS = 64


def activations(kind, n_neurons, n_samples):
    z = np.random.default_rng(0).standard_normal((n_neurons, n_samples), np.float32)
    return np.tanh(z, out=z) if kind == "tanh" else np.maximum(z, 0, out=z)


def measure(values, edges):
    """Return the entropies and the edges of every row: range, counts and logarithms."""
    low, high = row_range(values)
    if edges == "common":
        own = equal_edges(low.min(keepdims=True), high.max(keepdims=True), BINS)
        which = np.zeros(len(values), int)
    else:
        own, which = equal_edges(low, high, BINS), np.arange(len(values))
    return entropy_of_counts(row_counts(values, own, which)), own[which]


def numpy_entropy(values, edges):
    share = np.histogram(values, edges)[0] / len(values)
    return -(share[share > 0] * np.log(share[share > 0])).sum()


@pytest.mark.parametrize("edges", ["common", "neuron"])
@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_entropy(benchmark, capsys, kind, edges):
    n_neurons, n_samples = (4608, 10_000) if benchmark.enabled else (12, 500)
    values = activations(kind, n_neurons, n_samples)
    entropy, own = measure(values, edges)  # compiled before the clock starts

    rows = np.random.default_rng(1).choice(n_neurons, min(NUMPY_ROWS, n_neurons), replace=False)
    loop = [seconds_of(numpy_entropy, values[r].astype(np.float64), own[r]) for r in rows]
    np.testing.assert_allclose(entropy[rows], [h for _, h in loop], atol=1e-12)

    rounds = 5 if benchmark.enabled else 1
    read = min(seconds_of(values.sum)[0] for _ in range(rounds))
    seconds = []
    benchmark.pedantic(lambda: seconds.append(seconds_of(measure, values, edges)[0]), rounds=rounds)
    if benchmark.enabled:
        ours, theirs = min(seconds), float(np.mean([s for s, _ in loop])) * n_neurons
        speed = values.nbytes / 1e9
        benchmark.extra_info.update(gb_per_s=speed / ours, ratio=theirs / ours)
        with capsys.disabled():
            print(
                f"\n{kind}, {edges} edges: {n_neurons} neurons x {n_samples} samples, {BINS} bins: "
                f"infonb {1e3 * ours:.0f} ms, {speed / ours:.2f} GB/s a core; numpy.histogram "
                f"{theirs:.2f} s, ratio {theirs / ours:.0f}; "
                f"sum of the array {speed / read:.1f} GB/s"
            )
