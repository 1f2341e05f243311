"""What is watched along a training: the values, the epochs, and that training does not notice."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import infonb as inb
from infonb import Watch
from infonb.data import concentric_circles
from infonb.networks.mlp import MLP

pytestmark = pytest.mark.slow

TRAIN, UNSEEN = concentric_circles(90), concentric_circles(60, seed=21)
OPTIONS: dict[str, Any] = {"batch_size": 30, "learning_rate": 0.02, "progress": False}
LAYERS = ["fc1", "fc2"]
SMALL: dict[str, Any] = {"layers": LAYERS, "neurons": 3, "every": 2}


def network(seed: int = 0) -> MLP:
    return MLP([2, 6, 4, 1], seed=seed)


def noisy() -> nn.Module:
    """Return a network with everything that a look at it could change."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(8, 1)
    )


def loader(n: int = 60, **options: Any) -> DataLoader:
    tensors = TensorDataset(torch.tensor(UNSEEN.input.values), torch.tensor(UNSEEN.label.values))
    return DataLoader(tensors, batch_size=16, **options)


def own_loop(model: nn.Module, epochs: int, look: Any = None) -> None:
    """Train as a user's own script does, with a loader that shuffles and dropout."""
    batches = loader(shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    torch.manual_seed(5)
    if look is not None:
        look.step(model, 0)
    for epoch in range(1, epochs + 1):
        for inputs, labels in batches:
            optimizer.zero_grad()
            logits = model(inputs.float())[:, 0]
            nn.functional.binary_cross_entropy_with_logits(logits, labels.float()).backward()
            optimizer.step()
        if look is not None:
            look.step(model, epoch)


def shown(panel: Any) -> list[int]:
    """Return the epochs that can be chosen."""
    return [epoch for _, epoch in panel.controls["epoch"].options]


def same(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_values_are_those_of_the_network_at_that_epoch():
    seen: dict[int, xr.Dataset] = {}
    model = network()

    class Recording:
        def start(self, model: nn.Module, epoch: int) -> None:
            self.step(model, epoch)

        def step(self, model: nn.Module, epoch: int) -> None:
            seen[epoch] = inb.record(model, UNSEEN, layers=LAYERS, progress=False)

    watch = Watch(UNSEEN, **SMALL, bins=20, activations=True)
    history = inb.fit(model, TRAIN, epochs=5, callbacks=[Recording(), watch], **OPTIONS)
    result = watch.result
    assert result.epoch.values.tolist() == [0, 2, 4, 5]
    for epoch in result.epoch.values:
        one, acts = result.sel(epoch=epoch), seen[int(epoch)].activation
        np.testing.assert_array_equal(one.activation.values, acts.values)
        np.testing.assert_array_equal(one.entropy.values, inb.entropy(acts, bins=20).values)
        plain = inb.mutual_information(acts, estimator="mixture", within="layer", neurons=3)
        found = one.mutual_information.sel(neuron=plain.neuron, other_neuron=plain.other_neuron)
        np.testing.assert_array_equal(found.values, plain.values)
    assert result.entropy.attrs["units"] == result.mutual_information.attrs["units"] == "nat"
    # the widths are those of the layers: the rest is padding
    assert result.width.values.tolist() == [6, 4]
    assert bool(result.entropy.sel(layer="fc2").isel(neuron=slice(4, None)).isnull().all())
    # what the network says of an example changes as it learns
    assert result.prediction.dims == ("epoch", "sample")
    assert shown(inb.explore_training(result, history)) == [0, 2, 4, 5]


@pytest.mark.parametrize("keep", ["best", "last"])
def test_fit_does_not_notice(keep):
    plain, seen = noisy(), noisy()
    histories = [
        inb.fit(model, TRAIN, UNSEEN, epochs=4, keep=keep, callbacks=callbacks, **OPTIONS)
        for model, callbacks in [(plain, ()), (seen, [Watch(loader(shuffle=True), ["0", "2"])])]
    ]
    assert same(plain, seen)
    xr.testing.assert_identical(*histories)


def test_an_own_loop_does_not_notice():
    plain, seen = noisy(), noisy()
    own_loop(plain, 3)
    after = torch.get_rng_state()
    watch = Watch(UNSEEN, ["0", "2"])
    own_loop(seen, 3, watch)
    assert same(plain, seen)
    assert torch.equal(torch.get_rng_state(), after)
    assert all(module.training for module in seen.modules())
    assert all(not module._forward_hooks for module in seen.modules())
    assert watch.result.epoch.values.tolist() == [0, 1, 2, 3]


def test_a_gradient_that_is_there_stays():
    model = network()
    model(torch.tensor(UNSEEN.input.values)).sum().backward()
    before = [p.grad.clone() for p in model.parameters()]
    Watch(UNSEEN, LAYERS).step(model, 0)
    assert all(torch.equal(p.grad, g) for p, g in zip(model.parameters(), before, strict=True))


def test_a_loader_that_shuffles_comes_in_one_order_and_keeps_its_own_generator():
    generator = torch.Generator().manual_seed(3)
    state = generator.get_state()
    for batches in (loader(shuffle=True), loader(shuffle=True, generator=generator)):
        watch = Watch(batches, **SMALL, activations=True)
        model = network()
        for epoch in (0, 2):
            watch.step(model, epoch)
        first, second = (watch.result.activation.sel(epoch=epoch) for epoch in (0, 2))
        np.testing.assert_array_equal(first.values, second.values)
    assert torch.equal(generator.get_state(), state)


def test_the_last_epoch_is_measured_once():
    watch, model = Watch(UNSEEN, LAYERS, every=4, neurons=0), network()
    watch.step(model, "last")  # nothing has been yet
    for epoch in range(6):
        watch.step(model, epoch)
    assert watch.result.epoch.values.tolist() == [0, 4]
    watch.step(model, "last")
    watch.step(model, "last")
    assert watch.result.epoch.values.tolist() == [0, 4, 5]
    assert "mutual_information" not in watch.result


def test_early_stopping_is_seen_to_its_end():
    watch = Watch(UNSEEN, LAYERS, every=50, neurons=0)
    history = inb.fit(network(), TRAIN, UNSEEN, epochs=60, patience=2, callbacks=[watch],
                      **(OPTIONS | {"learning_rate": 0.3}))  # fmt: skip
    assert history.stopped == "patience"
    assert watch.result.epoch.values.tolist() == [0, history.sizes["epoch"]]


class Stop(Exception):
    pass


def stop_after(last: int) -> Any:
    def callback(epoch: int, values: dict[str, float]) -> None:
        if epoch == last:
            raise Stop

    return callback


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_resumed_training_is_watched_as_one_that_was_not(tmp_path, on_disk):
    whole = Watch(UNSEEN, **SMALL)
    inb.fit(network(), TRAIN, epochs=7, callbacks=[whole], **OPTIONS)
    to = {"to": tmp_path / "watched.zarr"} if on_disk else {}
    watch = Watch(UNSEEN, **SMALL, **to)
    options = OPTIONS | {"checkpoint": tmp_path / "training", "epochs": 7}
    for last in (3, 5):
        with pytest.raises(Stop):
            inb.fit(network(), TRAIN, callbacks=[watch], callback=stop_after(last), **options)
        if on_disk:  # another process
            watch = Watch(UNSEEN, **SMALL, **to)
    inb.fit(network(), TRAIN, callbacks=[watch], **options)
    xr.testing.assert_identical(watch.result, whole.result)
    if on_disk:
        xr.testing.assert_identical(Watch(UNSEEN, **SMALL, **to).result, whole.result)
    # and once more, when all is done: nothing is watched twice
    inb.fit(network(), TRAIN, callbacks=[watch], **options)
    xr.testing.assert_identical(watch.result, whole.result)


def test_epochs_after_the_checkpoint_of_a_killed_training_are_watched_again(tmp_path):
    whole = Watch(UNSEEN, **SMALL)
    inb.fit(network(), TRAIN, epochs=8, callbacks=[whole], **OPTIONS)
    to = tmp_path / "watched.zarr"
    # killed after epoch 6; the checkpoint is of epoch 2: it is written by hand
    inb.fit(network(), TRAIN, epochs=6, callbacks=[Watch(UNSEEN, **SMALL, to=to)], **OPTIONS)
    inb.fit(network(), TRAIN, epochs=2, checkpoint=tmp_path / "training", **OPTIONS)
    watch = Watch(UNSEEN, **SMALL, to=to)
    assert watch.result.epoch.values.tolist() == [0, 2, 4, 6]
    inb.fit(network(), TRAIN, epochs=8, checkpoint=tmp_path / "training", callbacks=[watch],
            **OPTIONS)  # fmt: skip
    xr.testing.assert_identical(watch.result, whole.result)


def test_a_new_watch_of_a_resumed_training_begins_at_the_checkpoint(tmp_path):
    inb.fit(network(), TRAIN, epochs=3, checkpoint=tmp_path, **OPTIONS)
    watch = Watch(UNSEEN, **SMALL)
    inb.fit(network(), TRAIN, epochs=5, checkpoint=tmp_path, callbacks=[watch], **OPTIONS)
    assert watch.result.epoch.values.tolist() == [3, 4, 5]


def test_another_training_is_refused_before_anything_is_lost(tmp_path):
    watch = Watch(UNSEEN, **SMALL, to=tmp_path / "watched.zarr")
    inb.fit(network(), TRAIN, epochs=2, callbacks=[watch], **OPTIONS)
    before = watch.result
    with pytest.raises(ValueError, match=r"another training, up to epoch 2.*new Watch.*to= than"):
        inb.fit(network(seed=7), TRAIN, epochs=2, callbacks=[watch], **OPTIONS)
    xr.testing.assert_identical(watch.result, before)
    with pytest.raises(ValueError, match=r"not what a Watch with these settings.*another to="):
        Watch(UNSEEN, **(SMALL | {"neurons": 2}), to=tmp_path / "watched.zarr")


@pytest.mark.parametrize("again", [3, 2, 0])
def test_an_epoch_that_was_there_is_refused(again):
    watch, model = Watch(UNSEEN, **SMALL), network()
    for epoch in (0, 2, 3):
        watch.step(model, epoch)
    with pytest.raises(ValueError, match=f"epoch {again} does not come after epoch 3"):
        watch.step(model, again)


def test_a_training_that_diverges_is_nan_there_and_named():
    watch, model = Watch(UNSEEN, **SMALL), network()
    watch.step(model, 0)
    with torch.no_grad():
        model.fc2.weight[0, 0] = float("inf")
    with pytest.warns(UserWarning, match=r"epoch 2: fc2 has NaN or infinite activations"):
        watch.step(model, 2)
    result = watch.result
    assert bool(result.entropy.sel(epoch=2).isnull().all())
    assert bool(result.mutual_information.sel(epoch=2).isnull().all())
    assert bool(result.entropy.sel(epoch=0, layer="fc1").notnull().all())
    assert shown(inb.explore_training(result)) == [0]


def test_one_that_has_diverged_from_the_start_has_an_entropy_of_nan():
    watch, model = Watch(UNSEEN, **SMALL), network()
    with torch.no_grad():
        model.fc1.bias[0] = float("nan")
    with pytest.warns(UserWarning, match="epoch 0: fc1, fc2 has NaN"):
        watch.step(model, 0)
    assert bool(watch.result.entropy.isnull().all())
    assert "mutual_information" not in watch.result


def test_a_layer_that_grows_is_refused_and_nothing_lost():
    watch, model = Watch(UNSEEN, **SMALL), network()
    watch.step(model, 0)
    model.fc1, model.fc2 = nn.Linear(2, 9), nn.Linear(9, 4)
    with pytest.raises(ValueError, match=r"before epoch 2 \(fc1: 6 → 9\).*Make a new Watch"):
        watch.step(model, 2)
    assert watch.result.epoch.values.tolist() == [0]


@pytest.mark.parametrize("form", ["dataset", "array", "tensor", "pair", "loader", "list"])
def test_forms_of_the_sample(form):
    inputs = UNSEEN.input.values.astype("float32")
    sample = {
        "dataset": UNSEEN, "array": inputs, "tensor": torch.tensor(inputs),
        "pair": (inputs, UNSEEN.label.values), "loader": loader(),
        "list": [inputs[:30], inputs[30:]],
    }[form]  # fmt: skip
    watch, model = Watch(sample, **SMALL), network()
    for epoch in (0, 2):
        watch.step(model, epoch)
    expected = inb.entropy(inb.record(model, UNSEEN, layers=LAYERS, progress=False))
    for epoch in (0, 2):
        np.testing.assert_array_equal(watch.result.entropy.sel(epoch=epoch).values, expected.values)


def test_one_neuron_and_few_samples():
    watch, model = Watch(UNSEEN.isel(sample=slice(5)), ["fc1"]), MLP([2, 1, 1])
    watch.step(model, 0)
    assert watch.result.entropy.shape == (1, 1, 1)
    assert shown(inb.explore_training(watch.result)) == [0]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"every": 0}, ValueError, "every must be at least 1"),
        ({"edges": "shared"}, ValueError, r"activations=True, and then infonb.entropy\(watch.resu"),
        ({"edges": "comon"}, ValueError, "Did you mean 'common'"),
        ({"estimator": "kgs"}, ValueError, "Did you mean 'ksg'"),
        ({"layer": ["fc1"]}, TypeError, r"no argument 'layer'; of infonb.record it takes"),
        ({"sample": iter([1])}, TypeError, "list_iterator, which can be read only once"),
    ],
)
def test_choices_that_are_none_are_named_when_it_is_made(options, error, words):
    with pytest.raises(error, match=words):
        Watch(**({"sample": UNSEEN} | options))


def test_nothing_watched_and_no_epoch_are_named():
    watch = Watch(UNSEEN, **SMALL)
    with pytest.raises(ValueError, match=r"nothing was watched yet.*watch.step\(model, epoch\)"):
        watch.result  # noqa: B018
    epochs = r"epoch must be a whole number, 0 before training, or 'last' at its end; not "
    for epoch in ("final", "3"):
        with pytest.raises(ValueError, match=rf"{epochs}'{epoch}' \(str\)"):
            watch.step(network(), epoch)
    for wrong in (1.5, None, True):
        with pytest.raises(TypeError, match=f"{epochs}{wrong}"):
            watch.step(network(), wrong)  # type: ignore[arg-type]


def test_what_is_no_network_is_named():
    watch = Watch(UNSEEN, **SMALL)
    for epoch in (9, 10, "last"):
        with pytest.raises(TypeError, match=r"^model must be a torch\.nn\.Module; not NoneType\.$"):
            watch.step(None, epoch)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"torch\.nn\.Module; not str"):
        watch.start("network", 0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nothing was watched yet"):
        watch.result  # noqa: B018


def test_it_is_saved_and_opened_as_it_is(tmp_path):
    from infonb.storage import open_dataset, save_dataset

    watch = Watch(UNSEEN, **SMALL, activations=True)
    inb.fit(network(), TRAIN, epochs=2, callbacks=[watch], **OPTIONS)
    save_dataset(watch.result, tmp_path / "it.zarr")
    xr.testing.assert_identical(open_dataset(tmp_path / "it.zarr").load(), watch.result)


def test_warnings_of_the_measures_do_not_come_from_a_relu():
    watch = Watch(UNSEEN, ["relu1", "relu2"], neurons=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watch.step(network(), 0)
