"""The table of layers."""

from __future__ import annotations

import pandas as pd
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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scripted_and_traced_models_are_refused():
    model, x = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), torch.zeros(5, 4)
    for scripted in (torch.jit.script(model), torch.jit.trace(model, x)):
        for call in (
            lambda m=scripted: record(m, x, ["0"], progress=False),
            lambda m=scripted: list_layers(m),
        ):
            with pytest.raises(TypeError, match=r"scripted or traced \(torch.jit, .*Module\)"):
                call()
        mixed = nn.Sequential(nn.Linear(4, 4), scripted, nn.Linear(2, 2))
        with pytest.raises(ValueError, match="the module '1' is scripted or traced"):
            record(mixed, x, progress=False)
        for layer in ("1", "1.0"):
            with pytest.raises(ValueError, match=f"layer '{layer}' is scripted or traced"):
                record(mixed, x, layer, progress=False)
        assert list(record(mixed, x, ["0", "2"], progress=False).layer.values) == ["0", "2"]
        assert list(list_layers(mixed, x)["calls"]) == [1, 0, 0, 0, 1]


def test_the_table_is_printed_whole():
    model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(70)))
    model.add_module("a_name_" * 20, nn.Linear(4, 2))
    table = list_layers(model, torch.zeros(3, 4))
    for text in (repr(table), table._repr_html_(), repr(table[["type", "output"]])):
        assert "..." not in text
        assert all(f"{name}" in text for name in table.index)
    assert all(column in repr(table) for column in table.columns)
    assert len(repr(table).splitlines()) == 2 + 71
    assert isinstance(table, pd.DataFrame)
    assert pd.get_option("display.max_rows") == 60
