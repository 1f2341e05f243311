"""Networks of the user's own: weights of any usual form, and what is refused without being run."""

from __future__ import annotations

import argparse
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.torch import save_file
from torch import nn

from infonb.networks import load_model, save_weights
from infonb.networks.loading import inputs_for

CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.norm, self.fc2 = nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)

    def forward(self, x):
        return self.fc2(self.norm(self.fc1(x)))

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
        self.head.weight = self.embed.weight

def pair():
    return Net(), "optimiser"
"""
SOURCE = "models.py:Net"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("models.py").write_text(CODE)
    return tmp_path


def quiet(line: str) -> None:
    """Say nothing."""


def weights(seed: int = 1) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"fc1.weight": (3, 4), "fc1.bias": (3,), "norm.weight": (3,), "norm.bias": (3,),
              "norm.running_mean": (3,), "norm.running_var": (3,), "fc2.weight": (2, 3),
              "fc2.bias": (2,)}  # fmt: skip
    drawn = {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()}
    return {**drawn, "norm.num_batches_tracked": torch.tensor(7)}


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in weights().items()}


def assert_loaded(path: str, expected: dict[str, torch.Tensor]) -> list[str]:
    told: list[str] = []
    found = load_model(SOURCE, path, say=told.append).state_dict()
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name
    assert told[0] == "runs models.py: Net() makes the network"
    return told[1:]


def test_without_weights_they_are_the_functions_own_the_same_each_time() -> None:
    first, second = (load_model(SOURCE, say=quiet) for _ in range(2))
    assert torch.equal(first.fc1.weight, second.fc1.weight)


@pytest.mark.parametrize(("content", "told"), [
    (weights(), []),
    ({"epoch": 3, "model": weights(), "optimizer": {"state": {}}},
     ["a.pt: the weights are under 'model' (beside 'epoch', 'optimizer')"]),
    ({"state_dict": prefixed("module.")},
     ["a.pt: the weights are under 'state_dict'", "a.pt: 'module.' in the names is left off"]),
    (prefixed("module._orig_mod."), ["a.pt: 'module._orig_mod.' in the names is left off"]),
    ({"state_dict": {**prefixed("model."), "loss.weight": torch.ones(3)}, "hyper": {"width": 3}},
     ["a.pt: the weights are under 'state_dict' (beside 'hyper')",
      "a.pt: 'model.' in the names is left off",
      "a.pt: left out, for it is no part of the network: loss.weight"]),
    ({"run": {"model_state_dict": weights()}}, None),
    ({name.replace("fc1.", "fc1._orig_mod."): t for name, t in weights().items()}, None),
])  # fmt: skip
def test_weights_are_found_wherever_programs_put_them(
    content: dict[str, Any], told: list[str] | None
) -> None:
    torch.save(content, "a.pt")
    found = assert_loaded("a.pt", weights())
    assert told is None or found == told


def test_other_forms_of_files() -> None:
    torch.save(weights(), "old.pth", _use_new_zipfile_serialization=False)
    save_file(weights(), "a.safetensors")
    names = sorted(weights())
    parts = {"one.safetensors": names[:4], "two.safetensors": names[4:]}
    for file, some in parts.items():
        save_file({name: weights()[name] for name in some}, file)
    where = {name: file for file, some in parts.items() for name in some}
    Path("model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    for path in ("old.pth", "a.safetensors", "model.safetensors.index.json", "."):
        assert assert_loaded(path, weights()) == []


def test_tied_weights_stand_there_once_and_double_ones_are_rounded() -> None:
    embedded = torch.rand(5, 3)
    save_file({"embed.weight": embedded}, "tied.safetensors")
    model = load_model("models.py:Tied", "tied.safetensors", say=quiet)
    assert model.head.weight is model.embed.weight
    assert torch.equal(model.head.weight, embedded)
    double = {n: t.double() if t.is_floating_point() else t for n, t in weights().items()}
    torch.save(double, "double.pt")
    assert assert_loaded("double.pt", weights()) == ["double.pt: rounded from float64 to float32"]


def changed(**values: Any) -> dict[str, Any]:
    named = {name.replace("_", ".", 1): value for name, value in values.items()}
    return {n: t for n, t in {**weights(), **named}.items() if t is not None}


@pytest.mark.parametrize(("content", "words"), [
    (changed(fc2_weight=None, fc2_bias=None),
     "a.pt has the weights of another network than models.py:Net: 2 weights of the network not in "
     "the file (fc2.weight, fc2.bias). Name the function that makes"),
    (changed(fc3_weight=torch.ones(2)),
     "1 weight of the file not in the network (fc3.weight; nearest in the network: fc2.weight)"),
    (changed(fc1_weight=torch.ones(9, 4)),
     "1 weight of another shape (fc1.weight is (9, 4) in the file and (3, 4) in the network)"),
    (changed(fc1_weight=torch.ones(3, 4, dtype=torch.int8)),
     "a.pt: fc1.weight is of type int8, in the network of float32. Quantised weights"),
    (changed(fc1_bias=torch.tensor([0.0, float("nan"), float("inf")])),
     "a.pt: 2 of 3 values of fc1.bias are NaN or infinite: the training has failed"),
    ({"epoch": 3, "history": {"loss": [1.0]}},
     "a.pt holds no weights by name, but the entries 'epoch', 'history'."),
    ([1, 2], "a.pt holds no weights by name, but a list."),
    (torch.ones(3, 2), "a.pt holds no weights by name, but one tensor (3, 2)."),
    ({}, "a.pt holds no weights by name, but nothing."),
])  # fmt: skip
def test_weights_that_do_not_fit_are_one_line(content: Any, words: str) -> None:
    torch.save(content, "a.pt")
    assert words in refusal("a.pt")


def refusal(path: str | None, source: str = SOURCE) -> str:
    with pytest.raises(ValueError, match=r"\w") as error:
        load_model(source, path, say=quiet)
    assert "\n" not in str(error.value)
    return str(error.value)


class Code:
    """Leaves a file behind when a pickle of it is opened."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, ("it-ran",)


@pytest.mark.parametrize("variable", ["", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"])
@pytest.mark.parametrize("form", ["zip", "old", "pickle"])
def test_a_pickle_with_code_is_refused_by_name_and_not_run(
    form: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    content = {"state_dict": weights(), "more": Code()}
    if form == "pickle":
        Path("a.pt").write_bytes(pickle.dumps(content["more"]))
    else:
        torch.save(content, "a.pt", _use_new_zipfile_serialization=form == "zip")
    told = refusal("a.pt")
    assert f"a.pt is a pickle that wants more than tensors: {os.name}.mkdir. Opening" in told
    assert "safetensors.torch.save_file" in told
    assert not Path("it-ran").exists()
    pickle.loads(pickle.dumps(Code()))  # it would have
    assert Path("it-ran").exists()


def test_pickles_of_programs_objects_are_refused_by_name() -> None:
    torch.save({"model": weights(), "args": argparse.Namespace(a=1), "best": np.float64(2)}, "a.pt")
    assert "argparse.Namespace, numpy" in refusal("a.pt")
    torch.save(nn.Linear(2, 2), "whole.pt")
    told = refusal("whole.pt")
    assert "torch.nn.modules.linear.Linear" in told
    assert "It holds a whole network, not its weights." in told


def cut(name: str, n: int, source: str = "a.pt") -> str:
    Path(name).write_bytes(Path(source).read_bytes()[:n])
    return name


def test_damaged_files_and_those_of_another_kind() -> None:
    torch.save(weights(), "a.pt")
    save_weights(load_model(SOURCE, say=quiet), "a.safetensors")
    size = Path("a.pt").stat().st_size
    for n in (1500, size // 2, int(0.9 * size), size - 1):
        assert "cut.pt cannot be read (" in refusal(cut("cut.pt", n))
    Path("words.pt").write_text("a text, which is no checkpoint")
    assert "words.pt cannot be read (" in refusal("words.pt")
    assert "is damaged, or cut (" in refusal(cut("b.safetensors", 400, "a.safetensors"))
    assert "is damaged, or cut (" in refusal(cut("b.safetensors", 5, "a.safetensors"))
    content = bytearray(Path("a.safetensors").read_bytes())
    content[-1] ^= 1
    Path("flipped.safetensors").write_bytes(content)
    assert "flipped.safetensors is damaged (its checksum is another)" in refusal(
        "flipped.safetensors"
    )
    assert refusal(cut("empty.pt", 0)) == "empty.pt is empty. Copy it again, or save it anew."
    Path("noise.pt").write_bytes(bytes(range(100)))
    assert "noise.pt cannot be read (UnpicklingError): it is damaged" in refusal("noise.pt")
    assert "models.py is of a kind that is not known; it must be .saf" in refusal("models.py")
    Path("other").mkdir()
    with pytest.raises(FileNotFoundError, match=r"other is a folder, and has none of model\.safe"):
        load_model(SOURCE, "other", say=quiet)
    with pytest.raises(FileNotFoundError, match=r"no file none\.pt"):
        load_model(SOURCE, "none.pt", say=quiet)


def test_shards_that_are_not_there_or_lead_out() -> None:
    index = Path("model.safetensors.index.json")
    index.write_text(json.dumps({"weight_map": {"fc1.weight": "../../x.safetensors"}}))
    assert "leads out of" in refusal(str(index))
    save_file({"fc1.bias": torch.ones(3)}, "one.safetensors")
    index.write_text(json.dumps({"weight_map": {"fc1.weight": "one.safetensors"}}))
    assert "lists 1 weight not in its files (fc1.weight)" in refusal(str(index))
    index.write_text("{}")
    assert "lists no weights" in refusal(str(index))


def test_what_the_function_must_return() -> None:
    with pytest.raises(ValueError, match=r"not tuple\. Return the network alone"):
        load_model("models.py:pair", say=quiet)
    Path("models.py").write_text("def build():\n    return 3\n")
    with pytest.raises(ValueError, match=r"models.py:build must be, or return, a torch.nn.Module"):
        load_model("models.py:build", say=quiet)


def test_inputs_as_the_network_takes_them() -> None:
    ids = xr.Dataset(
        {"input": (("sample", "token"), [[1, 2], [3, 0]]),
         "attention_mask": (("sample", "token"), [[1, 1], [1, 0]])},
        {"label": ("sample", [0, 1])}, {"arguments": "input_ids, attention_mask"},
    )  # fmt: skip
    passed = inputs_for(nn.Embedding(5, 3), ids)
    assert {name: part.dtype.kind for name, part in passed.items()} == {
        "input_ids": "i", "attention_mask": "i",
    }  # fmt: skip
    assert passed["input_ids"].label.values.tolist() == [0, 1]
    numbers = inputs_for(nn.Linear(2, 3), ids.drop_attrs())
    assert numbers["input"].dtype == np.float32


def test_a_folder_of_a_hub() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
        vocab_size=20,
    )  # fmt: skip
    saved = transformers.BertModel(config)
    saved.save_pretrained("bert")
    told: list[str] = []
    found = load_model("bert", say=told.append)
    for name, tensor in saved.state_dict().items():
        assert torch.equal(found.state_dict()[name], tensor), name
    assert told == ["bert: BertModel of transformers, without a head"]


def test_a_folder_of_a_hub_needs_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bert").mkdir()
    Path("bert", "config.json").write_text("{}")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert 'pip install "infonb[hub]"' in refusal(None, "bert")
