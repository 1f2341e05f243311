"""The table of layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from infonb.activations import list_layers, record


def test_table_without_data():
    model = nn.Sequential(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), nn.Linear(3, 2))
    table = list_layers(model)
    assert list(table.index) == ["0", "0.0", "0.1", "1"]
    assert list(table["type"]) == ["Sequential", "Linear", "ReLU", "Linear"]
    assert list(table["parameters"]) == [15, 15, 0, 8]
    assert list(table["default"]) == [False, True, False, False]
    assert table.index.name == "layer"


def test_table_with_data_shows_what_record_gives():
    layers = [nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)]
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), *layers)
    model[1].add_module("unused", nn.Linear(3, 3))
    model.train()
    table = list_layers(model, torch.zeros(7, 2, 3))
    assert model.training
    assert list(table["calls"]) == [1, 1, 0, 1, 1, 1]
    assert table.loc["2", "output"] == "(sample, 4)"
    assert table.loc["1.unused", "output"] == ""
    assert table["neurons"].isna().sum() == 1
    activations = record(model, torch.zeros(7, 2, 3), progress=False)
    assert list(table.index[table["default"]]) == list(activations.layer.values)
    assert list(table["neurons"][table["default"]]) == list(activations.width.values)


def test_outputs_that_are_no_tensors_and_modules_used_twice():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.relu = nn.LSTM(3, 4, batch_first=True), nn.ReLU()

        def forward(self, x):
            return self.relu(self.lstm(self.relu(x))[0])

    table = list_layers(Model(), torch.zeros(5, 6, 3))
    assert table.loc["lstm", "output"] == "a tuple of 2 (Tensor, tuple)"
    assert list(table["calls"]) == [1, 2]
    assert table.loc["relu", "output"] == "(sample, 6, 3)"


def test_model_must_be_a_module():
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module; not int"):
        list_layers(3)
