"""Each sample along a training: values by hand, on disk, killed and resumed, no trace left."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from faults import FaultServer, at_every_operation
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from infonb.data import concentric_circles
from infonb.networks import MLP
from infonb.training import Dynamics, fit, fit_group, open_dynamics

POINTS = concentric_circles(60)


class Fixed(nn.Module):
    """Has the inputs as logits."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs + self.shift


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))


def at(model: nn.Module, *data: np.ndarray) -> xr.Dataset:
    dynamics = Dynamics(data)
    dynamics.step(model, 1)
    return dynamics.results.isel(epoch=0)


def test_by_hand():
    logits = np.log([[0.7, 0.2, 0.1], [0.5, 0.25, 0.25]]).astype(np.float32)
    found = at(Fixed(), logits, np.array([0, 2]))
    np.testing.assert_allclose(found.probability, [0.7, 0.25], rtol=1e-6)
    np.testing.assert_allclose(found.loss, [-math.log(0.7), math.log(4)], rtol=1e-6)
    np.testing.assert_allclose(found.margin, [math.log(3.5), -math.log(2)], rtol=1e-6)
    assert found.prediction.values.tolist() == [0, 0]


def test_one_logit_is_two_of_which_one_is_zero():
    one, labels = np.array([[2.0], [-3.0], [0.5]], np.float32), np.array([1, 1, 0])
    two = np.concatenate([np.zeros_like(one), one], axis=1)
    found = at(Fixed(), one, labels)
    xr.testing.assert_equal(found, at(Fixed(), two, labels))
    np.testing.assert_allclose(found.margin, [2.0, -3.0, -0.5])
    assert found.prediction.values.tolist() == [1, 0, 1]


def test_a_loss_near_zero_is_not_zero():
    found = at(Fixed(), np.array([[25.0, 0.0]], np.float32), np.array([0]))
    np.testing.assert_allclose(found.loss, [math.exp(-25)], rtol=1e-4)


def test_a_plain_loop_finds_the_same(tmp_path: Path):
    digits, labels = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32), np.arange(50)
    model, labels = MLP([4, 8, 3]), labels % 3
    found = at(model, digits, labels)
    for i in range(50):
        p = torch.softmax(model(torch.tensor(digits[i : i + 1])).double()[0], 0).tolist()
        own = p[labels[i]]
        best = max(p[c] for c in range(3) if c != labels[i])
        assert found.probability[i] == pytest.approx(own, rel=1e-5)
        assert found.loss[i] == pytest.approx(-math.log(own), rel=1e-5)
        assert found.margin[i] == pytest.approx(math.log(own / best), abs=1e-5)
        assert found.prediction[i] == int(np.argmax(p))


def test_no_trace_in_the_training():
    options = {"epochs": 3, "batch_size": 16, "progress": False, "keep": "last"}
    plain, seen = network(), network()
    fit(plain, POINTS, **options)
    loader = DataLoader(
        TensorDataset(torch.tensor(POINTS.input.values), torch.tensor(POINTS.label.values)),
        batch_size=7, generator=torch.Generator().manual_seed(3),
    )  # fmt: skip
    before = loader.generator.get_state()
    memory, by_loader = Dynamics(POINTS), Dynamics(loader)
    fit(seen, POINTS, **options, callbacks=[memory, by_loader])
    assert all(
        torch.equal(*both) for both in zip(plain.parameters(), seen.parameters(), strict=True)
    )
    assert torch.equal(loader.generator.get_state(), before)
    assert seen.training
    for name in ("loss", "margin", "probability", "prediction"):
        np.testing.assert_allclose(
            memory.results[name], by_loader.results[name], rtol=1e-4, atol=1e-6
        )
    assert memory.results.epoch.values.tolist() == [1, 2, 3]


def test_what_is_known_of_the_samples_is_kept(tmp_path: Path):
    noted = POINTS.assign_coords(
        is_wrong=("sample", np.arange(60) % 2 == 0), role=("sample", ["in", "out"] * 30)
    )
    memory, disk = Dynamics(noted), Dynamics(noted, folder=tmp_path / "d")
    for one in (memory, disk):
        one.step(MLP([2, 4, 1]), 1)
    assert memory.results.is_wrong.values.tolist() == [True, False] * 30
    xr.testing.assert_identical(memory.results, disk.results)
    xr.testing.assert_identical(open_dynamics(tmp_path / "d"), disk.results)
    np.testing.assert_array_equal(memory.results.label, POINTS.label)


def test_resumed_it_drops_what_lies_beyond_the_checkpoint(tmp_path: Path):
    options = {"batch_size": 16, "progress": False, "keep": "last"}
    whole = Dynamics(POINTS)
    fit(network(), POINTS, epochs=7, **options, callbacks=[whole])

    class Ends:
        def step(self, model: nn.Module, epoch: int) -> None:
            if epoch == 5:
                raise KeyboardInterrupt

    checkpoint = tmp_path / "checkpoint"
    options |= {"save_every": 3, "checkpoint": checkpoint}
    first = Dynamics(POINTS, folder=tmp_path / "d")
    with pytest.raises(KeyboardInterrupt):
        fit(network(), POINTS, epochs=7, **options, callbacks=[Ends(), first])
    assert first.results.epoch.values.tolist() == [1, 2, 3, 4]  # the checkpoint has 5
    again = Dynamics(POINTS, folder=tmp_path / "d")
    fit(network(), POINTS, epochs=7, **options, callbacks=[again])
    xr.testing.assert_identical(again.results, whole.results)


def test_networks_that_train_together_are_recorded_apart():
    models = [MLP([2, 8, 1], seed=seed) for seed in (0, 1)]
    both = [Dynamics(POINTS), Dynamics(POINTS)]
    options = {"epochs": 3, "batch_size": 16, "progress": False, "keep": "last"}
    fit_group(models, [POINTS] * 2, seeds=[0, 1], callbacks=[[one] for one in both], **options)
    for seed, dynamics in enumerate(both):
        alone, model = Dynamics(POINTS), MLP([2, 8, 1], seed=seed)
        fit(model, POINTS, seed=seed, callbacks=[alone], **options)
        xr.testing.assert_allclose(dynamics.results, alone.results, rtol=1e-3)


def test_start_drops_later_epochs_and_begins_anew(tmp_path: Path):
    for dynamics in (Dynamics(POINTS), Dynamics(POINTS, folder=tmp_path / "d")):
        model = MLP([2, 4, 1])
        for epoch in (1, 2, 3):
            dynamics.step(model, epoch)
        dynamics.start(model, 2)
        assert dynamics.results.epoch.values.tolist() == [1, 2]
        dynamics.start(model, 0)
        with pytest.raises(ValueError, match="nothing was recorded"):
            dynamics.results  # noqa: B018
        dynamics.step(model, 1)
        assert dynamics.results.sizes["epoch"] == 1


def test_interrupted_while_it_drops_epochs_it_leaves_no_gap(tmp_path: Path, monkeypatch):
    dynamics, model = Dynamics(POINTS, folder=tmp_path / "d"), MLP([2, 4, 1])
    for epoch in range(1, 6):
        dynamics.step(model, epoch)

    def interrupted(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("infonb.training.epoch_store.shutil.rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dynamics.start(model, 2)
    assert open_dynamics(tmp_path / "d").epoch.values.tolist() == [1, 2, 3, 4]
    again = Dynamics(POINTS, folder=tmp_path / "d")
    again.start(model, 2)
    assert again.results.epoch.values.tolist() == [1, 2]
    assert not list((tmp_path / "d").glob(".*")), "nothing is left over"


IMPORTS = """
import numpy as np, torch
from torch import nn
from infonb.training import Dynamics
import infonb.storage, zarr, infonb.data.batches
"""
WORK = f"""{IMPORTS}
torch.manual_seed(0)
data = np.linspace(-1, 1, 10, dtype=np.float32).reshape(5, 2), np.array([0, 1, 0, 1, 1])
model = nn.Linear(2, 1)
dynamics = Dynamics(data, folder=folder / "d")
done = max(dynamics._kept.epochs(), default=0)
dynamics.start(model, min(done, 2))
for epoch in range(min(done, 2) + 1, 4):
    dynamics.step(model, epoch)
"""


@pytest.mark.slow
def test_killed_at_any_operation_an_epoch_is_whole_or_absent(tmp_path: Path):
    with FaultServer(WORK, tmp_path / "work", IMPORTS) as server:
        first = server.run()
        assert first.code == 0, first.errors
        whole = open_dynamics(server.folder / "d")
        seen = set()
        for outcome in at_every_operation(server, most=8):
            try:
                left = open_dynamics(server.folder / "d")
            except ValueError as error:
                if "nothing was recorded" not in str(error):
                    raise
                seen.add(0)
            else:
                n = left.sizes["epoch"]
                xr.testing.assert_identical(left, whole.isel(epoch=slice(n)))
                seen.add(n)
            assert outcome.code != 0
            assert server.run().code == 0  # goes on, drops epoch 3 if it is there
            xr.testing.assert_identical(open_dynamics(server.folder / "d"), whole)
        assert len(seen) > 1, "no kill fell between two epochs"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((np.zeros((4, 2)), np.array([0, 1, 3, 1])), "label 3, but the network tells 3 classes"),
        ((np.zeros((4, 2)), np.array([0, 1, -1, 1])), "label -1, but the network"),
    ],
)
def test_labels_outside_the_classes_are_refused_before_training(data, message, tmp_path: Path):
    dynamics = Dynamics(data, folder=tmp_path / "d")
    with pytest.raises(ValueError, match=message):
        dynamics.start(MLP([2, 4, 3]), 0)
    assert not (tmp_path / "d").exists()


def test_errors(tmp_path: Path):
    with pytest.raises(ValueError, match="data has no labels"):
        Dynamics(np.zeros((3, 2)))
    loader = DataLoader(TensorDataset(torch.zeros(4, 2), torch.zeros(4).long()), shuffle=True)
    with pytest.raises(ValueError, match="Make one with shuffle=False"):
        Dynamics(loader)
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        Dynamics(POINTS, batch_size=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"is a file; folder= must be a folder"):
        Dynamics(POINTS, folder=tmp_path / "file")
    dynamics, model = Dynamics(POINTS, folder=tmp_path / "d"), MLP([2, 4, 1], seed=0)
    dynamics.step(model, 1)
    with pytest.raises(ValueError, match="epoch 1 does not come after epoch 1"):
        dynamics.step(model, 1)
    with pytest.raises(ValueError, match="another training was recorded"):
        dynamics.start(MLP([2, 4, 1], seed=1), 1)
    with pytest.raises(ValueError, match="dynamics of other samples"):
        Dynamics(concentric_circles(60, seed=3), folder=tmp_path / "d")
    with pytest.raises(ValueError, match="nothing was recorded"):
        open_dynamics(tmp_path / "none")
