"""`fit_group` beside `fit`: the same numbers but for rounding, the same files, the same errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from infonb.networks import MLP
from infonb.training import ELRLoss, fit, fit_group
from infonb.training.group.member import Member

SIZES = [6, 8, 3]


def examples(seed=0, n=90):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, SIZES[0])).astype(np.float32)
    return inputs, inputs[:, :3].argmax(1)


def both(**options):
    """Return network and history, by `fit` and by `fit_group`."""
    options = {"epochs": 5, "batch_size": 32, "learning_rate": 0.01, "progress": False} | options
    alone, grouped = MLP(SIZES, seed=1), MLP(SIZES, seed=1)
    history = fit(alone, examples(), examples(1), seed=7, **options)
    (other,) = fit_group([grouped], [examples()], [examples(1)], seeds=[7], **options)
    return (alone, history), (grouped, other)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"penalty": 0.02}, {"batch_size": 500}, {"keep": "last"}, {"monitor": "train_loss"},
        {"stop_at": 0.6, "epochs": 40}, {"patience": 2, "monitor": "validation_loss"},
    ],
)  # fmt: skip
def test_as_fit_but_for_rounding(options):
    (alone, history), (grouped, other) = both(**options)
    for expected, found in zip(alone.parameters(), grouped.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    xr.testing.assert_allclose(other, history, rtol=1e-4)
    assert other.attrs == history.attrs


@pytest.mark.parametrize("first", ["fit", "group"])
def test_either_goes_on_with_what_the_other_has_begun(first, tmp_path):
    options = {"epochs": 3, "batch_size": 32, "progress": False}
    whole = MLP(SIZES, seed=1)
    fit(whole, examples(), examples(1), seed=7, **options | {"epochs": 6})
    ways = {
        "fit": lambda model, **o: fit(
            model, examples(), examples(1), seed=7, checkpoint=tmp_path, **o
        ),
        "group": lambda model, **o: fit_group(
            [model], [examples()], [examples(1)], seeds=[7], checkpoints=[tmp_path], **o
        )[0],
    }  # fmt: skip
    second = "group" if first == "fit" else "fit"
    ways[first](MLP(SIZES, seed=1), **options)
    model = MLP(SIZES, seed=5)  # its weights are in the checkpoint
    history = ways[second](model, **options | {"epochs": 6})
    assert history.sizes["epoch"] == 6
    for expected, found in zip(whole.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def weights(model):
    return torch.cat([parameter.detach().reshape(-1) for parameter in model.parameters()])


def group(tmp_path, seeds, **options):
    models = [MLP(SIZES, seed=seed) for seed in seeds]
    options = {"epochs": 6, "batch_size": 32, "progress": False} | options
    trains, folders = [examples(seed) for seed in seeds], [tmp_path / str(seed) for seed in seeds]
    fit_group(models, trains, seeds=seeds, checkpoints=folders, **options)
    return {seed: weights(model) for seed, model in zip(seeds, models, strict=True)}


@pytest.mark.parametrize("save_every", [1, 4])
@pytest.mark.parametrize("after", [3, 10, 11])  # of three networks: an epoch, the fourth in part
def test_an_interrupted_group_goes_on_in_other_groups(tmp_path, monkeypatch, after, save_every):
    expected = group(tmp_path / "whole", [0, 1, 2, 3])
    true, calls = Member.finish_epoch, []

    def interrupting(self, values):
        if len(calls) == after:
            raise KeyboardInterrupt
        calls.append(1)
        return true(self, values)

    with monkeypatch.context() as patch:
        patch.setattr(Member, "finish_epoch", interrupting)
        with pytest.raises(KeyboardInterrupt):
            group(tmp_path, [0, 1, 2], save_every=save_every)
    calls.clear()
    monkeypatch.setattr(Member, "finish_epoch", lambda *args: calls.append(1) or true(*args))
    found = group(tmp_path, [2, 3, 0]) | group(tmp_path, [1])
    assert len(calls) == 4 * 6 - after
    for seed, expected_weights in expected.items():
        assert torch.equal(found[seed], expected_weights)


def test_members_at_different_epochs_end_alike(tmp_path):
    expected = group(tmp_path / "whole", [0, 1, 2])
    group(tmp_path, [0], epochs=2)
    group(tmp_path, [1], epochs=5)
    found = group(tmp_path, [0, 1, 2])
    assert all(torch.equal(found[seed], expected[seed]) for seed in expected)


def test_one_that_diverges_costs_the_others_nothing(tmp_path):
    models = [MLP(SIZES, seed=seed) for seed in range(3)]
    with torch.no_grad():
        models[1].out.weight.fill_(3e38)
    trains = [examples(seed) for seed in range(3)]
    with pytest.raises(ValueError, match=r"train_loss became \w+ in epoch 1: training has") as told:
        fit_group(models, trains, seeds=range(3), epochs=4, progress=False)
    assert told.value.__notes__ == ["infonb: this is network 1 of 3."]
    alone = MLP(SIZES, seed=2)
    fit_group([alone], [trains[2]], seeds=[2], epochs=4, progress=False)
    assert torch.equal(weights(models[2]), weights(alone))


class Watching:
    """Draws random numbers and switches modes, and looks at the weights."""

    def __init__(self):
        self.seen = []

    def start(self, model, epoch):
        self.seen.append(("start", epoch))

    def step(self, model, epoch):
        torch.rand(3)
        model.eval()
        self.seen.append((epoch, weights(model)))

    def finish(self, model):
        self.seen.append(("finish", weights(model)))


def test_callbacks_see_their_own_network_and_leave_no_trace():
    models, plain = ([MLP(SIZES, seed=seed) for seed in range(2)] for _ in range(2))
    watching, options = [Watching(), Watching()], {"seeds": [0, 1], "epochs": 3, "progress": False}
    before = torch.get_rng_state()
    fit_group(models, [examples()] * 2, callbacks=[[one] for one in watching], **options)
    assert torch.equal(torch.get_rng_state(), before)
    fit_group(plain, [examples()] * 2, **options)
    for one, model, other in zip(watching, models, plain, strict=True):
        assert [name for name, _ in one.seen] == ["start", 1, 2, 3, "finish"]
        assert torch.equal(one.seen[-1][1], weights(model))
        assert torch.equal(weights(model), weights(other))
        assert model.training  # as it was


@pytest.mark.parametrize("change", ["replace", "freeze"])
def test_what_a_callback_does_in_vain_is_told(change):
    class Changing:
        def step(self, model, epoch):
            if change == "freeze":
                model.out.requires_grad_(False)
            else:
                model.out.weight.data = torch.zeros_like(model.out.weight)

    two = [MLP(SIZES), MLP(SIZES, seed=1)]
    with pytest.raises(ValueError, match="a callback has replaced weights, or frozen some") as told:
        fit_group(
            two, [examples()] * 2, seeds=[0, 1], epochs=3, progress=False,
            callbacks=[[], [Changing()]],
        )  # fmt: skip
    assert told.value.__notes__ == ["infonb: this is network 1 of 2."]


def test_a_network_keeps_no_other_in_memory():
    models = [MLP(SIZES, seed=seed) for seed in range(8)]
    fit_group(models, [examples()] * 8, seeds=range(8), epochs=1, progress=False)
    for model in models:
        sizes = [parameter.untyped_storage().nbytes() for parameter in model.parameters()]
        assert sizes == [4 * parameter.numel() for parameter in model.parameters()]


def test_others_are_trained_by_fit():
    def dropping():
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.5), nn.Linear(8, 3))

    one, other = dropping(), dropping()
    options = {"epochs": 2, "progress": False}
    histories = fit_group([one, MLP(SIZES)], [examples()] * 2, seeds=[3, 4], **options)
    assert histories[0].identical(fit(other, examples(), seed=3, **options))
    assert torch.equal(weights(one), weights(other))
    assert histories[1].seed == 4


def test_bad_lists_are_told():
    model = MLP(SIZES)
    with pytest.raises(ValueError, match="seeds has 2 entries for 1 models; give one for each"):
        fit_group([model], [examples()], seeds=[0, 1])
    with pytest.raises(ValueError, match="a network is given twice in models"):
        fit_group([model, model], [examples()] * 2, seeds=[0, 1])
    with pytest.raises(ValueError, match="train has the label 5"):
        fit_group([model], [(examples()[0], np.full(90, 5))], seeds=[0], progress=False)


def test_what_is_no_option_is_refused_whatever_the_network():
    for model in (MLP(SIZES), nn.Sequential(nn.Linear(6, 3), nn.Dropout())):
        with pytest.raises(ValueError, match=r"not 'epoch'. Did you mean 'epochs'?"):
            fit_group([model], [examples()], seeds=[0], epoch=3, progress=False)
        with pytest.raises(TypeError, match=r"give a list, validations=\[...\]"):
            fit_group([model], [examples()], seeds=[0], validation=examples(), progress=False)


def test_one_of_a_kind_in_place_of_a_list_is_told():
    data = xr.Dataset(
        {"input": (("sample", "place"), np.zeros((4, 6))), "label": ("sample", [0] * 4)}
    )
    with pytest.raises(TypeError, match=r"trains must be a list with an entry for each .*Dataset"):
        fit_group([MLP(SIZES), MLP(SIZES)], data, seeds=[0, 1], progress=False)
    with pytest.raises(TypeError, match=r"seeds must be a list with an entry for each .*; not int"):
        fit_group([MLP(SIZES)], [data], seeds=3, progress=False)


def test_nothing_is_shared_that_a_training_changes(tmp_path):
    two, data = [MLP(SIZES), MLP(SIZES, seed=1)], [examples()] * 2
    options = {"seeds": [0, 1], "epochs": 1, "progress": False}
    with pytest.raises(ValueError, match=f"checkpoints has {tmp_path} twice"):
        fit_group(two, data, checkpoints=[tmp_path, str(tmp_path)], **options)
    with pytest.raises(ValueError, match="shares weights with another: at place 1"):
        fit_group([two[0], nn.Sequential(two[0], nn.Linear(3, 3))], data, **options)
    with pytest.raises(ValueError, match="ELRLoss keeps a table of one training, which 2 networks"):
        fit_group(two, data, loss=ELRLoss(90, 3), **options)
    fit_group(two[:1], data[:1], loss=ELRLoss(90, 3), **options | {"seeds": [0]})
