"""
Networks trained one by one by `fit`, and together: seconds for each, and the same bits.

With ``--benchmark-enable`` at full size and with the times printed; otherwise a quick check of the
same code at small size. See README.md beside this file.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from benchmarks.clock import seconds_of

from infonb.data import shuffled_images
from infonb.networks import MLP
from infonb.training import fit, fit_group
from infonb.training.threads import torch_threads

#: Widths of the hidden layers of the digit experiments, and their batches.
SHAPES = {"colored digits": (64, 128), "shuffled digits": (96, 64), "too large": (256, 128)}


def train(seeds, width, batch_size, epochs, together):
    """Train one network for each seed; return the weights of the first."""
    models = [MLP([64, width, width, width, 10], seed=seed) for seed in seeds]
    parts = [shuffled_images("digits", 0.5, seed=0)] * len(seeds)
    options = {"epochs": epochs, "batch_size": batch_size, "progress": False}
    if together:
        trains, validations = zip(*parts, strict=True)
        fit_group(models, trains, validations, seeds=seeds, **options)
    else:
        for model, seed, part in zip(models, seeds, parts, strict=True):
            fit(model, *part, seed=seed, **options)
    return torch.cat([parameter.detach().reshape(-1) for parameter in models[0].parameters()])


@pytest.mark.parametrize("shape", SHAPES)
def test_networks_per_second(benchmark, capsys, shape):
    width, batch_size = SHAPES[shape]
    epochs = 40 if benchmark.enabled else 1
    with torch_threads(1):
        train([0], width, batch_size, 1, together=True)
        alone, expected = seconds_of(train, range(4), width, batch_size, epochs, False)
        times = {"one by one": alone / 4}
        found = []
        for n in (1, 15, 60) if benchmark.enabled else (1, 3):
            seconds, weights = seconds_of(train, range(n), width, batch_size, epochs, True)
            times[f"{n} together"] = seconds / n
            found.append(weights)
    assert all(torch.equal(weights, found[0]) for weights in found)
    np.testing.assert_allclose(found[0], expected, atol=1e-3 if epochs > 1 else 1e-5)
    benchmark.pedantic(lambda: None)
    with capsys.disabled():
        words = ", ".join(f"{name} {time:.3f}" for name, time in times.items())
        print(f"\n{shape}, seconds a network: {words}")
