"""What is saved comes back, or is refused by name before anything is written."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from infonb import from_arrays, open_activations, save_activations
from infonb.storage import check_storable, open_dataset, save_dataset

pytestmark = pytest.mark.slow

VALUES = {
    "floats": [1.0, 0.0],
    "wholes": [1, 0],
    "truths": [True, False],
    "text": np.array(["a", "b"], dtype=object),
    "dates": np.array(["2000-01-01", "NaT"], dtype="M8[ms]"),
    "durations": np.array([1, 2], dtype="m8[us]"),
}

# to all of these xarray, or the conventions of such files, give a meaning
ATTRIBUTES = [
    {"scale_factor": 2.0, "add_offset": 1.0},
    {"_FillValue": 0.0},
    {"missing_value": 1},
    {"_FillValue": "text", "_Unsigned": "true", "_Encoding": "ascii"},
    {"dtype": "bool"},
    {"dtype": "int8", "units": "seconds"},
    {"units": "days since 2000-01-01", "calendar": "noleap"},
    {"units": "since"},
    {"units": "days", "dtype": "timedelta64[ns]"},
    {"coordinates": "other", "grid_mapping": "v", "bounds": "v", "ancillary_variables": "v"},
    {"coordinates": None},
    {"_ARRAY_DIMENSIONS": ["q"], "_NCProperties": "x", "_nc": 1},
    {"infonb_store": {"chunks": {}}, "infonb_digest": "0" * 32, "infonb_made": {}},
    {"": "", "ü / .": [float("inf"), float("-inf"), 2**70, {"a": []}]},
]


def assert_comes_back(tmp_path, dataset):
    """With the same types and order, read at once and in chunks; other readers open it, too."""
    before = dataset.copy(deep=True)
    path = save_dataset(dataset, tmp_path / "a.zarr", overwrite=True)
    xr.testing.assert_identical(dataset, before)
    for chunks in (None, {}):
        opened = open_dataset(path, chunks=chunks).load()
        xr.testing.assert_identical(opened, dataset)
        assert list(opened.variables) == list(dataset.variables)
        assert {n: str(v.dtype) for n, v in opened.variables.items()} == {
            n: str(v.dtype) for n, v in dataset.variables.items()
        }
    return xr.open_zarr(path).load()


@pytest.mark.parametrize("attrs", ATTRIBUTES, ids=str)
def test_attributes_have_no_meaning(tmp_path, attrs):
    variables = {f"v {kind}": ("x", values, attrs) for kind, values in VALUES.items()}
    coords = {f"c_{kind}": ("x", values, attrs) for kind, values in VALUES.items()}
    coords["x"] = ("x", [1.0, 2.0], attrs)
    assert_comes_back(tmp_path, xr.Dataset(variables, coords, attrs))


def test_other_readers_see_the_same_values(tmp_path):
    dataset = xr.Dataset({name: ("x", values) for name, values in VALUES.items()})
    dataset.floats.attrs = {"scale_factor": 2.0, "units": "nat"}
    seen = assert_comes_back(tmp_path, dataset)
    for name in VALUES:
        np.testing.assert_array_equal(seen[name].values, dataset[name].values)
    assert seen.floats.attrs == {"units": "nat"}


def test_encodings_of_a_file_that_was_read_do_not_matter(tmp_path):
    dataset = xr.Dataset({"v": ("x", [1.25, 2.5])}, {"x": [1, 2], "y": ("x", [3, 4])})
    dataset.v.encoding = {"scale_factor": 2.0, "dtype": "int8", "_FillValue": -1, "chunks": (9,)}
    dataset.y.encoding = {"dtype": "int8", "coordinates": "v"}
    dataset.encoding = {"coordinates": "v", "unlimited_dims": {"x"}}
    assert_comes_back(tmp_path, dataset)


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_dates_and_durations_of_every_length(tmp_path, unit):
    dates = np.array(["0001-01-01", "9999-12-31", "NaT"], dtype=f"M8[{unit}]")
    long = np.array([-(2**62), 2**62, -(2**63)], dtype=f"m8[{unit}]")
    dataset = xr.Dataset({"date": ("x", dates), "long": ("x", long), "one": ((), dates[1])})
    assert_comes_back(tmp_path, dataset.assign_coords(x=dates[[0, 1, 1]], y=("x", long)))
    whole = np.array(["1700-01-01T00:00:00.000000001", "2261-12-31"], dtype="M8[ns]")
    seen = assert_comes_back(tmp_path, xr.Dataset({"date": ("x", whole)}).chunk(x=1).compute())
    np.testing.assert_array_equal(seen.date.values, whole)


@pytest.mark.parametrize(
    "dtype", ["f2", "f4", ">f4", ">f8", "<i2", ">i8", ">u4", "u8", "c8", ">c16", "?", ">M8[s]", "O"]
)
def test_types_and_shapes(tmp_path, dtype):
    dataset = xr.Dataset()
    for name, shape in {"one": (), "none": (0,), "empty": (2, 0), "some": (2, 3)}.items():
        values = np.full(shape, "x", dtype=object) if dtype == "O" else np.ones(shape).astype(dtype)
        dataset[name] = ([f"{name}{i}" for i in range(len(shape))], values)
    assert_comes_back(tmp_path, dataset)


NAMES = ["my label", " ", "a.b", "c", "x.partial", "ü", "日本", "\U0001f642", "lock", ".hidden",
         "_x", "*", "a:b", "~", "{a}", "'", "coords", "a" * 200]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_variables_coordinates_dims_and_text(tmp_path, name):
    dataset = xr.Dataset(
        {"v": ((name,), [1.0, 2.0])}, {name: [3, 4], "text": (name, np.array([name, ""], object))}
    )
    assert_comes_back(tmp_path, dataset)
    other = xr.Dataset({"v": ("x", [1.0, 2.0]), name: ("y", [1])}, {"z": ("x", [1, 2])})
    assert_comes_back(tmp_path, other.assign_coords({name: ("x", [5, 6])}))
    acts = from_arrays({name: np.ones((3, 2))}).assign_coords({name: ("sample", [0, 1, 2])})
    save_activations(acts, tmp_path / "acts.zarr")
    xr.testing.assert_identical(open_activations(tmp_path / "acts.zarr").load(), acts)


def test_coordinates_without_an_index_and_names_that_differ_in_capitals(tmp_path):
    dataset = xr.Dataset({"a": ("x", [1, 2]), "A": ("x", [3, 4])}, {"x": ["p", "p"], "y": [1, 2]})
    dataset["x"] = dataset.x.astype(object)
    assert_comes_back(tmp_path, dataset.drop_indexes("y"))


BAD_NAMES = ["", ".", "..", "meta/label", "/", "a\\b", "a\0b", "a\nb", "zarr.json", "__x", "\ud800",
             "a" * 300]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_without_a_folder_are_refused(tmp_path, name):
    for dataset in (
        xr.Dataset({name: ("x", [1.0])}),
        xr.Dataset({"v": ("x", [1.0])}, {name: ("x", [1])}),
    ):
        with pytest.raises(ValueError, match=r"the variable '.* cannot be stored under this name"):
            save_dataset(dataset, tmp_path / "a.zarr")
    with pytest.raises(ValueError, match=r"cannot be stored under this name"):
        check_storable({name: [1, 2]}, {})
    assert os.listdir(tmp_path) == []


def stacked():
    return xr.Dataset({"v": (("a", "b"), [[1.0]])}, {"a": [1], "b": [2]}).stack(z=("a", "b"))


def looped():
    values: list = []
    values.append(values)
    return values


def holding(values):
    return xr.Dataset({"v": ("x", values)})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: holding(pd.Categorical(["a", "b"])), "'v' has the type category of pandas"),
        (lambda: holding(pd.array([1, None], "Int64")), "'v' has the type Int64 of pandas"),
        (
            lambda: holding(pd.date_range("2000", periods=2, tz="UTC")),
            "'v' has the type datetime64",
        ),
        (lambda: holding(np.zeros(2, np.longdouble)), "'v' has the type .*, which cannot be"),
        (lambda: holding(np.zeros(2, [("a", "f4")])), r"'v' has the type \[\('a', '<f4'\)\]"),
        (lambda: holding(np.zeros(2, "V4")), r"'v' has the type \|V4"),
        (lambda: holding(np.array(["a", "\ud800"])), "'v' holds half a sign"),
        (lambda: holding(np.array(["a", np.nan], object)), r"such as nan \(float\)"),
        (stacked, r"index of several levels, which cannot be stored; dataset.reset_index"),
        (lambda: xr.Dataset({"v": ((3,), [1.0])}), "names of dims must be text; not 3"),
        (lambda: xr.Dataset(attrs={"a": looped()}), "lists or dicts in one another without an end"),
        (lambda: xr.Dataset(attrs={"a": "\ud800"}), "holds half a sign"),
        (lambda: xr.Dataset(attrs={"a": np.datetime64("2000", "ns")}), "which cannot be stored"),
        (lambda: xr.Dataset(attrs={"a": np.timedelta64(3, "ns")}), "which cannot be stored"),
        (lambda: xr.Dataset(attrs={"a": 1j}), "which cannot be stored"),
        (lambda: xr.Dataset(attrs={"a": pd.NA}), "which cannot be stored"),
    ],
)
def test_what_would_come_back_as_another_type_is_refused(tmp_path, make, message):
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        save_dataset(make(), tmp_path / "a.zarr")
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_names_that_the_disk_does_not_tell_apart_are_refused(tmp_path, monkeypatch):
    from infonb.storage import stores

    write = stores._write

    def folding(dataset, folder, encoding, **kwargs):
        write(dataset.drop_vars("A"), folder, {"a": encoding["a"]}, **kwargs)

    monkeypatch.setattr(stores, "_write", folding)
    with pytest.raises(ValueError, match=r"\['A', 'a'\], cannot be told apart on this disk"):
        save_dataset(xr.Dataset({"a": ("x", [1]), "A": ("x", [2])}), tmp_path / "a.zarr")
    assert os.listdir(tmp_path) == []


def test_no_reader_is_warned(tmp_path):
    path = save_dataset(
        xr.Dataset({"seconds": ("layer", [1.0], {"units": "seconds"})}, {"layer": ["fc1"]}),
        tmp_path / "a.zarr",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xr.open_zarr(path).load()
        xr.open_dataset(path, engine="zarr").load()
