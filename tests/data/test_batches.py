from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from torch.utils.data import DataLoader, TensorDataset

from infonb.data import concentric_circles
from infonb.data.batches import Batches

X = np.arange(24.0).reshape(8, 3)
Y = np.arange(8)


def batches(data, **kwargs) -> Batches:
    return Batches(data, device=torch.device("cpu"), dtype=torch.float32, name="train", **kwargs)


def test_in_order_without_a_generator() -> None:
    parts = list(batches((X, Y))(3))
    assert [len(labels) for _, labels in parts] == [3, 3, 2]
    np.testing.assert_array_equal(np.concatenate([inputs for inputs, _ in parts]), X)
    assert parts[0][0].dtype == torch.float32
    assert parts[0][1].dtype == torch.int64


def test_with_a_generator_every_example_comes_once_with_its_label() -> None:
    data = batches((X, Y))
    generator = torch.Generator().manual_seed(0)
    first, second = (list(data(3, generator)) for _ in range(2))
    for parts in (first, second):
        inputs, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
        np.testing.assert_array_equal(np.sort(labels), Y)
        np.testing.assert_array_equal(inputs, X[labels])
    assert not all(torch.equal(a[1], b[1]) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "data",
    [
        xr.Dataset({"input": (("feature", "sample"), X.T), "label": ("sample", Y)}),
        xr.Dataset({"input": (("sample", "feature"), X), "label": ("sample", Y)}).chunk(sample=3),
        (torch.tensor(X), torch.tensor(Y, dtype=torch.uint8)),
        [X[::-1][::-1], Y],
        (np.broadcast_to(X, X.shape), Y),  # not writable
        DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=8),
    ],
    ids=["transposed", "dask", "tensors", "strides", "read-only", "loader"],
)
def test_every_form_of_data_gives_the_same(data) -> None:
    ((inputs, labels),) = batches(data)(8)
    np.testing.assert_array_equal(inputs, X)
    np.testing.assert_array_equal(labels, Y)
    assert inputs.dtype == torch.float32


def test_whole_numbers_stay_whole() -> None:
    ((inputs, _),) = batches((X.astype(int), Y))(8)
    assert inputs.dtype == torch.int64


def test_fingerprint_tells_data_apart() -> None:
    assert batches((X, Y)).fingerprint() == batches((X.copy(), Y.copy())).fingerprint()
    others = [(X + 1, Y), (X, Y[::-1]), (X.reshape(8, 1, 3), Y)]
    assert len({batches(data).fingerprint() for data in [(X, Y), *others]}) == 4
    loader = DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=3)
    assert batches(loader).fingerprint() == "DataLoader of 3 batches"


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ((X, Y[:-1]), ValueError, r"train has inputs of shape \(8, 3\) but labels of shape \(7,\)"),
        ((X, Y[:, None]), ValueError, "one label per sample"),
        ((X, Y + 0.5), TypeError, "must be whole numbers; not torch.float64"),
        ((X[:0], Y[:0]), ValueError, "train is empty"),
        ((np.where(X == 5, np.nan, X), Y), ValueError, "NaN or infinite"),
        ((X, Y, Y), ValueError, "not 3 parts"),
        (X, ValueError, "train has no labels"),
        (xr.Dataset({"input": ("sample", Y)}), ValueError, "train has no labels"),
        (xr.Dataset({"x": ("sample", Y)}), ValueError, r"no variable 'input', only \['x'\]"),
        (xr.Dataset({"input": ("points", Y)}), ValueError, "without 'sample'"),
        ("train.csv", TypeError, "not str"),
    ],
)
def test_errors(data, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        batches(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (DataLoader(TensorDataset(torch.tensor(X))), "must yield"),
        (DataLoader([]), "train is empty: the DataLoader yields no batch"),
        (DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y))), "label 2, but the network"),
    ],
)
def test_errors_of_a_loader(data, message: str) -> None:
    loaded = batches(data)
    loaded.check_labels(2)
    with pytest.raises(ValueError, match=message):
        list(loaded(1))


def test_labels_out_of_range() -> None:
    circles = concentric_circles(10)
    batches(circles).check_labels(2)
    with pytest.raises(ValueError, match=r"label -1, .* between 0 and 1"):
        batches(circles.assign(label=circles.label - 1)).check_labels(2)


def test_labels_are_not_looked_at_when_not_needed() -> None:
    assert next(batches((X, Y + 0.5), labels=False)(8))[1] is None
    assert next(batches(X, labels=False)(8))[1] is None
