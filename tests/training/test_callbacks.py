"""Objects with step(model, epoch): when they are called, in which order, and without a trace."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from infonb.data import concentric_circles
from infonb.training import fit

TRAIN, VALIDATION = concentric_circles(90), concentric_circles(40, seed=21)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))


class Noting:
    """Writes down every call, and draws and switches whatever it can."""

    def __init__(self, name: str, calls: list[Any], fails_at: int = -1) -> None:
        self.name, self.calls, self.fails_at = name, calls, fails_at

    def start(self, model: nn.Module, epoch: int) -> None:
        self.calls.append((self.name, "start", epoch))

    def step(self, model: nn.Module, epoch: int) -> None:
        self.calls.append((self.name, "step", epoch))
        torch.rand(7)
        model.eval()
        if epoch == self.fails_at:
            raise RuntimeError("of mine")

    def finish(self, model: nn.Module) -> None:
        self.calls.append((self.name, "finish", model[0].weight.detach().clone()))


class OnlyStep:
    def __init__(self, calls: list[Any]) -> None:
        self.calls = calls

    def step(self, model: nn.Module, epoch: int) -> None:
        self.calls.append(("only", "step", epoch))


def test_order_and_no_trace():
    calls: list[Any] = []
    plain, seen = network(), network()
    options: dict[str, Any] = {"epochs": 3, "batch_size": 16, "progress": False, "keep": "last"}
    fit(plain, TRAIN, VALIDATION, **options)
    fit(
        seen, TRAIN, VALIDATION, **options, callbacks=[Noting("a", calls), OnlyStep(calls)],
        callback=lambda epoch, values: calls.append(("function", "step", epoch)),
    )  # fmt: skip
    epochs = [(name, "step", epoch) for epoch in (1, 2, 3) for name in ("function", "a", "only")]
    assert calls[:-1] == [("a", "start", 0), *epochs]
    assert calls[-1][:2] == ("a", "finish")
    for one, other in zip(plain.state_dict().values(), seen.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    assert all(module.training for module in seen.modules())


def test_finish_sees_the_last_weights_not_the_best():
    calls: list[Any] = []
    model, last = network(), network()
    options: dict[str, Any] = {"epochs": 12, "batch_size": 16, "learning_rate": 0.3}
    history = fit(model, TRAIN, VALIDATION, **options, progress=False,
                  callbacks=[Noting("a", calls)])  # fmt: skip
    fit(last, TRAIN, VALIDATION, **options, keep="last", progress=False)
    assert history.best_epoch < 12
    assert torch.equal(calls[-1][2], last[0].weight)
    assert not torch.equal(model[0].weight, last[0].weight)


def test_an_error_ends_the_training_and_a_resumed_one_starts_there(tmp_path):
    calls: list[Any] = []
    options: dict[str, Any] = {"epochs": 4, "checkpoint": tmp_path, "save_every": 10}
    with pytest.raises(RuntimeError, match="of mine"):
        fit(network(), TRAIN, **options, progress=False,
            callbacks=[Noting("a", calls, 2), OnlyStep(calls)])  # fmt: skip
    assert calls == [("a", "start", 0), ("a", "step", 1), ("only", "step", 1), ("a", "step", 2)]
    calls.clear()
    fit(network(), TRAIN, **options, progress=False, callbacks=[Noting("b", calls)])
    assert [call[:2] for call in calls] == [
        ("b", "start"), ("b", "step"), ("b", "step"), ("b", "finish"),
    ]  # fmt: skip
    assert [call[2] for call in calls[:3]] == [2, 3, 4]


@pytest.mark.parametrize(
    ("callbacks", "words"),
    [
        (Noting("a", []), "callbacks must be a list of objects; not Noting"),
        ([Noting], "an object with step.*not the class Noting"),
        ([print], r"not <built-in function print>.*\(epoch, values\) goes to callback="),
        ("watch", "callbacks must be a list"),
    ],
)
def test_what_is_no_callback_is_named(callbacks, words):
    with pytest.raises(TypeError, match=words):
        fit(network(), TRAIN, epochs=1, callbacks=callbacks, progress=False)
