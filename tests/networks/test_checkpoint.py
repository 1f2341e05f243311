from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from infonb.networks.checkpoint import (
    DamagedCheckpoint,
    TrainingCheckpoint,
    load_weights,
    save_weights,
)
from infonb.networks.mlp import MLP


def test_weights_round_trip_with_buffers_and_tied_weights(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3))
    model[2].weight = model[0].weight  # safetensors refuses shared memory
    model(torch.randn(10, 3))
    save_weights(model, tmp_path / "model.safetensors")
    other = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3))
    assert load_weights(other, tmp_path / "model.safetensors") is other
    for name, tensor in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    save_weights(MLP([2, 3, 1]), tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"fc1.weight is \[4, 2\] now, \[3, 2\] there"):
        load_weights(MLP([2, 4, 1]), tmp_path / "model.safetensors")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_weights(MLP([2, 3, 1]), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged"):
        load_weights(MLP([2, 3, 1]), path)


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.safetensors"
    save_weights(MLP([2, 3, 1], seed=1), path)
    before = path.read_bytes()

    def full(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        save_weights(MLP([2, 3, 1], seed=2), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_training_checkpoint_round_trip(tmp_path: Path) -> None:
    checkpoint = TrainingCheckpoint(tmp_path / "new" / "run", {"seed": 0, "patience": None})
    assert checkpoint.load() is None
    tensors = {
        "best": {"a/b": torch.arange(3.0)},
        "random": {"order": torch.arange(3, dtype=torch.uint8), "step": torch.tensor(2.5)},
    }
    record = {"epochs": 1, "history": {"train_loss": [0.1 + 0.2]}, "optimizer": {"groups": []}}
    checkpoint.save(tensors, record)
    loaded = checkpoint.load()
    assert loaded is not None
    assert loaded[1] == record
    assert loaded[0].keys() == tensors.keys()
    for group, named in tensors.items():
        for name, tensor in named.items():
            assert torch.equal(loaded[0][group][name], tensor)
    assert sorted(os.listdir(checkpoint.folder)) == [
        "best.safetensors",
        "history.json",
        "last.safetensors",
    ]
    readable = json.loads((checkpoint.folder / "history.json").read_text())
    assert readable["settings"] == {"seed": 0, "patience": None}
    assert readable["history"] == record["history"]


def test_other_settings_are_named(tmp_path: Path) -> None:
    TrainingCheckpoint(tmp_path, {"seed": 0, "penalty": 0.1}).save({"best": {}}, {})
    with pytest.raises(ValueError, match=r"seed is 1 now, 0 there; penalty .*resume=False"):
        TrainingCheckpoint(tmp_path, {"seed": 1, "penalty": 0.2}).load()


def test_other_tensors_are_no_checkpoint(tmp_path: Path) -> None:
    save_weights(MLP([2, 1]), tmp_path / "last.safetensors")
    with pytest.raises(ValueError, match="not the checkpoint of a training"):
        TrainingCheckpoint(tmp_path, {}).load()


def changed_bits(path: Path, every: int = 1) -> Iterator[int]:
    """Change one bit of a file after the other, in every byte (or every third ...)."""
    content = path.read_bytes()
    for at in range(0, len(content), every):
        changed = bytearray(content)
        changed[at] ^= 1 << (at // every) % 8
        path.write_bytes(changed)
        yield at
    path.write_bytes(content)


def test_a_changed_bit_of_the_state_of_a_training_is_noticed(tmp_path: Path) -> None:
    checkpoint = TrainingCheckpoint(tmp_path, {"seed": 0, "name": "ü"})
    tensors = {
        "best": {"weight": torch.arange(3.0)},
        "optimizer": {"0/step": torch.tensor(2.0), "0/half": torch.ones(2, dtype=torch.bfloat16)},
        "random": {"order": torch.arange(3, dtype=torch.uint8)},
    }
    checkpoint.save(tensors, {"epochs": 1, "history": {"train_loss": [0.25]}})
    for _ in changed_bits(tmp_path / "last.safetensors"):
        with pytest.raises(DamagedCheckpoint, match=r"last\.safetensors .*resume=False"):
            checkpoint.load()
    assert checkpoint.load() is not None


def test_the_state_of_a_training_of_an_older_version_has_no_checksum(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    text = {"settings": '{"seed": 0}', "record": '{"epochs": 1}'}
    save_file({"best/weight": torch.arange(3.0)}, tmp_path / "last.safetensors", text)
    loaded = TrainingCheckpoint(tmp_path, {"seed": 0}).load()
    assert loaded is not None
    assert loaded[0]["best"]["weight"].tolist() == [0, 1, 2]
    assert loaded[1] == {"epochs": 1}


def test_a_changed_bit_of_weights_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model = MLP([2, 3, 1], seed=1)
    save_weights(model, path)
    noticed = total = 0
    for _ in changed_bits(path):
        total += 1
        try:
            loaded = load_weights(MLP([2, 3, 1], seed=2), path)
        except ValueError:
            noticed += 1
        else:  # the word "checksum" itself
            for name, weights in model.state_dict().items():
                assert torch.equal(loaded.state_dict()[name], weights)
    assert total - noticed <= len("checksum")


def test_weights_of_another_program_are_read(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    model = MLP([2, 1], seed=1)
    save_file(model.state_dict(), tmp_path / "model.safetensors", {"format": "pt"})
    assert torch.equal(
        load_weights(MLP([2, 1]), tmp_path / "model.safetensors").out.weight, model.out.weight
    )


def test_what_is_written_for_the_reader_is_never_older_than_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced, true = [], os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: replaced.append(Path(b).name) or true(a, b))
    TrainingCheckpoint(tmp_path, {}).save({"best": {}}, {})
    assert replaced[-1] == "last.safetensors"
    assert sorted(replaced) == sorted(TrainingCheckpoint.FILES)


def test_a_tilde_is_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    model = MLP([2, 1], seed=1)
    save_weights(model, "~/model.safetensors")
    assert torch.equal(
        load_weights(MLP([2, 1]), "~/model.safetensors").out.weight, model.out.weight
    )
    TrainingCheckpoint("~/run", {}).save({"best": {}}, {})
    assert (tmp_path / "run" / "last.safetensors").is_file()
