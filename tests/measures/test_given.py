"""Every form in which a variable may be given: the same numbers, or one clear line."""

from __future__ import annotations

import datetime
import decimal

import dask.array
import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

import infonb as inb

S = 24
RNG = np.random.default_rng(0)
NUMBERS, CLASSES = np.round(RNG.normal(size=S) * 4) / 8, np.arange(S) % 3
WORDS = np.array(["cat", "dog", "eel"])[CLASSES]
HOLES = np.ma.array(NUMBERS, mask=np.arange(S) == 5)


@pytest.fixture
def acts():
    values = RNG.normal(size=(2, S))
    return xr.DataArray(values, dims=("neuron", "sample"), coords={"sample": np.arange(S)})


def information(acts, other):
    return inb.mutual_information(acts, other=other, estimator="binned", bins=4)


@pytest.mark.parametrize(
    "other",
    [
        torch.tensor(NUMBERS), torch.tensor(NUMBERS).bfloat16(), torch.tensor(NUMBERS).half(),
        torch.tensor(NUMBERS, requires_grad=True), torch.nn.Parameter(torch.tensor(NUMBERS)),
        list(NUMBERS), tuple(NUMBERS.tolist()), [torch.tensor(v) for v in NUMBERS],
        pd.Series(NUMBERS), pd.Series(NUMBERS, dtype="Float64"), pd.Index(NUMBERS),
        np.ma.array(NUMBERS), NUMBERS.astype(ml_dtypes.bfloat16), NUMBERS.astype(">f4"),
        xr.Variable("sample", NUMBERS), xr.DataArray(NUMBERS, dims="sample"),
        xr.DataArray(dask.array.from_array(NUMBERS, chunks=7), dims="sample"),
    ],
    ids=lambda other: type(other).__name__,
)  # fmt: skip
def test_numbers(acts, other):
    found = information(acts, other)
    np.testing.assert_array_equal(found, information(acts, NUMBERS))
    assert found.attrs["other_kind"] == "continuous"


@pytest.mark.parametrize(
    "other",
    [
        torch.tensor(CLASSES), torch.tensor(CLASSES, dtype=torch.uint8), CLASSES.tolist(),
        CLASSES.astype(object), WORDS, WORDS.tolist(), WORDS.astype("S"), pd.Series(WORDS),
        pd.Series(WORDS, dtype="category"), pd.Series(CLASSES / 4, dtype="category"),
        pd.Series(CLASSES, dtype="Int64"), pd.Series(WORDS, dtype="string"),
        pd.CategoricalIndex(WORDS), np.ma.array(CLASSES),
        xr.DataArray(pd.Categorical(WORDS), dims="sample"),
    ],
    ids=lambda other: type(other).__name__,
)  # fmt: skip
def test_classes(acts, other):
    found = information(acts, other)
    np.testing.assert_array_equal(found, information(acts, CLASSES))
    assert found.attrs["other_kind"] == "discrete, 3 classes"


@pytest.mark.parametrize(
    ("other", "error", "words"),
    [
        (HOLES, ValueError, "masked at position 5 of the samples; leave out"),
        (np.ma.array(CLASSES, mask=CLASSES == 1), ValueError, "masked at position 1"),
        (pd.Series([*WORDS[1:], None], dtype="category"), ValueError, "no value at position 23"),
        (pd.Series([*CLASSES[1:], None], dtype="Int64"), ValueError, "position 23 of the samples"),
        (pd.Series([*NUMBERS[1:], None], dtype="Float64"), ValueError, "not finite.* position 23"),
        (pd.Series(NUMBERS, index=np.arange(S)[::-1]), ValueError, "differ in their labels"),
        (NUMBERS.astype(object), TypeError, "objects such as .* measure something"),
        ([decimal.Decimal(1)] * S, TypeError, "objects such as Decimal"),
        ([datetime.date(2020, 1, 1)] * S, TypeError, "objects such as datetime.date"),
        (NUMBERS.astype(np.longdouble), TypeError, "float64 would lose digits"),
        (torch.tensor(NUMBERS).to_sparse(), TypeError, "cannot be read as an array"),
        ([[1, 2]] * (S - 1) + [[1]], TypeError, "cannot be read as an array"),
        (xr.Dataset({"a": ("sample", NUMBERS)}), TypeError, "cannot be read as an array"),
        (pd.DataFrame({"a": NUMBERS}), ValueError, r"shape \(24, 1\)"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_refused_in_one_line(acts, other, error, words):
    with pytest.raises(error, match=words) as caught:
        information(acts, other)
    assert "\n" not in str(caught.value)


def test_masked_chunks_are_not_their_raw_data(acts):
    chunks = dask.array.from_delayed(__import__("dask").delayed(lambda: HOLES)(), (S,), float)
    lazy = xr.DataArray(chunks[None], dims=("neuron", "sample"))
    for options in ({"bins": 3}, {"estimator": "knn"}):
        with pytest.raises(ValueError, match="masked values"):
            inb.entropy(lazy, **options).compute()
    masked = xr.DataArray(HOLES[None], dims=("neuron", "sample"))
    with pytest.raises(ValueError, match="activation is nan at neuron 0, sample 5"):
        inb.entropy(masked)
