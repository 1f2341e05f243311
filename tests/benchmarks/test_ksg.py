"""
All-pairs KSG against a loop over scikit-learn, on the same arrays in one run.

With ``--benchmark-enable`` at full size and with the ratio printed; otherwise (as in every test
run) a quick check of the same code at small size. See README.md beside this file.
"""

import time

import numpy as np
import pytest
from scipy.special import ndtr
from sklearn.feature_selection import mutual_info_regression

from infonb.measures._ksg import ksg_mutual_information

K = 3
SCIKIT_LEARN_PAIRS = 24


def units(kind, n_neurons, n_samples, seed=0):
    """Return activations of dependent units: 8 shared causes and private noise, float32."""
    rng = np.random.default_rng(seed)
    causes = 0.5 * rng.normal(size=(n_neurons, 8)) @ rng.normal(size=(8, n_samples))
    bias = 0.5 * rng.normal(size=(n_neurons, 1))
    z = causes + rng.normal(size=(n_neurons, n_samples)) + bias
    made = {"tanh": np.tanh(z), "relu": np.maximum(z, 0), "gelu": z * ndtr(z)}[kind]
    return made.astype(np.float32)


def scikit_learn_pair(x, y):
    return mutual_info_regression(x[:, None], y, n_neighbors=K, random_state=0)[0]


def seconds_of(function, *args):
    """Return CPU seconds of the whole process: what one core would need."""
    start = time.process_time()
    result = function(*args)
    return time.process_time() - start, result


@pytest.mark.parametrize("kind", ["tanh", "relu", "gelu"])
def test_all_pairs(benchmark, capsys, kind):
    n_neurons, n_samples = (384, 2500) if benchmark.enabled else (6, 300)
    values = units(kind, n_neurons, n_samples)
    ksg_mutual_information(values[:2, :50], K)  # compiled before the clock starts

    rng = np.random.default_rng(1)
    count = SCIKIT_LEARN_PAIRS if benchmark.enabled else 3
    pairs = [rng.choice(n_neurons, 2, replace=False) for _ in range(count)]
    # half of the loop before and half after, so that a drift of the machine meets both
    loop = [seconds_of(scikit_learn_pair, values[a], values[b]) for a, b in pairs[: count // 2]]
    own_seconds, mi = seconds_of(benchmark.pedantic, ksg_mutual_information, (values, K))
    loop += [seconds_of(scikit_learn_pair, values[a], values[b]) for a, b in pairs[count // 2 :]]

    if kind != "relu":  # with ties the noise that scikit-learn adds decides
        for (_, expected), (a, b) in zip(loop, pairs, strict=True):
            # it divides by the standard deviations, so that only the estimate is the same
            assert max(mi[a, b], 0) == pytest.approx(expected, abs=0.15)
    if benchmark.enabled:
        n_pairs = n_neurons * (n_neurons + 1) // 2
        theirs = float(np.mean([seconds for seconds, _ in loop]))
        ours = own_seconds / n_pairs
        benchmark.extra_info.update(ms_per_pair=1e3 * ours, ratio=theirs / ours)
        with capsys.disabled():
            print(
                f"\n{kind}: {n_neurons} neurons x {n_samples} samples, {n_pairs} pairs: "
                f"infonb {own_seconds:.1f} CPU s, {1e3 * ours:.3f} ms a pair; scikit-learn "
                f"{1e3 * theirs:.2f} ms a pair, {theirs * n_pairs:.0f} CPU s for all; "
                f"ratio {theirs / ours:.0f}"
            )
