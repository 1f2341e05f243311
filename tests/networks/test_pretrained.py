"""Where an encoder comes from: a folder, an earlier download, the hub; and what is refused."""

from __future__ import annotations

import os
import sys

import pytest
import torch

from infonb.data import word_tokenizer
from infonb.networks import pretrained, text_classifier
from infonb.networks.pretrained import (
    find_encoder,
    load_encoder,
    load_tokenizer,
    weights_checksum,
)

transformers = pytest.importorskip("transformers", reason="extra 'hub' not installed")
hub = pytest.importorskip("huggingface_hub", reason="extra 'hub' not installed")

TEXTS = ["a good film", "a bad film"]
SMALL = {
    "vocab_size": 12, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 16, "max_position_embeddings": 16,
}  # fmt: skip


def saved(folder, name="Bert", **config):
    """Write a small model and a tokenizer as hubs lay them out."""
    torch.manual_seed(0)
    kind = getattr(transformers, f"{name}Model")
    model = kind(getattr(transformers, f"{name}Config")(**SMALL | config))
    model.save_pretrained(folder)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=word_tokenizer(TEXTS), pad_token="[PAD]"
    )
    tokenizer.save_pretrained(folder)
    return model


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """A cache of downloads that is empty, and a hub that does not answer."""
    asked = []

    def no_answer(self, model, timeout=None, **_):
        asked.append((model, timeout))
        raise OSError("[Errno -2] Name or service not known\nmore words")

    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.HfApi, "model_info", no_answer)
    return asked


def test_a_folder(tmp_path):
    model = saved(tmp_path / "bert")
    folder = find_encoder(str(tmp_path / "bert"))
    found = load_encoder(folder)
    for name, tensor in model.state_dict().items():
        assert torch.equal(found.state_dict()[name], tensor), name
    ids = load_tokenizer(folder)("a film").input_ids
    assert ids == word_tokenizer(TEXTS).encode("a film").ids


def test_the_checksum_is_of_the_weights(tmp_path):
    folder = tmp_path / "bert"
    saved(folder)
    before = weights_checksum(folder)
    os.utime(folder / "model.safetensors", (1, 1))
    assert weights_checksum(folder) == before
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    changed = weights_checksum(folder)
    assert changed != before
    config = folder / "config.json"  # the same weights do something else
    config.write_text(config.read_text().replace('"gelu"', '"relu"'))
    assert weights_checksum(folder) != changed


def test_no_connection_and_no_copy_is_one_line(offline, tmp_path):
    with pytest.raises(FileNotFoundError, match="no copy on this machine") as caught:
        find_encoder("distilbert-base-uncased")
    said = str(caught.value)
    assert "\n" not in said
    assert "the hub does not answer (OSError: [Errno -2] Name or service not known)" in said
    assert "Connect to the internet once, or give a folder" in said
    assert "model=tiny" in said
    assert offline == [("distilbert-base-uncased", 5.0)], "asked once, not for long"
    assert not (tmp_path / "cache").exists()


def test_where_it_is_forbidden_nothing_is_asked(offline, monkeypatch):
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FileNotFoundError, match=r"HF_HUB_OFFLINE forbids to download it. Connect"):
        find_encoder("roberta-base")
    assert offline == []


def test_a_copy_of_before_is_taken_without_asking(offline, tmp_path):
    place = tmp_path / "cache" / "models--somebody--small"
    saved(place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    assert find_encoder("somebody/small") == place / "snapshots" / "abc"
    assert offline == []
    (place / "snapshots" / "abc" / "model.safetensors").unlink()  # half of a copy
    with pytest.raises(FileNotFoundError, match="no copy on this machine"):
        find_encoder("somebody/small")


class Info:
    def __init__(self, *names):
        self.siblings = [type("File", (), {"rfilename": name})() for name in names]


def test_a_download_takes_only_what_is_needed(offline, monkeypatch, tmp_path):
    saved(tmp_path / "there")
    calls = []

    def download(model, local_files_only=False, **options):
        if local_files_only:
            raise hub.errors.LocalEntryNotFoundError("none")
        calls.append((model, options))
        return str(tmp_path / "there")

    names = Info("config.json", "model.safetensors", "pytorch_model.bin", "onnx/model.onnx")
    monkeypatch.setattr(hub.HfApi, "model_info", lambda self, model, **_: names)
    monkeypatch.setattr(hub, "snapshot_download", download)
    assert find_encoder("somebody/small") == tmp_path / "there"
    ((model, options),) = calls
    assert model == "somebody/small"
    assert not any("bin" in kind or kind == "*" for kind in options["allow_patterns"])
    assert options["ignore_patterns"] == ["*/*"]

    monkeypatch.setattr(
        hub.HfApi, "model_info", lambda self, model, **_: Info("config.json", "a.bin")
    )
    with pytest.raises(ValueError, match="no weights of it as safetensors, and others"):
        find_encoder("somebody/small")


def test_a_name_that_the_hub_does_not_have(offline, monkeypatch):
    def unknown(self, model, **_):
        raise hub.errors.RepositoryNotFoundError.__new__(hub.errors.RepositoryNotFoundError)

    monkeypatch.setattr(hub.HfApi, "model_info", unknown)
    with pytest.raises(ValueError, match="the hub has no model of that name"):
        find_encoder("distilbert-base-uncasd")
    with pytest.raises(ValueError, match="model must be 'tiny', a name of the hub such as"):
        find_encoder("two words")


def test_folders_that_are_no_encoder(tmp_path):
    folder = tmp_path / "bert"
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        find_encoder(str(folder))
    folder.mkdir()
    with pytest.raises(ValueError, match=r"no config.json"):
        find_encoder(str(folder))
    saved(folder)
    (folder / "model.safetensors").rename(tmp_path / "kept")
    with pytest.raises(ValueError, match=r"no weights. Put model.safetensors there"):
        find_encoder(str(folder))
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch run'\ntR.")
    with pytest.raises(ValueError, match=r"as pickle \(pytorch_model.bin\).*not opened. .*convert"):
        find_encoder(str(folder))
    (tmp_path / "kept").rename(folder / "model.safetensors")
    assert find_encoder(str(folder)) == folder
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"no tokenizer. Put tokenizer.json there"):
        find_encoder(str(folder))


def test_weights_that_are_cut_short_or_of_another_model(tmp_path):
    folder = tmp_path / "bert"
    saved(folder)
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="cannot be opened by transformers") as caught:
        load_encoder(folder)
    assert "\n" not in str(caught.value)
    saved(tmp_path / "other", num_hidden_layers=1)
    (folder / "model.safetensors").write_bytes(
        (tmp_path / "other" / "model.safetensors").read_bytes()
    )
    with pytest.raises(ValueError, match=r"the weights are not those of its config.json"):
        load_encoder(folder)


def test_models_that_are_no_encoder(tmp_path):
    saved(tmp_path / "neox", "GPTNeoX")
    with pytest.raises(ValueError, match=r"GPTNeoXModel.* reads from left to right"):
        text_classifier(str(tmp_path / "neox"), n_classes=2)
    config = {"d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    saved(tmp_path / "t5", "T5", **config)
    with pytest.raises(ValueError, match=r"T5Model.* has an encoder and a decoder"):
        text_classifier(str(tmp_path / "t5"), n_classes=2)


def test_models_that_read_no_texts(tmp_path):
    saved(tmp_path / "vit")
    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32}
    config = transformers.ViTConfig(intermediate_size=16, **small)
    transformers.ViTModel(config).save_pretrained(tmp_path / "vit")
    with pytest.raises(ValueError, match=r"ViTModel\) does not read texts alone .*Take an") as said:
        text_classifier(str(tmp_path / "vit"), n_classes=2)
    assert "\n" not in str(said.value)


def test_a_vocabulary_of_eight(tmp_path):
    saved(tmp_path / "bert", vocab_size=8)
    assert text_classifier(str(tmp_path / "bert"), n_classes=2).encoder.config.vocab_size == 8


def test_transformers_is_as_loud_as_before(tmp_path):
    from transformers.utils import logging as words

    saved(tmp_path / "bert")
    before = words.get_verbosity(), words.is_progress_bar_enabled()
    load_encoder(tmp_path / "bert")
    assert (words.get_verbosity(), words.is_progress_bar_enabled()) == before


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r'pip install "infonb\[hub\]"'):
        find_encoder("roberta-base")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r'pip install "infonb\[hub\]"'):
        text_classifier("tiny", n_classes=2)
    with pytest.raises(ImportError, match=r'pip install "infonb\[hub\]"'):
        pretrained._transformers()
