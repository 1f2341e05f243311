"""Language models: parameters counted as published, revisions of a folder, one line for errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from infonb.networks import language_model
from infonb.networks.gpt_neox import find_language_model

transformers = pytest.importorskip("transformers", reason="extra 'hub' not installed")

SIZE = {"vocabulary": 20, "hidden": 16, "layers": 1, "length": 12}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with two revisions, as of two steps of a training."""
    place = tmp_path_factory.mktemp("models") / "tiny"
    for revision, seed in (("step1", 1), ("step2", 2)):
        language_model(**SIZE, seed=seed).half().save_pretrained(place / revision)
    return place


def n_parameters(model) -> int:
    return sum(one.numel() for one in model.parameters())


def test_is_gpt_neox_and_its_parameters_are_counted_as_published():
    model = language_model(**SIZE)
    assert type(model) is transformers.GPTNeoXForCausalLM
    assert not model.training
    # Pythia-70m: 70,426,624 parameters, 18,915,328 of them not of the embeddings
    with torch.device("meta"):
        pythia = language_model(vocabulary=50304, hidden=512, layers=6, heads=8, length=2048)
    assert n_parameters(pythia) == 70_426_624
    assert n_parameters(pythia) - 2 * 50304 * 512 == 18_915_328


def test_the_seed_gives_the_weights_and_leaves_the_global_state_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, same, other = (language_model(**SIZE, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    a, b, c = (model.gpt_neox.embed_in.weight for model in (one, same, other))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    wide = language_model(**SIZE, spread=0.5).gpt_neox.embed_in.weight
    assert float(wide.detach().std()) == pytest.approx(0.5, rel=0.2)


def test_no_token_sees_those_behind_it():
    model = language_model(**SIZE)
    with torch.no_grad():
        one = model(torch.tensor([[1, 2, 3, 4]])).logits
        two = model(torch.tensor([[1, 2, 9, 8]])).logits
    assert torch.equal(one[:, :2], two[:, :2])
    assert not torch.allclose(one[:, 2:], two[:, 2:])


def test_revisions_of_a_folder(folder):
    one = language_model(str(folder), revision="step1")
    assert one.dtype == torch.float32
    expected = language_model(**SIZE, seed=1).half().float()
    for (name, a), b in zip(one.named_parameters(), expected.parameters(), strict=True):
        assert torch.equal(a, b), name
    two = language_model(str(folder), revision="step2").gpt_neox.embed_in.weight
    assert not torch.equal(one.gpt_neox.embed_in.weight, two)
    assert torch.equal(language_model(str(folder / "step2")).gpt_neox.embed_in.weight, two)


@pytest.mark.parametrize(
    ("revision", "error", "words"),
    [
        (
            "step9",
            FileNotFoundError,
            r"no folder 'step9' for that revision; it has step1, step2\.$",
        ),
        ("../tiny", FileNotFoundError, "no folder '../tiny'"),
        ("main", ValueError, "has no config.json"),
        ("", ValueError, "revision is empty"),
    ],
)
def test_a_revision_that_is_not_there_is_one_line(folder, revision, error, words):
    with pytest.raises(error, match=words) as raised:
        language_model(str(folder), revision=revision)
    assert "\n" not in str(raised.value)


def test_a_revision_of_the_hub_that_is_not_there_offline_is_one_line(tmp_path):
    code = "from infonb.networks import language_model as m; m('some/model', revision='step5')"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
    )  # fmt: skip
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("FileNotFoundError: model 'some/model', revision 'step5' has no copy")
    assert "HF_HUB_OFFLINE forbids" in last


def test_a_revision_that_the_hub_has_kept_is_found_offline(tmp_path, folder, monkeypatch):
    """As the hub's library lays out what it has downloaded: refs name commits, with snapshots."""
    place = tmp_path / "models--some--model"
    (place / "refs").mkdir(parents=True)
    (place / "snapshots").mkdir()
    for number, revision in enumerate(("step1", "step2")):
        commit = str(number) * 40
        (place / "refs" / revision).write_text(commit)
        (place / "snapshots" / commit).symlink_to(folder / revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert find_language_model("some/model", "step2").name == "1" * 40
    with pytest.raises(FileNotFoundError, match="revision 'step3' has no copy"):
        find_language_model("some/model", "step3")


def test_weights_that_are_pickles_damaged_or_of_another_config(tmp_path, folder):
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text((folder / "step1" / "config.json").read_text())
    (pickled / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ValueError, match="no weights as safetensors"):
        language_model(str(pickled))
    (pickled / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="cannot be opened by transformers") as raised:
        language_model(str(pickled))
    assert "\n" not in str(raised.value)
    text = (folder / "step1" / "config.json").read_text()
    (pickled / "config.json").write_text(text.replace('"hidden_size": 16', '"hidden_size": 32'))
    (pickled / "model.safetensors").write_bytes(
        (folder / "step1" / "model.safetensors").read_bytes()
    )
    with pytest.raises(ValueError, match=str(pickled)):
        language_model(str(pickled))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"heads": 3}, "hidden must be a multiple of heads, 3; not 16"),
        ({"vocabulary": 1}, "vocabulary must be at least 2; not 1"),
        ({"layers": 0}, "layers must be at least 1"),
        ({"model": "a b"}, "model must be empty, a name of the hub"),
        ({"model": "/nowhere"}, "there is no folder /nowhere"),
    ],
)
def test_errors(change, words):
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        language_model(**SIZE | change)


def test_a_revision_that_the_hub_does_not_have(tmp_path, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")

    def unknown(self, model, revision, **_):
        raise hub.errors.RevisionNotFoundError.__new__(hub.errors.RevisionNotFoundError)

    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.HfApi, "model_info", unknown)
    with pytest.raises(ValueError, match="revision 'step7': the hub has the model, and not this"):
        find_language_model("some/model", "step7")
