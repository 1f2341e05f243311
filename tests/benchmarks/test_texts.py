"""
Encoders on texts of different length: padded to the longest of all, and cut batch by batch.

With ``--benchmark-enable`` at full size and with the ratios printed; otherwise a quick check of the
same code at small size. See README.md beside this file.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from benchmarks.clock import fastest, seconds_of

from infonb.activations import record
from infonb.networks import text_classifier
from infonb.training import fit, predict
from infonb.training.threads import torch_threads
from infonb.training.warm_up import WarmAdamW

pytest.importorskip("transformers", reason="extra 'hub' not installed")

MAX_LENGTH = 128


def texts(n, seed=0):
    """Return texts whose lengths are spread as those of reviews: few are long."""
    generator = np.random.default_rng(seed)
    lengths = np.clip(generator.lognormal(3.3, 0.7, n).astype(int), 5, MAX_LENGTH)
    lengths[0] = MAX_LENGTH
    ids = generator.integers(5, 1000, (n, MAX_LENGTH))
    ids[np.arange(MAX_LENGTH) >= lengths[:, None]] = 0
    labels = generator.integers(0, 2, n)
    return xr.Dataset({"input": (("sample", "token"), ids), "label": ("sample", labels)})


class Whole(torch.nn.Module):
    """The same classifier, to which every text is as long as the longest of all."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        real = self.model.real_tokens(input_ids)
        return self.model._logits(input_ids, real)


def tiny():
    return text_classifier("tiny", n_classes=2, n_tokens=1000, max_length=MAX_LENGTH)


def train(model, data):
    def optimizer(parameters):
        return WarmAdamW(parameters, learning_rate=1e-3)

    return fit(model, data, epochs=1, batch_size=16, optimizer=optimizer, progress=False)


def test_dynamic_padding(benchmark, capsys):
    data = texts(800 if benchmark.enabled else 40)
    model, whole = tiny(), Whole(tiny())
    ids = torch.tensor(data.input.values)
    blocks = {"layers": "blocks", "reduce": "first", "progress": False, "batch_size": 16}
    with torch_threads(1):
        np.testing.assert_allclose(predict(model, data), predict(whole, data), atol=1e-5)
        found, expected = (record(one, ids, **blocks).activation for one in (model, whole))
        np.testing.assert_allclose(found.values, expected.values, atol=1e-5)
        rounds = 3 if benchmark.enabled else 1
        seconds = {
            what: [fastest(work, one, data, rounds=rounds) for one in (model, whole)]
            for what, work in {"training": train, "evaluation": predict}.items()
        }
    benchmark.pedantic(lambda: None)
    if benchmark.enabled:
        with capsys.disabled():
            for what, (cut, padded) in seconds.items():
                n = data.sizes["sample"]
                print(f"\n{what}: {n / cut:.0f} texts a second, {padded / cut:.1f} times as many")
        # far below what it is, so that it says something wherever it runs
        assert all(padded > 1.3 * cut for cut, padded in seconds.values())


def test_texts_per_second_of_the_small_experiments(benchmark, capsys):
    generator = np.random.default_rng(0)
    n = 600 if benchmark.enabled else 20
    ids = generator.integers(5, 200, (n, 24))
    data = xr.Dataset({"input": (("sample", "token"), ids), "label": ("sample", ids[:, 3] % 2)})
    with torch_threads(1):
        train(tiny(), data)
        seconds, history = seconds_of(train, tiny(), data)
    assert np.isfinite(history.train_loss).all()
    benchmark.pedantic(lambda: None)
    if benchmark.enabled:
        with capsys.disabled():
            print(f"\ntiny, 24 tokens: {n / seconds:.0f} texts a second in training")
