"""A recording on disk equals the one in memory."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
import xarray as xr
from activations.models import Functional, Reused, inputs, quiet
from activations.recordings import assert_same
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from infonb.activations import open_activations, save_activations
from infonb.data import concentric_circles
from infonb.networks.mlp import MLP

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("batch_size", [1, 4, 7, 30, 100])
def test_equals_the_recording_in_memory(tmp_path, batch_size):
    model, x = Functional(), inputs(53, 4)
    kwargs = {
        "batch_size": batch_size,
        "coords": {"group": ["a", "b"] * 26 + ["ü"], "sample": np.arange(53) * 2},
        "attrs": {"epoch": 3, "note": None},
    }
    data = (x, torch.arange(53) % 2)
    streamed = quiet(model, data, to=tmp_path / "a.zarr", **kwargs)
    assert streamed.activation.chunks == ((1, 1), (3, 2), (7,) * 7 + (4,))
    assert_same(streamed, quiet(model, data, **kwargs))
    assert_same(open_activations(tmp_path / "a.zarr"), streamed)
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.usefixtures("small_chunks")
def test_forms_of_data_and_models(tmp_path):
    model, x, labels = Functional(), inputs(20, 4), torch.arange(20)
    pairs = list(zip(x.split(6), labels.split(6), strict=True))
    texts = [(a, np.array(["x", "yz"] * 10)[b.numpy()]) for a, b in pairs]

    class Items(IterableDataset):
        def __iter__(self):
            return iter(x)

    cases = [
        (model, lambda: x.numpy(), {}),
        (model, lambda: pairs, {"dtype": "float64"}),  # labels in the batches
        (model, lambda: iter(texts), {"prediction": lambda output: output[:, 0] > 0}),
        (model, lambda: DataLoader(TensorDataset(x, labels), 6), {"hook": "input"}),
        (model, lambda: DataLoader(Items(), 6), {}),  # nobody knows how many
        (model, lambda: DataLoader(TensorDataset(x), 6, collate_fn=lambda parts: torch.stack(
            [part[0] for part in parts for _ in range(2)])), {}),  # more than it says
        (Reused(), lambda: x, {"layers": ["relu", "b"], "prediction": False}),
        (MLP([2, 6, 1]), lambda: concentric_circles(30), {"batch_size": 8}),
        (nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(18, 5), nn.Linear(5, 2)),
         lambda: inputs(9, 1, 4, 4), {"reduce": "flatten"}),
    ]  # fmt: skip
    for number, (net, data, kwargs) in enumerate(cases):
        path = tmp_path / f"{number}.zarr"
        assert_same(quiet(net, data(), to=path, **kwargs), quiet(net, data(), **kwargs))
        assert_same(quiet(net, data(), to=str(path), **kwargs), quiet(net, data(), **kwargs))


def test_layout_is_that_of_saved_activations_and_padding_is_not_written(tmp_path):
    model = MLP([4, 64, 8, 64, 1])
    model.fc3.weight.data[5] = np.nan  # a neuron that is NaN everywhere
    x = inputs(100, 4)
    save_activations(quiet(model, x), tmp_path / "saved.zarr")
    quiet(model, iter(x.split(30)), to=tmp_path / "streamed.zarr")
    listed = [
        {path.relative_to(folder) for path in folder.rglob("*")}
        for folder in (tmp_path / "saved.zarr", tmp_path / "streamed.zarr")
    ]
    assert listed[0] == listed[1]
    chunks = [path for path in (tmp_path / "streamed.zarr/activation/c").rglob("*/0")
              if path.is_file()]  # fmt: skip
    assert len(chunks) == 8 + 1 + 8


def test_chunks_of_real_size(tmp_path):
    model = nn.Sequential(nn.Linear(4, 768), nn.Linear(768, 768), nn.Linear(768, 2))
    streamed = quiet(model, inputs(6000, 4), to=tmp_path / "a.zarr")
    assert streamed.activation.chunks == ((1, 1), (768,), (5208, 792))
    assert 8e6 < 768 * 5208 * 4 < 32e6


def test_measures_take_it_as_it_is(tmp_path):
    from infonb.measures import entropy

    model, x = MLP([4, 6, 1]), inputs(200, 4)
    streamed = quiet(model, x, to=tmp_path / "a.zarr")
    measured = entropy(streamed.activation, dim="sample", bins=10)
    xr.testing.assert_equal(measured.compute(), entropy(quiet(model, x).activation, bins=10))
