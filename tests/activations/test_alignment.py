"""Arrays that label their samples are put into one order, or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from activations.models import CLOSE, Functional, inputs, quiet, rows, valid

from infonb.activations import from_arrays

ONE = xr.DataArray(
    np.arange(6.0).reshape(3, 2), {"sample": [10, 11, 12]}, ("sample", "neuron")
).assign_coords(group=("sample", list("xyz")))
OTHER = ONE.isel(sample=[2, 0, 1])


def test_layers_are_aligned_by_the_labels_of_their_samples():
    found = from_arrays({"one": ONE, "other": OTHER, "plain": ONE.values})
    for layer in ("other", "plain"):
        np.testing.assert_array_equal(
            found.activation.sel(layer=layer), found.activation.sel(layer="one")
        )
    np.testing.assert_array_equal(found.sample, [10, 11, 12])
    assert "".join(found.group.values) == "xyz"
    # in which the first with labels counts, whatever stands before it
    assert from_arrays({"plain": ONE.values, "other": OTHER}).sample.values.tolist() == [12, 10, 11]
    table = pd.DataFrame(ONE.values, index=[4, 2, 9])
    tables = from_arrays({"one": table, "other": table.iloc[[2, 1, 0]]})
    np.testing.assert_array_equal(tables.activation[0], tables.activation[1])
    np.testing.assert_array_equal(tables.sample, [4, 2, 9])


def test_numbers_of_the_rows_of_a_table_are_labels_beside_the_same_ones():
    table = pd.DataFrame(np.arange(6.0).reshape(3, 2))
    mixed = table.iloc[[2, 0, 1]]
    for arrays, order in (
        ({"a": table, "b": mixed}, [0, 1, 2]),
        ({"a": mixed, "b": table}, [2, 0, 1]),
        ({"a": table, "b": xr.DataArray(mixed.values, {"sample": [2, 0, 1]}, ONE.dims)}, [0, 1, 2]),
    ):
        found = from_arrays(arrays, coords={"n": pd.Series([7, 8, 9])})
        np.testing.assert_array_equal(found.activation[0], table.values[order].T)
        np.testing.assert_array_equal(found.activation[1], table.values[order].T)
        np.testing.assert_array_equal(found.n, np.array([7, 8, 9])[order])
        np.testing.assert_array_equal(found.sample, order)
    with pytest.raises(ValueError, match="layer 'b' has other labels"):
        from_arrays({"a": table, "b": table.set_index(table.index + 1)})


@pytest.mark.parametrize(
    ("index", "names"),
    [
        (list("xyz"), {"sample_name": list("xyz")}),
        (pd.Index([0.5, 1.5, 2.5], name="time"), {"time": [0.5, 1.5, 2.5]}),
        (
            pd.MultiIndex.from_tuples([("u", 1), ("u", 2), ("v", 1)], names=["text", None]),
            {"text": list("uuv"), "sample_name_1": [1, 2, 1]},
        ),
    ],
)
def test_names_of_the_rows_of_a_table_are_kept(index, names):
    table = pd.DataFrame(np.arange(6.0).reshape(3, 2), index=index)
    found = from_arrays({"a": table, "b": table.iloc[[1, 2, 0]]})
    np.testing.assert_array_equal(found.activation[1], table.values.T)
    np.testing.assert_array_equal(found.sample, [0, 1, 2])
    for name, values in names.items():
        np.testing.assert_array_equal(found[name], values)


def test_what_is_known_is_aligned_too():
    names = pd.Series([1, 2, 3], index=[12, 11, 10])
    for known in (names, xr.DataArray(names.values, {"sample": names.index}, "sample")):
        np.testing.assert_array_equal(from_arrays({"one": ONE}, coords={"n": known}).n, [3, 2, 1])
    # a number in the order of the rows is no label
    plain = from_arrays({"one": ONE}, coords={"n": pd.Series([1, 2, 3])})
    np.testing.assert_array_equal(plain.n, [1, 2, 3])
    np.testing.assert_array_equal(
        from_arrays({"one": ONE.values}, coords={"n": names}).n, [1, 2, 3]
    )


@pytest.mark.parametrize(
    ("arrays", "coords", "message"),
    [
        ({"a": ONE, "b": OTHER[:2]}, {}, r"layer 'b' has other labels .* \(12, 10\) than the rest"),
        ({"a": ONE, "b": ONE.assign_coords(sample=[1, 2, 3])}, {}, "layer 'b' has other labels"),
        ({"a": ONE.assign_coords(sample=[1, 1, 2]), "b": ONE}, {}, "layer 'b' has other labels"),
        (
            {"a": ONE, "b": ONE.assign_coords(group=("sample", list("xyy")))},
            {},
            "layer 'b' has other values of 'group'",
        ),
        ({"a": ONE}, {"n": pd.Series([1, 2, 3], [7, 8, 9])}, "coords: 'n' has other labels"),
        (
            {"a": ONE.values},
            {"n": pd.Series([1, 2, 3], [7, 8, 9]), "m": pd.Series([1, 2, 3], [9, 8, 7])},
            "coords have labels of the samples in different orders",
        ),
        ({"a": ONE.assign_coords(sample=list("abc"))}, {}, "'sample' holds whole numbers"),
    ],
)
def test_labels_that_do_not_agree(arrays, coords, message):
    with pytest.raises(ValueError, match=message):
        from_arrays(arrays, coords=coords)


def test_names_of_neurons_are_kept_where_all_layers_have_them():
    named = ONE.assign_coords(neuron=[7, 3])
    np.testing.assert_array_equal(from_arrays({"a": named}).neuron, [7, 3])
    np.testing.assert_array_equal(from_arrays({"a": named, "b": named[:, :1]}).neuron, [7, 3])
    np.testing.assert_array_equal(from_arrays({"a": named, "b": named[:, ::-1]}).neuron, [0, 1])


def test_recorded_inputs_are_aligned_with_labels_and_coords():
    model, x = Functional(), inputs(5, 4)
    data = xr.DataArray(x.numpy(), {"sample": np.arange(5)[::-1]}, ("sample", "feature"))
    known = xr.DataArray(np.arange(5) * 2, {"sample": np.arange(5)}, "sample")
    for found in (
        quiet(model, (data.transpose(), known), "first"),
        quiet(model, ({"x": data}, known), "first", batch_size=2),
        quiet(model, data, "first", coords={"label": known}),
    ):
        np.testing.assert_allclose(valid(found, "first"), rows(model.first(x)), **CLOSE)
        np.testing.assert_array_equal(found.sample, [4, 3, 2, 1, 0])
        np.testing.assert_array_equal(found.label, [8, 6, 4, 2, 0])
    with pytest.raises(ValueError, match="the label has other labels of the samples"):
        quiet(model, (data, known.assign_coords(sample=np.arange(5) + 1)))
    more = data.isel(sample=[1, 0, 2, 3, 4])
    with torch.no_grad():
        found = quiet(Sum(), {"x": data, "y": more}, "inner")
        np.testing.assert_allclose(valid(found, "inner"), 2 * x.numpy().T, **CLOSE)


class Sum(Functional):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Identity()

    def forward(self, x, y):
        return super().forward(self.inner(x + y))
