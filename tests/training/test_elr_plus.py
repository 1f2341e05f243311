from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
import xarray as xr
from torch.utils.data import DataLoader, TensorDataset

from infonb.data import inject_label_noise, load_digits
from infonb.networks import MLP
from infonb.training import ELRLoss, accuracy, predict
from infonb.training.elr_plus import _step, fit_elr_plus, mixing_share
from infonb.training.elr_plus_learner import Learner, ramp

X = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0)


def networks(*sizes: int) -> list[MLP]:
    return [MLP(list(sizes or (5, 8, 3)), seed=seed) for seed in (0, 1)]


def learner(lam: float = 2.0, rate: float = 0.1) -> Learner:
    network = MLP([5, 8, 3])
    loss = ELRLoss(40, 3, lam)
    return Learner(network, loss, torch.optim.SGD(network.parameters(), lr=rate), seed=0)


def test_ramp_and_shares_by_hand() -> None:
    assert ramp(0, 100) == pytest.approx(math.exp(-5))
    assert ramp(50, 100) == pytest.approx(math.exp(-1.25))
    assert ramp(100, 100) == ramp(1000, 100) == 1
    rng = np.random.default_rng(0)
    shares = np.array([mixing_share(rng, 1.0) for _ in range(2000)])
    assert shares.min() >= 0.5
    assert shares.mean() == pytest.approx(0.75, abs=0.01)  # max of a uniform and its complement
    assert mixing_share(rng, 0) == 1


def test_average_of_weights_by_hand() -> None:
    one = learner()
    before = one.network.fc1.weight.detach().clone()
    with torch.no_grad():
        one.network.fc1.weight.add_(1.0)
    one.follow(0.9, 1)  # past the ramp at once
    torch.testing.assert_close(one.average.fc1.weight, before + 0.1)
    with torch.no_grad():
        one.network.fc1.weight.sub_(1.0)
    one.follow(0.9, 1)
    torch.testing.assert_close(one.average.fc1.weight, before + 0.09)


def test_a_step_without_mixing_is_one_of_elr() -> None:
    one, plain = learner(), learner()
    index = torch.arange(10)
    x, y = torch.from_numpy(X[:10]), torch.from_numpy(Y[:10])
    for each in (one, plain):
        each.loss.target[:] = torch.tensor([0.5, 0.3, 0.1])
    found = _step(one, x, y, index, alpha=0.0)
    logits = plain.network(x)
    expected = torch.nn.functional.cross_entropy(logits, y)
    expected = (
        expected + 2.0 * (1 - (logits.softmax(1) * plain.loss.target[:10]).sum(1)).log().mean()
    )
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)


def test_inputs_labels_and_table_are_mixed_alike() -> None:
    """With a network that does not depend on its inputs the loss is linear in what is mixed."""
    one = learner()
    with torch.no_grad():
        one.network.out.weight.zero_()
        one.network.out.bias[:] = torch.tensor([1.0, 0.0, -1.0])
    index = torch.arange(2)
    one.loss.target[:2] = torch.tensor([[0.8, 0.0, 0.0], [0.0, 0.0, 0.8]])
    p = torch.tensor([1.0, 0.0, -1.0]).softmax(0)
    order = torch.randperm(2, generator=torch.Generator().manual_seed(0))
    share = mixing_share(np.random.default_rng(0), 1.0)
    y = torch.eye(3)[:2]
    y = share * y + (1 - share) * y[order]
    t = one.loss.target[:2]
    t = share * t + (1 - share) * t[order]
    expected = (-(y * p.log()).sum(1) + 2.0 * (1 - t @ p).log()).mean()
    found = _step(one, torch.from_numpy(X[:2]), torch.tensor([0, 1]), index, alpha=1.0)
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)


def test_seeded_and_without_trace() -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    options = {"epochs": 3, "batch_size": 10, "progress": False}
    first, history = fit_elr_plus(networks(), (X, Y), (X, Y), **options)
    again, _ = fit_elr_plus(networks(), (X, Y), (X, Y), **options)
    other, _ = fit_elr_plus(networks(), (X, Y), (X, Y), seed=1, **options)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(predict(first, X), predict(again, X))
    assert not np.array_equal(predict(first, X), predict(other, X))
    mean = (predict(first.networks[0], X) + predict(first.networks[1], X)) / 2
    np.testing.assert_allclose(predict(first, X), mean, atol=1e-6)
    assert history.validation_accuracy[-1] == accuracy(first, (X, Y))
    assert history.train_loss.units == "nat"
    assert (history.lam, history.batch_size, history.seed) == (3.0, 10, 0)


def test_errors() -> None:
    with pytest.raises(ValueError, match="needs two networks; not 1"):
        fit_elr_plus(networks()[:1], (X, Y))
    with pytest.raises(ValueError, match="needs two networks; not the same one twice"):
        fit_elr_plus(networks()[:1] * 2, (X, Y))
    with pytest.raises(ValueError, match="beta must be at least 0 and below 1"):
        fit_elr_plus(networks(), (X, Y), beta=1.0, progress=False)
    parts = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    with pytest.raises(ValueError, match="in memory"):
        fit_elr_plus(networks(), DataLoader(parts), progress=False)
    with pytest.raises(ValueError, match=r"at least 2; these networks have 1. Give their last"):
        fit_elr_plus(networks(5, 8, 1), (X, (X[:, 0] > 0).astype(int)), progress=False)
    with pytest.raises(ValueError, match="the networks have 2 and 3 outputs; both must have one"):
        fit_elr_plus([MLP([5, 4, 2]), MLP([5, 4, 3])], (X, Y), progress=False)
    both = torch.nn.Sequential(*networks())
    for given, words in ((MLP([5, 4, 3]), "MLP"), ([MLP, 3], "of MLP, int"), (both, "Sequential")):
        with pytest.raises(TypeError, match=rf"a list of two torch networks; not {words}\."):
            fit_elr_plus(given, (X, Y), progress=False)


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)


class Stops(torch.nn.Module):
    """A network with dropout and running means that is stopped after so many batches."""

    def __init__(self, seed: int, batches: int = 10**6) -> None:
        super().__init__()
        self.first, self.norm = MLP([5, 8], seed=seed), torch.nn.BatchNorm1d(8)
        self.drop, self.last, self.left = torch.nn.Dropout(0.2), MLP([8, 3], seed=seed + 9), batches

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return self.last(self.drop(self.norm(self.first(inputs)).relu()))


@pytest.mark.parametrize("optimizer", ["adam", momentum])
@pytest.mark.parametrize("save_every", [1, 2])
def test_resumed_equals_uninterrupted(tmp_path, optimizer, save_every) -> None:
    options = {"epochs": 6, "batch_size": 10, "progress": False, "optimizer": optimizer}
    whole, expected = fit_elr_plus([Stops(0), Stops(1)], (X, Y), (X, Y), **options)
    options |= {"checkpoint": tmp_path, "save_every": save_every}
    with pytest.raises(KeyboardInterrupt):  # 4 batches an epoch: the second network in the fourth
        fit_elr_plus([Stops(0), Stops(1, 4 * 3 + 2)], (X, Y), (X, Y), **options)
    told = json.loads((tmp_path / "history.json").read_text("utf-8"))
    assert len(told["history"]) == 3 - 3 % save_every
    torch.manual_seed(7)  # what the global state is must not matter
    resumed, history = fit_elr_plus([Stops(5), Stops(6)], (X, Y), (X, Y), **options)
    xr.testing.assert_identical(history, expected)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name
    read, told = fit_elr_plus([Stops(5, 0), Stops(6, 0)], (X, Y), (X, Y), **options)
    xr.testing.assert_identical(told, expected)
    np.testing.assert_array_equal(predict(read, X), predict(whole, X))


def test_numbers_of_numpy_are_written_too(tmp_path) -> None:
    options = {"epochs": 1, "progress": False, "checkpoint": tmp_path}
    numbers = {"batch_size": np.int64(10), "seed": np.int64(0), "lam": np.float32(3), "alpha": 1}
    fit_elr_plus(networks(), (X, Y), **options, **numbers, ramp_steps=np.int64(100))
    plain = {"batch_size": 10, "seed": 0, "lam": 3.0, "alpha": 1.0, "ramp_steps": 100}
    fit_elr_plus(networks(), (X, Y), **options, **plain)  # the same settings
    about = json.loads((tmp_path / "history.json").read_text("utf-8"))
    assert set(about) == {"settings", "epochs", "stopped", "history"}


def test_a_checkpoint_of_something_else_is_refused(tmp_path) -> None:
    options = {"epochs": 2, "batch_size": 10, "progress": False, "checkpoint": tmp_path}
    fit_elr_plus(networks(), (X, Y), **options)
    with pytest.raises(ValueError, match=r"other settings: lam is 7.0 now, 3.0 there"):
        fit_elr_plus(networks(), (X, Y), lam=7.0, **options)
    with pytest.raises(ValueError, match="train data is"):
        fit_elr_plus(networks(), (X[::-1].copy(), Y), **options)
    with pytest.raises(ValueError, match=r"has 2 epochs, more than epochs=1\. Give"):
        fit_elr_plus(networks(), (X, Y), **options | {"epochs": 1})
    with pytest.raises(ValueError, match="save_every must be at least 1"):
        fit_elr_plus(networks(), (X, Y), save_every=0, **options)
    _, history = fit_elr_plus(networks(), (X, Y), lam=7.0, resume=False, **options)
    assert history.lam == 7.0


@pytest.mark.slow
def test_it_memorizes_few_wrong_labels_where_mixing_alone_does() -> None:
    digits = load_digits().isel(sample=slice(400))
    label = inject_label_noise(digits.label, 0.4, n_classes=10, seed=0)
    inputs, wrong = digits.input.values.reshape(400, 64), label.is_wrong.values

    def sgd(parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)

    memorized, right = {}, {}
    for lam in (0.0, 3.0):
        model, _ = fit_elr_plus(
            networks(64, 64, 64, 10), (inputs, label.values), lam=lam, epochs=60, batch_size=32,
            optimizer=sgd, momentum=0.99, ramp_steps=200, progress=False,
        )  # fmt: skip
        said = predict(model, inputs).argmax(1)
        memorized[lam] = (said == label.values)[wrong].mean()
        right[lam] = (said == digits.label.values)[wrong].mean()
    assert memorized[3.0] < 0.12
    assert right[3.0] > 0.85
    assert memorized[0.0] > 2 * memorized[3.0]
