from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import xarray as xr
from safetensors.torch import load_file
from torch import nn

from infonb.data import concentric_circles, shuffled
from infonb.networks.checkpoint import load_weights
from infonb.networks.mlp import MLP
from infonb.training import due, fit, state

TRAIN = shuffled(concentric_circles(120), 0.3, n_classes=2, seed=0)
VALIDATION = concentric_circles(60, seed=21)
SETTINGS: dict[str, Any] = {
    "epochs": 8, "batch_size": 32, "learning_rate": 0.02, "penalty": 1e-3, "progress": False,
}  # fmt: skip


def network() -> nn.Module:
    """Return a network with everything that has a state: dropout and running means."""
    body, head = MLP([2, 16], seed=1), MLP([16, 1], seed=2)
    return nn.Sequential(body, nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), head)


def momentum(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)


class PowerCut(Exception):
    pass


def cut_after(epoch: int) -> Callable[[int, dict[str, float]], None]:
    def callback(now: int, values: dict[str, float]) -> None:
        if now == epoch:
            raise PowerCut

    return callback


def assert_same(first: nn.Module, second: nn.Module) -> None:
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


@pytest.mark.parametrize("keep", ["best", "last"])
@pytest.mark.parametrize("optimizer", ["adam", momentum], ids=["adam", "momentum"])
@pytest.mark.parametrize("save_every", [1, 3])
def test_resumed_equals_uninterrupted(
    tmp_path: Path, keep: str, optimizer: Any, save_every: int
) -> None:
    settings = SETTINGS | {"keep": keep, "optimizer": optimizer}
    whole, parts = network(), network()
    expected = fit(whole, TRAIN, VALIDATION, **settings)
    settings |= {"checkpoint": tmp_path, "save_every": save_every}
    for epoch in (2, 5):
        with pytest.raises(PowerCut):
            fit(parts, TRAIN, VALIDATION, callback=cut_after(epoch), **settings)
        parts = network()
        torch.manual_seed(epoch)  # what the global state is must not matter
    history = fit(parts, TRAIN, VALIDATION, **settings)
    assert_same(whole, parts)
    xr.testing.assert_identical(history, expected)


class Interrupting(nn.Module):
    """Behaves like a network whose user presses the stop button in the middle of an epoch."""

    def __init__(self, batch: int) -> None:
        super().__init__()
        self.net, self.left = network(), batch

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return self.net(inputs)


@pytest.mark.parametrize("save_every", [1, 100])
def test_interrupt_within_an_epoch(tmp_path: Path, save_every: int) -> None:
    whole = Interrupting(10_000)
    expected = fit(whole, TRAIN, VALIDATION, **SETTINGS)
    model = Interrupting(4 * 3 + 2)  # four batches an epoch: in the middle of the fourth epoch
    settings = SETTINGS | {"checkpoint": tmp_path, "save_every": save_every}
    with pytest.raises(KeyboardInterrupt):
        fit(model, TRAIN, VALIDATION, **settings)
    assert len(json.loads((tmp_path / "history.json").read_text())["history"]["train_loss"]) == 3
    model.left = 10_000  # the very same network goes on, changed as it is
    history = fit(model, TRAIN, VALIDATION, **settings)
    assert_same(whole, model)
    xr.testing.assert_identical(history, expected)


@pytest.mark.parametrize(("seconds", "written"), [(1.0, [8]), (4.0, [4, 7, 8])])
def test_it_is_written_some_seconds_after_it_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, written: list[int]
) -> None:
    """However rarely it is to be saved: whoever is killed loses no more than ten seconds."""
    now, saved = [100.0], []
    save = state.TrainingCheckpoint.save

    def noted(checkpoint: Any, tensors: Any, record: Any) -> None:
        saved.append(record["epochs"])
        save(checkpoint, tensors, record)

    def later(epoch: int, values: dict[str, float]) -> None:
        now[0] += seconds

    monkeypatch.setattr(due.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(state.TrainingCheckpoint, "save", noted)
    settings = SETTINGS | {"checkpoint": tmp_path, "save_every": 1000, "callback": later}
    fit(network(), TRAIN, **settings)
    # the clock moves after an epoch: ten seconds have passed at the end of the third that follows
    assert saved == written


def test_files(tmp_path: Path) -> None:
    model = network()
    history = fit(model, TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    assert sorted(os.listdir(tmp_path)) == ["best.safetensors", "history.json", "last.safetensors"]
    assert_same(load_weights(network(), tmp_path / "best.safetensors"), model)
    readable = json.loads((tmp_path / "history.json").read_text())
    assert readable["history"]["validation_loss"] == history.validation_loss.values.tolist()
    assert readable["best_epoch"] == history.attrs["best_epoch"]
    assert readable["settings"]["learning_rate"] == 0.02
    groups = {name.split("/")[0] for name in load_file(tmp_path / "last.safetensors")}
    assert groups == {"model", "best", "optimizer", "random"}


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    def never(epoch: int, values: dict[str, float]) -> None:
        raise AssertionError("an epoch was trained again")

    first, second = network(), network()
    expected = fit(first, TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    history = fit(second, TRAIN, VALIDATION, checkpoint=tmp_path, callback=never, **SETTINGS)
    assert_same(first, second)
    xr.testing.assert_identical(history, expected)


def test_epochs_may_be_raised(tmp_path: Path) -> None:
    whole, parts = network(), network()
    expected = fit(whole, TRAIN, VALIDATION, **SETTINGS)
    fit(parts, TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS | {"epochs": 3})
    history = fit(parts, TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    assert_same(whole, parts)
    xr.testing.assert_identical(history, expected)
    with pytest.raises(ValueError, match=r"has 8 epochs, more than epochs=3.*resume=False"):
        fit(parts, TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS | {"epochs": 3})


def test_start_over(tmp_path: Path) -> None:
    fit(network(), TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    fresh, other = network(), network()
    settings = SETTINGS | {"seed": 9}
    expected = fit(fresh, TRAIN, VALIDATION, **settings)
    history = fit(other, TRAIN, VALIDATION, checkpoint=tmp_path, resume=False, **settings)
    assert_same(fresh, other)
    xr.testing.assert_identical(history, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.01}, "learning_rate is 0.01 now, 0.02 there"),
        ({"seed": 1}, "seed is 1 now, 0 there"),
        ({"penalty": 0.0}, "penalty is 0.0 now, 0.001 there"),
        ({"optimizer": momentum}, "optimizer is 'SGD' now, 'adam' there"),
        ({"monitor": "validation_loss"}, "monitor is 'validation_loss' now"),
        ({"stop_at": 1.0}, "stop_at is 1.0 now, None there"),
    ],
)
def test_other_settings_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    fit(network(), TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    before = (tmp_path / "last.safetensors").read_bytes()
    with pytest.raises(ValueError, match=message) as error:
        fit(network(), TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS | change)
    assert "resume=False" in str(error.value)
    assert (tmp_path / "last.safetensors").read_bytes() == before


def test_other_data_and_networks_are_refused(tmp_path: Path) -> None:
    fit(MLP([2, 8, 1]), TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    with pytest.raises(ValueError, match="train data is"):
        fit(MLP([2, 8, 1]), VALIDATION, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    with pytest.raises(ValueError, match="validation data is None now"):
        fit(MLP([2, 8, 1]), TRAIN, checkpoint=tmp_path, **SETTINGS | {"monitor": None})
    with pytest.raises(ValueError, match=r"shape of fc1.weight is \[9, 2\] now, \[8, 2\] there"):
        fit(MLP([2, 9, 1]), TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    fit(network(), TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)
    path = tmp_path / "last.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"last\.safetensors is damaged.*resume=False"):
        fit(network(), TRAIN, VALIDATION, checkpoint=tmp_path, **SETTINGS)


def test_divergence_leaves_the_last_good_state(tmp_path: Path) -> None:
    def explode(epoch: int, _: dict[str, float]) -> None:
        if epoch == 2:
            model[4].out.weight.data.fill_(float("nan"))

    model = network()
    settings = SETTINGS | {"checkpoint": tmp_path, "save_every": 100}
    with pytest.raises(ValueError, match="in epoch 3"):
        fit(model, TRAIN, VALIDATION, callback=explode, **settings)
    tensors = load_file(tmp_path / "last.safetensors")
    assert all(torch.isfinite(t.double()).all() for t in tensors.values())
    assert len(json.loads((tmp_path / "history.json").read_text())["history"]["train_loss"]) == 2


def test_without_a_monitor_best_is_last(tmp_path: Path) -> None:
    whole, parts = network(), network()
    fit(whole, TRAIN, **SETTINGS)
    with pytest.raises(PowerCut):
        fit(parts, TRAIN, checkpoint=tmp_path, callback=cut_after(4), **SETTINGS)
    fit(parts, TRAIN, checkpoint=tmp_path, **SETTINGS)
    assert_same(whole, parts)
    assert_same(load_weights(network(), tmp_path / "best.safetensors"), whole)
