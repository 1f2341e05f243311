"""The soft entropy of layers in the loss: the value, where it is hooked, what it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import infonb as inb
from infonb.data import concentric_circles
from infonb.networks.mlp import MLP
from infonb.training import SoftEntropy, fit, soft_entropy

CIRCLES = concentric_circles(120)
INPUTS = torch.tensor(CIRCLES.input.values, dtype=torch.float32)
LABELS = torch.tensor(CIRCLES.label.values)


def weights(model: nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in model.parameters()]


def test_equals_a_loop_written_out():
    ours, plain = MLP([2, 8, 6, 1]), MLP([2, 8, 6, 1])
    regularizer = SoftEntropy(["fc1", "relu2"], 0.3, bins=7, softness=0.8)
    fit(
        ours, CIRCLES, epochs=3, batch_size=200, learning_rate=0.1, progress=False,
        optimizer=lambda ps: torch.optim.SGD(ps, lr=0.1), regularizer=regularizer,
    )  # fmt: skip
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        first = plain.fc1(INPUTS)
        second = plain.relu2(plain.fc2(plain.relu1(first)))
        loss = functional.binary_cross_entropy_with_logits(plain.out(second)[:, 0], LABELS.float())
        rows = torch.cat([first, second], dim=1)
        (loss - 0.3 * soft_entropy(rows, bins=7, softness=0.8).mean()).backward()
        optimizer.step()
    for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_the_weight_says_where_entropy_goes_and_is_not_in_the_history():
    found, losses = [], []
    for weight in (-0.5, 0.0, 0.5):
        model = MLP([2, 16, 16, 1])
        history = fit(
            model, CIRCLES, epochs=20, batch_size=60, learning_rate=0.01, progress=False,
            regularizer=SoftEntropy(["fc1", "fc2"], weight, bins=15),
        )  # fmt: skip
        acts = inb.record(model, CIRCLES, layers=["fc1", "fc2"], progress=False)
        found.append(float(inb.entropy(acts, bins=15).median()))
        losses.append(history.train_loss.values)
    assert found[0] < found[1] < found[2]
    assert all((loss > 0).all() for loss in losses)  # without the term, which is below 0

    plain = MLP([2, 16, 16, 1])
    history = fit(plain, CIRCLES, epochs=20, batch_size=60, learning_rate=0.01, progress=False)
    np.testing.assert_array_equal(history.train_loss.values, losses[1])
    assert "regularizer" not in history.attrs


class Inplace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc, self.relu, self.out = nn.Linear(2, 5), nn.ReLU(inplace=True), nn.Linear(5, 1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.out(self.relu(self.fc(inputs)))


def test_a_relu_in_place_does_not_change_what_was_before_it():
    model = Inplace()
    with SoftEntropy(["fc"], 1.0).attached(model) as term:
        model(INPUTS)
        found = term()
    assert found.item() == pytest.approx(-soft_entropy(model.fc(INPUTS)).mean().item(), abs=1e-6)
    found.backward()  # and the gradient is there


def test_hooks_go_again_also_after_an_error():
    model = MLP([2, 4, 1])
    with pytest.raises(RuntimeError, match="of mine"), SoftEntropy(["fc1"], 1.0).attached(model):
        raise RuntimeError("of mine")
    assert not model.fc1._forward_hooks


def test_channels_are_meant_over_space_and_calls_counted():
    conv = nn.Conv2d(1, 3, 3, padding=1)
    images = torch.randn(10, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    with SoftEntropy([""], 2.0, bins=4).attached(conv) as term:
        rows = conv(images).mean(dim=(2, 3))
        assert term().item() == pytest.approx(-2 * soft_entropy(rows, bins=4).mean().item())
    relu = nn.ReLU()
    twice = nn.Sequential(nn.Linear(2, 3), relu, nn.Linear(3, 2), relu)
    with SoftEntropy(["1"], 1.0, bins=4).attached(twice) as term:
        twice(INPUTS)
        found = term().item()
    first = relu(twice[0](INPUTS))
    rows = torch.cat([first, relu(twice[2](first))], dim=1)
    assert found == pytest.approx(-soft_entropy(rows, bins=4).mean().item())


def test_a_resumed_training_has_the_same(tmp_path):
    settings: dict[str, Any] = {"batch_size": 30, "progress": False}
    whole, parts = MLP([2, 8, 1]), MLP([2, 8, 1])
    fit(whole, CIRCLES, epochs=4, regularizer=SoftEntropy(["fc1"], 0.1), **settings)
    for epochs in (2, 4):
        fit(parts, CIRCLES, epochs=epochs, checkpoint=tmp_path, **settings,
            regularizer=SoftEntropy(["fc1"], 0.1))  # fmt: skip
    assert all(map(torch.equal, weights(whole), weights(parts)))
    with pytest.raises(ValueError, match=r"regularizer is .*weight=0\.2.* now"):
        fit(parts, CIRCLES, epochs=5, checkpoint=tmp_path, **settings,
            regularizer=SoftEntropy(["fc1"], 0.2))  # fmt: skip


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: SoftEntropy("fc1", 1.0), ValueError, "list of names of modules; not 'fc1'"),
        (lambda: SoftEntropy([], 1.0), ValueError, "list of names"),
        (lambda: SoftEntropy(["fc1"], float("nan")), ValueError, "weight must be finite"),
        (lambda: SoftEntropy(["fc1"], 1.0, bins=0), ValueError, "bins must be at least 1"),
        (lambda: SoftEntropy, TypeError, r"an object, SoftEntropy\(...\), not a class"),
        (lambda: 0.1, TypeError, "must be a SoftEntropy.*not float"),
        (lambda: SoftEntropy(["fc_1"], 1.0), ValueError, "'fc_1' not found.*Did you mean 'fc1'"),
    ],
)
def test_what_is_none_is_named(make, error, words):
    model = MLP([2, 4, 1])
    before = weights(model)
    with pytest.raises(error, match=words):
        fit(model, CIRCLES, epochs=1, progress=False, regularizer=make())
    assert all(map(torch.equal, before, weights(model)))


def test_a_layer_that_is_not_called_or_gives_no_rows_is_named():
    model = nn.ModuleDict({"used": nn.Linear(2, 3), "idle": nn.Linear(2, 3)})
    with SoftEntropy(["used", "idle"], 1.0).attached(model) as term:
        model["used"](INPUTS)
        with pytest.raises(ValueError, match="layer 'idle' was not called"):
            term()
    tokens = nn.Linear(2, 3)
    with (
        SoftEntropy([""], 1.0).attached(tokens),
        pytest.raises(ValueError, match=r"puts out \(4, 5, 3\).*reduce="),
    ):
        tokens(torch.zeros(4, 5, 2))
    with SoftEntropy([""], 1.0, reduce=lambda out: out.mean(dim=1)).attached(tokens) as term:
        rows = tokens(INPUTS[:100].reshape(20, 5, 2)).mean(dim=1)
        assert term().item() == pytest.approx(-soft_entropy(rows).mean().item())
