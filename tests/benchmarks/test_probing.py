"""
Online codes of 5,000 samples × 128 neurons: what a probe costs beside one fit of scikit-learn's.

With ``--benchmark-enable`` at full size and with a table printed; otherwise a quick check at small
size.
"""

import numpy as np
import pytest
import xarray as xr
from benchmarks.clock import seconds_of

from infonb.probing import online_code


def one_fit(features, labels):
    """Train on half, read the other half: what an accuracy alone would cost, in bits a label."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    half = len(labels) // 2
    with threadpool_limits(1, "blas"):
        model = LogisticRegression(max_iter=300).fit(features[:half], labels[:half])
        chance = model.predict_proba(features[half:])
    return -np.log2(chance[np.arange(len(labels) - half), labels[half:]]).mean()


@pytest.mark.parametrize("n_classes", [2, 28])
@pytest.mark.parametrize("probe", ["linear", "mlp"])
def test_online_code(benchmark, capsys, probe, n_classes):
    n_neurons, n_samples = (128, 5000) if benchmark.enabled else (28, 600)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_neurons, n_samples))
    labels = (2 * values[:n_classes] + rng.normal(size=(n_classes, n_samples))).argmax(axis=0)
    features = xr.DataArray(values, dims=("neuron", "sample"))
    label = xr.DataArray(labels, dims="sample")

    rounds = 3 if benchmark.enabled else 1
    fit, bits = min((seconds_of(one_fit, values.T, labels) for _ in range(rounds)), key=min)
    seconds, codes = [], []

    def code():
        found = seconds_of(lambda: online_code(features, label, probe=probe))
        seconds.append(found[0])
        codes.append(found[1])

    benchmark.pedantic(code, rounds=rounds)
    # half of all samples, in another order: a chosen penalty is not much worse than a given one
    last = float(codes[0].code_length[-1]) / (n_samples - n_samples // 2)
    if probe == "linear":
        assert last < 1.15 * bits
    assert float(codes[0].compression) > 1
    if benchmark.enabled:
        ours = min(seconds)
        benchmark.extra_info.update(ratio=ours / fit, compression=float(codes[0].compression))
        with capsys.disabled():
            print(
                f"\n{probe}, {n_classes} classes: {ours:.2f} s, {ours / fit:.0f} times one fit of "
                f"half the samples; compression {float(codes[0].compression):.2f}"
            )
