"""`fit` with an objective: a plain loop, forms of data, resuming, what is called along it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from infonb.networks.mlp import MLP
from infonb.training import Contrastive, ImageText, SoftEntropy, fit, fit_group

IMAGES = np.random.default_rng(0).normal(size=(45, 6)).astype(np.float32)
DATA = xr.Dataset({"input": (("sample", "feature"), IMAGES)})
OTHERS = xr.Dataset({"input": (("sample", "feature"), IMAGES[::-1].copy() + 1)})


def noisy(images, generator=None):
    return images + 0.3 * torch.randn(images.shape, generator=generator)


OBJECTIVE = Contrastive(noisy, temperature=0.5)
SETTINGS: dict[str, Any] = {"epochs": 6, "batch_size": 16, "learning_rate": 0.01, "progress": False}


def network() -> nn.Module:
    """Return a network with everything that has a state: dropout and running means."""
    return nn.Sequential(
        MLP([6, 16], seed=1), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), MLP([16, 8], seed=2)
    )


def same(first, second):
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@dataclass(frozen=True)
class Distance:
    """The mean squared distance of what the model says from the variables that it is not given."""

    variables: ClassVar[tuple[str, ...]] = ("input", "other")

    def __call__(self, model, inputs, others):
        return (model(inputs) - others).square().mean()


def test_equals_a_plain_loop():
    inputs, others = torch.randn(20, 3), torch.randn(20, 2)
    ours, theirs = MLP([3, 4, 2], seed=0), MLP([3, 4, 2], seed=0)
    loader = DataLoader(TensorDataset(inputs, others), batch_size=8)
    history = fit(
        ours, loader, objective=Distance(), epochs=3, penalty=0.01, progress=False,
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    )  # fmt: skip
    losses = []
    for _ in range(3):
        total = 0.0
        for start in (0, 8, 16):
            x, y = inputs[start : start + 8], others[start : start + 8]
            loss = ((theirs(x) - y) ** 2).mean()
            total += loss.item() * len(x)
            whole = loss + 0.01 * sum((w**2).sum() for w in theirs.parameters())
            gradients = torch.autograd.grad(whole, list(theirs.parameters()))
            with torch.no_grad():
                for w, g in zip(theirs.parameters(), gradients, strict=True):
                    w -= 0.1 * g
        losses.append(total / 20)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    np.testing.assert_allclose(history.train_loss, losses, rtol=1e-5)
    assert list(history) == ["train_loss"]
    assert history.attrs["objective"] == "Distance()"
    assert "loss" not in history.attrs


def test_every_form_of_data_gives_the_same_network_and_labels_are_left_out():
    labels = np.zeros(45, int)
    forms = [DATA, DATA.assign(label=("sample", labels)), IMAGES, (IMAGES,), (IMAGES, labels),
             DATA.input, torch.tensor(IMAGES), DATA.transpose("feature", "sample")]  # fmt: skip
    models = [network() for _ in forms]
    histories = [
        fit(model, data, objective=OBJECTIVE, **SETTINGS)
        for model, data in zip(models, forms, strict=True)
    ]
    assert all(same(models[0], model) for model in models[1:])
    assert all(history.identical(histories[0]) for history in histories)


def test_loaders_of_images_alone_and_with_labels():
    models = []
    for parts in ((), (torch.zeros(45),)):
        models.append(network())
        loader = DataLoader(TensorDataset(torch.tensor(IMAGES), *parts), batch_size=15)
        fit(models[-1], loader, objective=OBJECTIVE, **SETTINGS)
    assert same(*models)


@pytest.mark.parametrize("save_every", [1, 4])
@pytest.mark.parametrize("keep", ["best", "last"])
def test_resumed_equals_uninterrupted_also_if_it_ends_within_an_epoch(tmp_path, keep, save_every):
    whole = network()
    expected_calls: list[Any] = []
    expected = fit(
        whole, DATA, OTHERS, objective=OBJECTIVE, keep=keep, **SETTINGS,
        callback=lambda epoch, values: expected_calls.append((epoch, values)),
    )  # fmt: skip

    @dataclass(frozen=True)
    class Cut(Contrastive):
        """The same, until the power goes."""

        def __call__(self, model, images):
            if model.training:
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt
            return super().__call__(model, images)

        def __repr__(self):
            return repr(OBJECTIVE)

    calls: list[Any] = []
    # an epoch has 3 steps: the first training ends in its second epoch, the second three later
    for left in ([4], [10]):
        part = network()
        torch.manual_seed(left[0])  # what the global state is must not matter
        with pytest.raises(KeyboardInterrupt):
            fit(part, DATA, OTHERS, objective=Cut(noisy, 0.5), keep=keep, checkpoint=tmp_path,
                save_every=save_every, **SETTINGS)  # fmt: skip
    part = network()
    history = fit(part, DATA, OTHERS, objective=OBJECTIVE, keep=keep, checkpoint=tmp_path,
                  **SETTINGS,
                  callback=lambda epoch, values: calls.append((epoch, values)))  # fmt: skip
    assert same(whole, part)
    xr.testing.assert_identical(history, expected)
    assert calls == expected_calls[-len(calls) :]
    assert 0 < len(calls) < 6


@pytest.mark.parametrize(("save_every", "expected"), [(1, 3), (2, 2)])
def test_what_a_kill_leaves_is_gone_on_with(tmp_path, save_every, expected):
    whole, part = network(), network()
    history = fit(whole, DATA, OTHERS, objective=OBJECTIVE, **SETTINGS)
    left, epochs = tmp_path / "left", []

    def copied(epoch, values):
        if epoch == 3:  # what is on disk now is all that a process killed here would leave
            shutil.copytree(tmp_path / "made", left)

    fit(network(), DATA, OTHERS, objective=OBJECTIVE, checkpoint=tmp_path / "made",
        save_every=save_every, callback=copied, **SETTINGS)  # fmt: skip
    resumed = fit(part, DATA, OTHERS, objective=OBJECTIVE, checkpoint=left, **SETTINGS,
                  callback=lambda epoch, values: epochs.append(epoch))  # fmt: skip
    assert epochs == list(range(expected + 1, 7))
    assert same(whole, part)
    xr.testing.assert_identical(resumed, history)


def test_a_checkpoint_belongs_to_its_objective(tmp_path):
    fit(network(), DATA, objective=OBJECTIVE, checkpoint=tmp_path, **SETTINGS)
    with pytest.raises(ValueError, match="objective"):
        fit(network(), DATA, objective=Contrastive(noisy, 0.4), checkpoint=tmp_path, **SETTINGS)


def test_the_global_state_and_the_modes_are_given_back():
    model = network().eval()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    fit(model, DATA, OTHERS, objective=OBJECTIVE, **SETTINGS)
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.training
    other = network()
    fit(other, DATA, OTHERS, objective=OBJECTIVE, **SETTINGS)
    assert same(model, other)
    fit(other := network(), DATA, objective=OBJECTIVE, seed=1, **SETTINGS)
    assert not same(model, other)


def test_validation_draws_the_same_in_each_epoch_and_changes_nothing():
    still = {**SETTINGS, "learning_rate": 0.0}
    model = nn.Sequential(MLP([6, 8], seed=0))
    history = fit(model, DATA, OTHERS, objective=OBJECTIVE, **still)
    assert list(history) == ["train_loss", "validation_loss"]
    assert len(set(history.validation_loss.values)) == 1
    assert len(set(history.train_loss.values)) == 6  # the views of training are others each time
    assert history.attrs["monitor"] == "validation_loss"
    with_it, without = network(), network()
    fit(with_it, DATA, OTHERS, objective=OBJECTIVE, keep="last", **SETTINGS)
    fit(without, DATA, objective=OBJECTIVE, **SETTINGS)
    assert same(with_it, without)


def test_the_best_epoch_by_the_loss_and_patience():
    seen = {}
    model = network()
    history = fit(
        model, DATA, OTHERS, objective=OBJECTIVE, patience=3, **{**SETTINGS, "epochs": 60,
        "learning_rate": 0.1},
        callback=lambda epoch, _: seen.update(
            {epoch: {name: w.clone() for name, w in model.state_dict().items()}}
        ),
    )  # fmt: skip
    best = int(history.validation_loss.values.argmin()) + 1
    assert history.attrs["best_epoch"] == best == history.sizes["epoch"] - 3
    assert all(torch.equal(w, seen[best][name]) for name, w in model.state_dict().items())


def test_the_training_loss_is_exact_if_it_is_monitored():
    model = MLP([6, 8], seed=0)
    monitored = {"objective": OBJECTIVE, "monitor": "train_loss", "keep": "last"}
    history = fit(model, DATA, **monitored, **SETTINGS)
    assert history.attrs["train_metrics"] == "exact"
    # of the weights after the epoch: nothing moves at a rate of 0
    still = fit(model, DATA, **monitored, **SETTINGS | {"epochs": 1, "learning_rate": 0.0})
    assert float(still.train_loss[0]) == float(history.train_loss[-1])


def test_a_last_batch_of_one_joins_the_one_before_it():
    sizes = []

    @dataclass(frozen=True)
    class Counted(Contrastive):
        def __call__(self, model, images):
            sizes.append(len(images))
            return super().__call__(model, images)

    for n, expected in ((33, [16, 17]), (34, [16, 16, 2]), (32, [16, 16]), (16, [16])):
        sizes.clear()
        fit(network(), IMAGES[:n], objective=Counted(noisy), **{**SETTINGS, "epochs": 1})
        assert sizes == expected


def test_callbacks_and_regularizer():
    class Seen:
        epochs: ClassVar[list[int]] = []

        def step(self, model, epoch):
            torch.rand(3)
            model.eval()
            self.epochs.append(epoch)

    plain, watched, entropic = network(), network(), network()
    fit(plain, DATA, objective=OBJECTIVE, **SETTINGS)
    fit(watched, DATA, objective=OBJECTIVE, callbacks=[Seen()], **SETTINGS)
    assert same(plain, watched)
    assert Seen.epochs == [1, 2, 3, 4, 5, 6]
    history = fit(entropic, DATA, objective=OBJECTIVE,
                  regularizer=SoftEntropy(["0"], weight=1.0, bins=5), **SETTINGS)  # fmt: skip
    assert "SoftEntropy" in history.attrs["regularizer"]
    assert not same(plain, entropic)


def test_networks_of_a_group_are_trained_one_by_one():
    models, alone = [MLP([6, 8, 4], seed=s) for s in (0, 1)], MLP([6, 8, 4], seed=1)
    _, history = fit_group(
        models, [DATA, DATA], [OTHERS, OTHERS], seeds=[0, 1], objective=OBJECTIVE, **SETTINGS
    )
    expected = fit(alone, DATA, OTHERS, objective=OBJECTIVE, seed=1, **SETTINGS)
    assert history.identical(expected)
    assert same(models[1], alone)


def test_several_variables():
    class Pairs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.images, self.words = MLP([6, 4], seed=0), nn.EmbeddingBag(5, 4)
            self.log_scale = nn.Parameter(torch.zeros(()))

        def forward(self, images, captions):
            assert captions.dtype == torch.int64
            return self.images(images), self.words(captions), self.log_scale

    captions = np.random.default_rng(1).integers(5, size=(45, 3))
    both = DATA.assign(caption=(("sample", "token"), captions))
    torch.manual_seed(0)
    model = Pairs()
    history = fit(model, both, both, objective=ImageText(), **{**SETTINGS, "epochs": 20})
    assert history.train_loss[-1] < history.train_loss[0]
    with pytest.raises(ValueError, match="train has no variable 'caption'"):
        fit(model, DATA, objective=ImageText(), **SETTINGS)
    with pytest.raises(ValueError, match=r"1 part\(s\), but the objective wants 2: \(input, cap"):
        fit(model, (IMAGES,), objective=ImageText(), **SETTINGS)
    with pytest.raises(ValueError, match=r"unlike numbers.*'input' \(45, 6\), 'caption' \(9, 3\)"):
        fit(model, (IMAGES, captions[:9]), objective=ImageText(), **SETTINGS)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"objective": Contrastive}, TypeError, "not the class Contrastive"),
        ({"objective": 5}, TypeError, "objective must be an object.* not 5"),
        ({"objective": lambda model, x: x}, TypeError, "variables"),
        ({"objective": nn.Linear(2, 1)}, TypeError, "variables"),
        ({"loss": "cross_entropy"}, ValueError, "objective takes the place of loss"),
        ({"stop_at": 1.0}, ValueError, "stop_at is an accuracy"),
        ({"monitor": "validation_accuracy"}, ValueError, "needs labels"),
        ({"monitor": "validation_loss"}, ValueError, "needs validation"),
        ({"patience": 2}, ValueError, "give validation, or monitor='train_loss'\\.$"),
    ],
)
def test_what_does_not_go_with_it(options, error, message):
    with pytest.raises(error, match=message):
        fit(network(), DATA, **{"objective": OBJECTIVE, **SETTINGS, **options})


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (DATA.isel(sample=slice(0)), ValueError, "train is empty"),
        (DATA.where(DATA.input < 2), ValueError, "'input' of train has values NaN"),
        (DATA.rename(input="inputs"), ValueError, "no variable 'input'.* Did you mean 'inputs'"),
        (DATA.rename(sample="row"), ValueError, "without 'sample'"),
        ("images", TypeError, "must be an xarray.Dataset, a dict or tuple"),
        (DATA.isel(sample=slice(1)), ValueError, "batch of 1 sample"),
        ({"inputs": IMAGES}, ValueError, "no variable 'input'.* Did you mean 'inputs'"),
        (
            DataLoader([{"inputs": image} for image in IMAGES[:4]], batch_size=2),
            ValueError,
            "a batch of train has no variable 'input'.* Did you mean 'inputs'",
        ),
        (DataLoader(TensorDataset(torch.zeros(0, 6))), ValueError, "yields no batch"),
    ],
)
def test_data_that_are_refused(data, error, message):
    with pytest.raises(error, match=message):
        fit(network(), data, objective=OBJECTIVE, **SETTINGS)


def test_an_objective_with_weights_of_its_own_and_one_that_gives_no_number():
    class Own(nn.Module):
        variables = ("input",)

        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(2, 1)

    with pytest.raises(TypeError, match="make them part of the model"):
        fit(network(), DATA, objective=Own(), **SETTINGS)

    @dataclass(frozen=True)
    class Each:
        variables: ClassVar[tuple[str, ...]] = ("input",)

        def __call__(self, model, inputs):
            return model(inputs).square().mean(1)

    with pytest.raises(ValueError, match=r"the mean loss, one number; not \(16,\)"):
        fit(network(), DATA, objective=Each(), **SETTINGS)


def test_a_loss_that_becomes_nan_is_told():
    def broken(images, generator=None):
        return images * torch.nan

    with pytest.raises(ValueError, match="train_loss became nan in epoch 1"):
        fit(network(), DATA, objective=Contrastive(broken), **SETTINGS)


@pytest.mark.parametrize("form", ["dict", "loader"])
def test_a_dict_is_read_by_its_names(form):
    """As of data sets of images with captions, whose loaders give dicts."""
    parts = {"name": np.arange(len(IMAGES)), "input": IMAGES}
    data = parts
    if form == "loader":
        rows = [{name: part[i] for name, part in parts.items()} for i in range(len(IMAGES))]
        data = DataLoader(rows, batch_size=SETTINGS["batch_size"])
    found = fit(network(), data, objective=OBJECTIVE, **SETTINGS)
    plain = IMAGES if form == "dict" else DataLoader(IMAGES, batch_size=SETTINGS["batch_size"])
    expected = fit(network(), plain, objective=OBJECTIVE, **SETTINGS)
    np.testing.assert_array_equal(found.train_loss, expected.train_loss)
