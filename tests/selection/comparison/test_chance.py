"""p-values of models that say the same are uniform; those of blocks are medians taken by hand."""

from __future__ import annotations

import numpy as np
import pytest

import infonb as inb
from infonb.selection.comparison.chance import blocks_of, in_blocks, of_samples
from infonb.selection.comparison.measuring import Measuring, Settings
from infonb.selection.comparison.models import read_models


def measuring(pair: dict[str, dict[str, np.ndarray]], **settings: object) -> Measuring:
    return Measuring(read_models(pair, "model"), Settings(**settings))


def test_medians_of_blocks_by_hand():
    rng = np.random.default_rng(0)
    pair = {name: {"fc": rng.normal(size=(90, 5)) ** 3} for name in "ab"}
    both = measuring(pair, bins=10, estimator="ksg", standardize=False)
    blocks = blocks_of(both)
    assert sorted(np.concatenate(blocks)) == list(range(90))
    assert [len(block) for block in blocks] == [30, 30, 30]
    found = in_blocks(both, both.models.networks[1], blocks)
    assert found.shape == (4, 1, 3)
    everything = np.concatenate([pair["a"]["fc"], pair["b"]["fc"]])
    shared = np.linspace(everything.min(), everything.max(), 11)
    for b, block in enumerate(blocks):
        part = inb.from_arrays({"fc": pair["b"]["fc"][block]}, dtype="float64")
        for r, edges in enumerate(("common", shared, "neuron")):
            assert found[r, 0, b] == np.median(inb.entropy(part, bins=10, edges=edges))
        pairs = inb.mutual_information(part, within="layer").values[0]
        assert found[3, 0, b] == np.median(pairs[np.triu_indices(5, k=1)])


def test_blocks_are_of_some_thousand_samples_at_most():
    large = {"a": {"fc": np.random.default_rng(0).normal(size=(20_000, 2))}}
    blocks = blocks_of(measuring(large))
    assert [len(block) for block in blocks] == [500] * 16


@pytest.mark.slow
def test_models_that_say_the_same_differ_by_chance_alone():
    """Noise of their own on the same values: in every ruler, whose ends are samples, too."""
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        same = rng.normal(size=(200, 6))
        pair = {name: {"fc": same + rng.normal(size=same.shape)} for name in "ab"}
        p.append(of_samples(measuring(pair, estimator="ksg"), "a", ["b"], 10_000)[0, :, 0])
    assert np.all(np.mean(np.array(p) <= 0.1, axis=0) <= 0.25)
    assert np.all(abs(np.mean(p, axis=0) - 0.5) < 0.15)
