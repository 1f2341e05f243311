"""UnitMem on the page of a comparison: only where it is asked for, with the untrained network."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

import infonb as inb
from infonb.data import DigitViews, load_digits
from infonb.experiments import CompareModels
from infonb.experiments.compare_models import unit_words
from infonb.memorization import unit
from infonb.networks import MLP, save_weights, untrained
from infonb.parameters import ParameterError

pytestmark = pytest.mark.slow

NET = """
from infonb.networks import MLP

def build():
    return MLP([64, 8, 6, 2])
"""


@pytest.fixture
def given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    digits = load_digits().isel(sample=slice(60))
    np.savez(tmp_path / "x.npz", inputs=digits.input.values)
    for seed, name in enumerate("ab"):
        save_weights(MLP([64, 8, 6, 2], seed=seed), tmp_path / f"{name}.safetensors")
    return {
        "models": ["a.safetensors", "b.safetensors"], "reference": "a", "model": "net.py:build",
        "inputs": "x.npz", "n_samples": 0, "n_neurons": 4, "layers": ["fc1", "fc2"],
        "cache": str(tmp_path / "cache"),
    }  # fmt: skip


def test_values_are_those_of_recordings_by_hand(given):
    found = CompareModels(**given, views="digits").run(progress=False)
    digits = load_digits().isel(sample=slice(60))
    for seed, name in enumerate("ab"):
        network = MLP([64, 8, 6, 2], seed=seed)
        for key, one in (("unit_mem", network), ("untrained_unit_mem", untrained(network, 0))):
            acts = inb.record(
                one, digits.input.values, ["fc1", "fc2"], augment=DigitViews(), progress=False
            )
            expected = unit(acts, negative="rectify").unit_mem.values
            assert np.allclose(found[key].sel(model=name), expected, equal_nan=True, atol=1e-12)
    words = unit_words(found)
    assert "10 views" in words
    assert words.count("(untrained") == 2


def test_without_views_there_is_nothing_of_it(given):
    plain = CompareModels(**given).run(progress=False)
    assert not {"unit_mem", "untrained_unit_mem"} & set(plain)
    with_views = CompareModels(**given, views="digits").run(progress=False)
    assert with_views.entropy.equals(plain.entropy)


def test_stores_of_views_have_it_and_say_that_no_network_is_there(given, tmp_path):
    digits = load_digits().isel(sample=slice(60))
    for seed, name in enumerate("ab"):
        network = MLP([64, 8, 6, 2], seed=seed)
        acts = inb.record(network, digits, augment=DigitViews(), progress=False)
        inb.save(acts, tmp_path / f"{name}.zarr")
    stores = {"models": ["a.zarr", "b.zarr"], "reference": "a", "n_samples": 50, "n_neurons": 4}
    experiment = CompareModels(**stores, cache=given["cache"])
    experiment.prepare()
    found = experiment.run(progress=False)
    assert found.unit_mem.attrs["n_augmentations"] == 10
    assert found.attrs["n_samples"] == 50
    assert "untrained_unit_mem" not in found
    assert "hold no weights" in unit_words(found)
    assert experiment.activations("a").activation.dims == ("layer", "neuron", "sample")
    with pytest.raises(ParameterError, match="model 'a' is a store"):
        CompareModels(**stores, views="digits", cache=given["cache"]).prepare()


def test_a_network_that_cannot_be_reset_is_told(given, tmp_path):
    own = NET.replace(
        "return MLP([64, 8, 6, 2])",
        "model = MLP([64, 8, 6, 2])\n    import torch\n"
        "    model.own = torch.nn.Parameter(torch.zeros(2))\n    return model",
    )
    (tmp_path / "net.py").write_text(own)
    for seed, name in enumerate("ab"):
        model = MLP([64, 8, 6, 2], seed=seed)
        model.own = nn.Parameter(model.fc1.bias.detach()[:2].clone())
        save_weights(model, tmp_path / f"{name}.safetensors")
    found = CompareModels(**given, views="digits").run(progress=False)
    assert "untrained_unit_mem" not in found
    assert "has weights of its own" in unit_words(found)
