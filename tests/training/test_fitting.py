from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from infonb.data import concentric_circles, load_digits, shuffled
from infonb.networks.mlp import MLP
from infonb.training import accuracy, fit, predict
from infonb.training.group import fit_group

CIRCLES = concentric_circles(120)
OTHERS = concentric_circles(60, seed=21)


def same(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def plain_loop(
    model: nn.Module,
    inputs: np.ndarray,
    labels: np.ndarray,
    batch: int,
    epochs: int,
    penalty: float,
) -> None:
    """Train as a textbook does: the penalty in the loss, Adam as its authors wrote it."""
    x, y = torch.tensor(inputs), torch.tensor(labels)
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in model.parameters()]
    step = 0
    for _ in range(epochs):
        for start in range(0, len(x), batch):
            logits = model(x[start : start + batch])
            target = y[start : start + batch]
            if logits.shape[1] == 1:
                p = torch.sigmoid(logits[:, 0])
                loss = -(target * p.log() + (1 - target) * (1 - p).log()).mean()
            else:
                loss = -logits.log_softmax(1)[torch.arange(len(target)), target].mean()
            loss = loss + penalty * sum((w**2).sum() for w in model.parameters())
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            step += 1
            with torch.no_grad():
                for w, g, (m, v) in zip(model.parameters(), gradients, moments, strict=True):
                    m.mul_(0.9).add_(0.1 * g)
                    v.mul_(0.999).add_(0.001 * g**2)
                    scale = (v / (1 - 0.999**step)).sqrt() + 1e-8
                    w.sub_(1e-3 * m / (1 - 0.9**step) / scale)


@pytest.mark.parametrize("penalty", [0.0, 0.002])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_equals_a_plain_loop(n_outputs: int, penalty: float) -> None:
    inputs = CIRCLES.input.values
    labels = np.arange(len(inputs)) % max(n_outputs, 2)
    ours, theirs = (MLP([2, 8, 8, n_outputs], seed=3).double() for _ in range(2))
    loader = DataLoader(TensorDataset(torch.tensor(inputs), torch.tensor(labels)), batch_size=50)
    fit(ours, loader, epochs=5, penalty=penalty, progress=False)
    plain_loop(theirs, inputs, labels, 50, 5, penalty)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(a.detach(), b.detach(), rtol=1e-9, atol=1e-12)


def test_penalty_reaches_parameters_that_the_loss_does_not() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used = MLP([2, 4, 1])
            self.unused = nn.Parameter(torch.ones(3))

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return self.used(inputs)

    model = Idle()
    fit(model, CIRCLES, epochs=3, penalty=0.1, optimizer=lambda p: torch.optim.SGD(p, lr=0.5),
        progress=False)  # fmt: skip
    # w ← w − 0.5·2·0.1·w, one step an epoch
    np.testing.assert_allclose(model.unused.detach(), 0.9**3, rtol=1e-6)


def test_history_is_what_the_network_says() -> None:
    model = MLP([2, 8, 1])
    history = fit(
        model, CIRCLES, OTHERS, monitor="train_loss", epochs=4, keep="last", progress=False
    )
    assert list(history.epoch.values) == [1, 2, 3, 4]
    for name, data in (("train", CIRCLES), ("validation", OTHERS)):
        logits = torch.tensor(predict(model, data)[:, 0], dtype=torch.float64)
        labels = torch.tensor(data.label.values)
        loss = functional.binary_cross_entropy_with_logits(logits, labels.double())
        assert float(history[f"{name}_loss"][-1]) == pytest.approx(float(loss), rel=1e-6)
        right = ((logits > 0) == labels).double().mean()
        assert float(history[f"{name}_accuracy"][-1]) == pytest.approx(float(right), abs=1e-12)
        assert accuracy(model, data) == pytest.approx(float(right), abs=1e-12)
    assert history.attrs["train_metrics"] == "exact"
    assert all(type(value) in (str, int, float) for value in history.attrs.values())


def test_running_loss_of_one_batch_is_the_loss_before_the_step() -> None:
    model = MLP([2, 8, 1])
    before = torch.tensor(predict(model, CIRCLES)[:, 0])
    expected = functional.binary_cross_entropy_with_logits(
        before, torch.tensor(CIRCLES.label.values).float()
    )
    history = fit(model, CIRCLES, epochs=1, progress=False)
    assert float(history.train_loss[0]) == pytest.approx(float(expected), rel=1e-6)
    assert history.attrs["train_metrics"] == "running"
    assert set(history.data_vars) == {"train_loss", "train_accuracy"}


def test_seeded_and_the_global_state_is_untouched() -> None:
    def train(seed: int) -> nn.Module:
        model = nn.Sequential(MLP([2, 16, 16]), nn.Dropout(0.5), MLP([16, 1]))
        fit(model, CIRCLES, OTHERS, epochs=3, batch_size=32, seed=seed, progress=False)
        return model

    torch.manual_seed(1)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = train(0)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    torch.manual_seed(2)
    assert same(first, train(0))
    assert not same(first, train(1))


def test_every_form_of_data_gives_the_same_network() -> None:
    inputs, labels = CIRCLES.input.values, CIRCLES.label.values
    models = []
    for data in (CIRCLES, (inputs, labels), (torch.tensor(inputs), torch.tensor(labels))):
        models.append(MLP([2, 8, 1]))
        fit(models[-1], data, epochs=3, batch_size=50, progress=False)
    assert same(models[0], models[1])
    assert same(models[0], models[2])


def test_a_shuffling_loader_is_seeded_too() -> None:
    tensors = TensorDataset(torch.tensor(CIRCLES.input.values), torch.tensor(CIRCLES.label.values))
    models = [MLP([2, 8, 1]) for _ in range(3)]
    for model, seed in zip(models, (0, 0, 1), strict=True):
        loader = DataLoader(tensors, batch_size=16, shuffle=True)
        fit(model, loader, epochs=2, seed=seed, progress=False)
    assert same(models[0], models[1])
    assert not same(models[0], models[2])


@pytest.mark.parametrize("monitor", ["validation_loss", "validation_accuracy", "train_loss"])
def test_best_weights_are_kept(monitor: str) -> None:
    seen: dict[int, dict[str, torch.Tensor]] = {}
    model = MLP([2, 8, 1])
    # a rate this large makes the quantities go up and down
    history = fit(
        model, shuffled(CIRCLES, 0.5, n_classes=2, seed=0), OTHERS, monitor=monitor, epochs=30,
        learning_rate=0.3, batch_size=16, progress=False,
        callback=lambda epoch, _: seen.update(
            {epoch: {name: w.clone() for name, w in model.state_dict().items()}}
        ),
    )  # fmt: skip
    values = history[monitor].values
    best = int(values.argmin() if monitor.endswith("loss") else values.argmax()) + 1
    assert history.attrs["best_epoch"] == best < 30
    assert all(torch.equal(w, seen[best][name]) for name, w in model.state_dict().items())


def test_last_weights_are_kept_on_demand() -> None:
    models = [MLP([2, 8, 1]) for _ in range(2)]
    fit(models[0], CIRCLES, OTHERS, epochs=20, learning_rate=0.1, keep="last", progress=False)
    fit(models[1], CIRCLES, epochs=20, learning_rate=0.1, progress=False)
    assert same(*models)


def fit_alone_in_a_group(model, train, validation, **options):
    (history,) = fit_group([model], [train], [validation], seeds=[0], **options)
    return history


def test_patience() -> None:
    # labels that have nothing to do with the inputs: validation soon stops getting better
    wrong = shuffled(CIRCLES, 1.0, n_classes=2, seed=0)
    history = fit(MLP([2, 32, 1]), wrong, OTHERS, monitor="validation_loss", epochs=500, patience=4,
                  learning_rate=0.01, progress=False)  # fmt: skip
    assert history.attrs["stopped"] == "patience"
    assert history.sizes["epoch"] == history.attrs["best_epoch"] + 4 < 500
    assert int(history.validation_loss.values.argmin()) + 1 == history.attrs["best_epoch"]


@pytest.mark.parametrize("train", [fit, fit_alone_in_a_group])
def test_patience_counts_from_a_training_loss_on(train) -> None:
    wrong = shuffled(CIRCLES, 1.0, n_classes=2, seed=0)
    asked = {"monitor": "validation_loss", "epochs": 300, "patience": 4, "learning_rate": 0.01}
    below = 0.66
    model = MLP([2, 32, 1])
    history = train(model, wrong, OTHERS, patience_below=below, progress=False, **asked)
    losses = history.train_loss.values
    first = int((losses < below).argmax())  # so many epochs came before it
    assert history.attrs["stopped"] == "patience"
    assert first > history.attrs["best_epoch"] + 4, "without it, it would have stopped before"
    assert history.sizes["epoch"] == first + 4
    assert history.attrs["patience_below"] == below
    never = train(MLP([2, 8, 1]), wrong, OTHERS, **asked | {"patience_below": 0.0, "epochs": 30,
                  "progress": False})  # fmt: skip
    assert never.attrs["stopped"] == "epochs"


def test_stop_at_means_memorised() -> None:
    few = shuffled(concentric_circles(40), 1.0, n_classes=2, seed=0)
    model = MLP([2, 64, 64, 1])
    history = fit(model, few, stop_at=1.0, epochs=3000, learning_rate=0.01, progress=False)
    assert history.attrs["stopped"] == "stop_at"
    assert accuracy(model, few) == 1.0
    assert (history.train_accuracy[:-1] < 1).all()


def test_ten_classes() -> None:
    digits = load_digits().isel(sample=slice(500))
    model = MLP([64, 32, 10])
    history = fit(model, digits, epochs=40, batch_size=64, progress=False)
    assert history.attrs["loss"] == "cross_entropy"
    assert accuracy(model, digits) > 0.95


@pytest.mark.parametrize("training", [True, False])
def test_modes_are_restored_module_by_module(training: bool) -> None:
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    model.train(training)
    model[1].train(not training)
    fit(model, CIRCLES, OTHERS, epochs=1, progress=False)
    assert [m.training for m in model] == [training, not training, training, training]
    assert all(p.grad is None for p in model.parameters())


def test_logits_without_an_output_dimension() -> None:
    model = nn.Sequential(MLP([2, 8, 1]), nn.Flatten(0))
    assert fit(model, CIRCLES, epochs=2, progress=False).attrs["loss"] == "binary_cross_entropy"
    other = MLP([2, 8, 1])
    fit(other, CIRCLES, epochs=2, progress=False)
    assert same(model[0], other)


def test_frozen_parameters_stay() -> None:
    model = MLP([2, 8, 1])
    model.fc1.requires_grad_(False)
    before = model.fc1.weight.clone()
    fit(model, CIRCLES, epochs=2, penalty=0.1, progress=False)
    assert torch.equal(model.fc1.weight, before)


def test_own_loss() -> None:
    def hinge(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return functional.relu(1 - logits[:, 0] * (2 * labels - 1)).mean()

    model = MLP([2, 16, 1])
    history = fit(model, CIRCLES, loss=hinge, epochs=300, learning_rate=0.01, progress=False)
    assert history.attrs["loss"].endswith("hinge")
    assert accuracy(model, CIRCLES) > 0.9


def test_plain_text_progress(capsys: pytest.CaptureFixture[str]) -> None:
    fit(MLP([2, 8, 1]), CIRCLES, OTHERS, epochs=2, progress="text", desc="circles")
    out = capsys.readouterr().out
    assert "circles: 100%" in out
    fit(MLP([2, 8, 1]), CIRCLES, epochs=1, progress=False)
    assert capsys.readouterr() == ("", "")


LABELS = CIRCLES.label


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: fit(m, CIRCLES, monitor="validation_loss"), "needs validation, which is None"),
        (lambda m: fit(m, CIRCLES, patience=3), "patience needs something to monitor"),
        (lambda m: fit(m, CIRCLES, OTHERS, patience_below=1.0), "patience_below needs patience"),
        (
            lambda m: fit(m, CIRCLES, OTHERS, patience=1, patience_below=-1.0),
            "patience_below must be at least",
        ),
        (lambda m: fit(m, CIRCLES, OTHERS, monitor="accuracy"), "Did you mean"),
        (lambda m: fit(m, CIRCLES, keep="bset"), "Did you mean 'best'"),
        (lambda m: fit(m, CIRCLES, loss="crossentropy"), "Did you mean 'cross_entropy'"),
        (lambda m: fit(m, CIRCLES, loss="cross_entropy"), "does not suit a network of 1 output"),
        (lambda m: fit(m, CIRCLES, optimizer="adm"), "Did you mean 'adam'|must be one of 'adam'"),
        (lambda m: fit(m, CIRCLES, epochs=0), "epochs must be at least 1"),
        (lambda m: fit(m, CIRCLES, batch_size=0), "batch_size must be at least 1"),
        (lambda m: fit(m, CIRCLES, patience=0, monitor="train_loss"), "patience must be at least"),
        (lambda m: fit(m, CIRCLES, stop_at=1.5), "stop_at must be between"),
        (lambda m: fit(m, CIRCLES, penalty=-1), "penalty must be at least"),
        (lambda m: fit(m, CIRCLES, save_every=0), "save_every must be at least"),
        (lambda m: fit(m, CIRCLES, seed=-1), "seed must be at least 0"),
        (lambda m: fit(m, CIRCLES.isel(sample=slice(0))), "train is empty"),
        (lambda m: fit(m, CIRCLES, CIRCLES.isel(sample=slice(0))), "validation is empty"),
        (lambda m: fit(m, CIRCLES.assign(label=LABELS + 1)), "train has the label 2"),
        (
            lambda m: fit(m, CIRCLES, CIRCLES.assign(label=LABELS - 1)),
            "validation has the label",
        ),
        (lambda m: fit(m, (np.zeros((4, 3)), np.zeros(4, int))), "2 features per sample"),
        (lambda m: fit(m, (np.zeros((4, 2)), np.zeros(3, int))), "one label per sample"),
        (lambda m: fit(m.requires_grad_(False), CIRCLES), "no parameters to train"),
        (lambda m: fit(nn.Linear(3, 1), CIRCLES), r"fails on inputs of shape \(2, 2\) and dtype"),
        (lambda m: fit(nn.Unflatten(1, (2, 1)), CIRCLES), "logits .*; not"),
        (lambda m: fit(nn.LSTM(2, 1), CIRCLES), "must return logits .*; not tuple"),
    ],
)
def test_errors(call: Callable[[nn.Module], xr.Dataset], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(MLP([2, 4, 1]))


def test_divergence_is_reported_with_the_epoch() -> None:
    def explode(epoch: int, _: dict[str, float]) -> None:
        if epoch == 2:
            model.out.weight.data.fill_(float("inf"))

    model = MLP([2, 4, 1])
    with pytest.raises(ValueError, match=r"train_loss became nan in epoch 3.*lower learning_rate"):
        fit(model, CIRCLES, epochs=5, callback=explode, progress=False)
