"""TorchLens is needed for operations only, and said to be missing in one line."""

from __future__ import annotations

import sys

import pytest
from activations.models import Functional, inputs, quiet

from infonb.activations import list_layers
from infonb.activations.torch_lens import looks_like_operation

X = inputs(10, 4)


def test_names_of_operations():
    assert all(map(looks_like_operation, ["relu_1_2", "conv2d_1_12", "linear_2_3:12"]))
    assert not any(map(looks_like_operation, ["relu_1", "fc1", "layer_1_2.0", "relu_1_2:", "a:1"]))


def test_without_torchlens(monkeypatch):
    monkeypatch.setattr("infonb.activations.torch_lens.find_spec", lambda name: None)
    message = r"which is not installed: pip install 'infonb\[operations\]'"
    with pytest.raises(ImportError, match=f"'relu_1_2' is no module of Functional; .*{message}"):
        quiet(Functional(), X, "relu_1_2")
    with pytest.raises(ImportError, match=message):
        list_layers(Functional(), X, operations=True)


def test_torchlens_is_imported_for_operations_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchlens", None)
    quiet(Functional(), X, "first")
    with pytest.raises(ImportError):
        quiet(Functional(), X, "relu_1_2")
