"""Files that do not fit each other are told before anything is written: also by a forward pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import infonb as inb
from infonb.experiments import CompareModels

CODE = """
from torch import nn

def build():
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(CODE)
    for name, seed in (("a", 0), ("b", 1)):
        torch.manual_seed(seed)
        layers = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
        named = {"0": layers[0], "2": layers[1]}
        weights = {f"{n}.{key}": t for n, x in named.items() for key, t in x.state_dict().items()}
        torch.save(weights, f"{name}.pt")
    values = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    np.savez("x.npz", inputs=values)
    np.savez("wide.npz", inputs=np.hstack([values, values]))
    np.savez("one.npz", inputs=values[:1])
    np.savez("nan.npz", inputs=np.where(values > 1.5, np.nan, values))
    return tmp_path


def prepare(**changed: object) -> None:
    values = {"models": ["a.pt", "b.pt"], "reference": "a", "model": "nets.py:build",
              "inputs": "x.npz", **changed}  # fmt: skip
    CompareModels(**values).prepare()


def test_what_fits(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    prepare()
    prepare(layers=["1"], n_samples=10)
    assert [path for path in sorted(folder.rglob("*")) if path not in before] == []


@pytest.mark.parametrize(("changed", "words"), [
    ({"inputs": "wide.npz"}, "does not take the inputs of wide.npz (feature 8, float32): mat1 and"),
    ({"inputs": "one.npz"}, "one.npz has 1 sample; entropy and mutual information are over"),
    ({"inputs": "nan.npz"}, "values in inputs that are NaN or infinite, the first at ("),
    ({"layers": ["fc1"]}, "layer 'fc1' not found in Sequential"),
    ({"model": "nets.py:make"}, "nets.py has no function 'make'; it has 'build'"),
    ({"model": ""}, "a.pt holds weights: model must be given, such as net.py:build"),
    ({"inputs": ""}, "a.pt holds weights: inputs must be given, such as examples.npz"),
])  # fmt: skip
def test_what_does_not_fit(folder: Path, changed: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as error:
        prepare(**changed)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_stores_of_other_samples_are_told_beforehand(folder: Path) -> None:
    values = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    labels = {"sample": np.arange(30)}
    for name, n, start in (("same", 30, 0), ("fewer", 20, 0), ("others", 30, 5)):
        acts = inb.from_arrays({"0": values[:n]}, coords={"sample": labels["sample"][:n] + start})
        inb.save_activations(acts, f"{name}.zarr")
    prepare(models=["a.pt", "same.zarr"])
    before = sorted(folder.rglob("*"))
    for models, words in (
        (["fewer.zarr", "same.zarr"], "'same' has 30 samples and model 'fewer' 20"),
        (["a.pt", "fewer.zarr"], "'fewer' has 20 samples and model 'the inputs' 30"),
        (["same.zarr", "a.pt", "others.zarr"], "other labels of the samples"),
    ):
        with pytest.raises(ValueError, match=words):
            prepare(models=models, reference="")
    assert sorted(folder.rglob("*")) == before
