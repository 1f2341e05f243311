"""
Whole layers: 1,000 samples × 256 neurons × 5 layers, beside the plain way with scikit-learn.

With ``--benchmark-enable`` at full size and with a table printed; otherwise a quick check at small
size.
"""

import numpy as np
import pytest
import xarray as xr
from benchmarks.clock import seconds_of

from infonb.measures import information_imbalance, layer_information, matrix_entropy


def layers(n_layers, width, n):
    rng = np.random.default_rng(0)
    label = rng.integers(10, size=n)
    values = rng.normal(size=(n_layers, width, n))
    values[:, np.arange(width) % 10, :] += 2 * np.eye(10)[label].T[np.arange(width) % 10]
    return xr.DataArray(values, dims=("layer", "neuron", "sample")), label


def ranks_of(values):
    """Distances and ranks of each layer, as one would write them: no interval, no null, no ties."""
    from scipy.spatial.distance import cdist

    return [cdist(one.T, one.T).argsort(axis=1).argsort(axis=1) for one in values]


def one_fit(values, label):
    """A logistic regression of each layer: what an accuracy alone would cost."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        half = len(label) // 2
        return [
            LogisticRegression(max_iter=300).fit(one.T[:half], label[:half]).score(one.T, label)
            for one in values
        ]


MEASURES = {
    "imbalance": (lambda acts, label: information_imbalance(acts), lambda v, label: ranks_of(v)),
    "imbalance to label": (information_imbalance, lambda v, label: ranks_of(v)),
    "latent": (layer_information, one_fit),
    "sliced": (lambda a, label: layer_information(a, label, estimator="sliced"), one_fit),
    "matrix entropy": (lambda acts, label: matrix_entropy(acts), lambda v, label: ranks_of(v)),
}


@pytest.mark.parametrize("measure", MEASURES)
def test_layers(benchmark, capsys, measure):
    ours, plain = MEASURES[measure]
    acts, label = layers(*((5, 256, 1000) if benchmark.enabled else (2, 20, 60)))
    ours(acts, label)  # compiled
    rounds = 3 if benchmark.enabled else 1
    beside = min(seconds_of(plain, acts.values, label)[0] for _ in range(rounds))
    seconds = []

    def once():
        taken, found = seconds_of(ours, acts, label)
        seconds.append(taken)
        return found

    found = benchmark.pedantic(once, rounds=rounds)
    if isinstance(found, xr.Dataset):
        found = next(iter(found.data_vars.values()))
    assert np.isfinite(found).all()
    if benchmark.enabled:
        benchmark.extra_info.update(ratio=min(seconds) / beside)
        with capsys.disabled():
            print(f"\n{measure}: {min(seconds):.2f} s, {min(seconds) / beside:.1f} times the plain")
