"""Stores are written wholly or not at all, and never over something else."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from infonb.storage import CHUNK_BYTES, open_dataset, replacing, save_dataset
from infonb.storage.stores import _chunk_lengths


def results(**attrs):
    return xr.Dataset(
        {
            "entropy": (("alpha", "layer"), np.arange(6.0).reshape(2, 3), {"units": "nat"}),
            "seconds": ("alpha", [1.5, 2.5], {"units": "seconds"}),
            "holds": ("alpha", [True, False]),
            "word": ("alpha", np.array(["yes", "no"], dtype=object)),
            "none": ("alpha", [0, 0]),
            "number": ((), 3),
        },
        {"layer": np.array(["b", "a", "c"], dtype=object), "alpha": [0.0, 1.0]},
        {"seed": 0, "nothing": None, "list": [1, "a", None], "dict": {"a": [True]}, **attrs},
    )


def assert_same(opened, expected):
    xr.testing.assert_identical(opened, expected)
    assert list(opened.variables) == list(expected.variables)
    assert {n: opened[n].dtype for n in opened.variables} == {
        n: expected[n].dtype for n in expected.variables
    }


def test_round_trip_of_results(tmp_path):
    assert save_dataset(results(), tmp_path / "results.zarr") == tmp_path / "results.zarr"
    assert_same(open_dataset(tmp_path / "results.zarr").load(), results())
    assert os.listdir(tmp_path) == ["results.zarr"]
    empty = xr.Dataset(attrs={"a": 1})
    save_dataset(empty, tmp_path / "empty.zarr")
    assert_same(open_dataset(tmp_path / "empty.zarr"), empty)
    no_rows = results().drop_vars("word").isel(alpha=slice(0))
    save_dataset(no_rows, tmp_path / "rows.zarr")
    assert_same(open_dataset(tmp_path / "rows.zarr").load(), no_rows)


def test_times_and_other_numbers(tmp_path):
    dataset = xr.Dataset(
        {
            "when": ("x", np.array(["2020-01-01", "NaT"], dtype="datetime64[ns]")),
            "long": ("x", np.array([1, 2], dtype="timedelta64[ns]")),
            "complex": ("x", [1j, 2.0]),
            "half": ("x", np.array([1, np.nan], np.float16)),
            "small": ("x", np.array([0, 255], np.uint8)),
        }
    )
    save_dataset(dataset, tmp_path / "a.zarr")
    assert_same(open_dataset(tmp_path / "a.zarr").load(), dataset)


def test_fixed_width_text_and_numpy_numbers_become_plain(tmp_path):
    dataset = xr.Dataset({"x": ("layer", [1.0, 2.0])}, {"layer": ["b", "a"]})
    dataset.attrs = {"n": np.int64(3), "f": np.float32(0.5), "a": np.arange(2), "t": (1, 2)}
    dataset["x"].attrs["n"] = np.int64(4)
    before = dataset.copy(deep=True)
    save_dataset(dataset, tmp_path / "a.zarr")
    xr.testing.assert_identical(dataset, before)  # what was given is not changed
    assert type(dataset["x"].attrs["n"]) is np.int64
    opened = open_dataset(tmp_path / "a.zarr")
    assert opened.attrs == {"n": 3, "f": 0.5, "a": [0, 1], "t": [1, 2]}
    assert opened.layer.dtype == object
    assert list(opened.layer.values) == ["b", "a"]


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (results(model=object), r"attribute of the dataset, 'model' is <class 'object'> \(type\)"),
        (results(deep={"a": [{1}]}), r"'deep' is \{1\} \(set\), which cannot be stored"),
        (results(keys={1: 2}), r"names of attributes must be text; not 1"),
        (
            xr.Dataset({"x": ("a", np.array(["a", None], dtype=object))}),
            r"'x' holds objects that cannot be stored, such as",
        ),
        (xr.Dataset({"x": ("a", np.array([b"a"]))}), r"'x' has the type \|S1"),
        (xr.Dataset({1: ("a", [1])}), r"names of variables must be text; not 1"),
        (xr.DataArray([1.0]), r"only a Dataset can be saved; not DataArray. .to_dataset"),
        ("x", r"only a Dataset can be saved; not str"),
    ],
)
def test_what_cannot_be_stored_is_named_and_nothing_written(tmp_path, dataset, message):
    with pytest.raises(TypeError, match=message):
        save_dataset(dataset, tmp_path / "a.zarr")
    assert os.listdir(tmp_path) == []


def test_nothing_is_replaced_unasked(tmp_path):
    path = save_dataset(results(), tmp_path / "a.zarr")
    with pytest.raises(FileExistsError, match=r"a.zarr is there already; pass overwrite=True"):
        save_dataset(results(seed=1), path)
    assert_same(open_dataset(path).load(), results())
    save_dataset(results(seed=1), path, overwrite=True)
    assert open_dataset(path).attrs["seed"] == 1
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_only_stores_are_replaced(tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("text")
    with pytest.raises(FileExistsError, match=r"it is not a zarr store"):
        save_dataset(results(), thesis, overwrite=True)
    file = tmp_path / "file"
    file.write_text("text")
    with pytest.raises(FileExistsError, match=r"it is not a zarr store"):
        save_dataset(results(), file, overwrite=True)
    path = save_dataset(results(), tmp_path / "a.zarr")
    (path / "notes.txt").write_text("text")
    with pytest.raises(FileExistsError, match=r"it holds 'notes.txt', which is no part"):
        save_dataset(results(), path, overwrite=True)
    assert (path / "notes.txt").read_text() == (thesis / "chapter.txt").read_text() == "text"


@pytest.mark.parametrize("place", ["entropy/notes.txt", "entropy/c/0/best/notes", "c.txt"])
def test_what_somebody_has_put_into_a_store_is_not_lost(tmp_path, place):
    path = save_dataset(results(), tmp_path / "a.zarr")
    (path / place).parent.mkdir(exist_ok=True)
    (path / place).write_text("text")
    with pytest.raises(FileExistsError, match=rf"it holds '{place}', which is no part"):
        save_dataset(results(), path, overwrite=True)
    assert (path / place).read_text() == "text"


@pytest.mark.parametrize("separator", ["/", "."])
def test_stores_of_other_programs_are_replaced(tmp_path, separator):
    import zarr

    path = tmp_path / "a.zarr"
    keys = {"name": "v2", "separator": separator}
    inner = zarr.create_group(path).create_group("inner")
    inner.create_array("x", data=np.ones((2, 2)), chunk_key_encoding=keys)
    inner.create_array("y", data=np.ones((2, 2)), chunks=(1, 2))
    (path / "inner/x" / f"zarr.{'0' * 32}.partial").touch()  # as zarr leaves it when it is killed
    save_dataset(results(), path, overwrite=True)
    assert_same(open_dataset(path).load(), results())


def test_of_two_writers_the_second_replaces_nothing_unasked(tmp_path):
    """The first one ends while the second one gets ready."""
    import dask.array

    path = tmp_path / "a.zarr"

    def ready(block):
        if block.size and not path.exists():
            save_dataset(results(), path)
        return block

    lazy = dask.array.ones(2, chunks=2).map_blocks(ready, dtype=float)
    dataset = xr.Dataset({"x": ("i", [1.0, 2.0])}, {"label": ("i", lazy)})
    with pytest.raises(FileExistsError, match=r"a.zarr is there already; pass overwrite=True"):
        save_dataset(dataset, path)
    assert_same(open_dataset(path).load(), results())
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.parametrize("chunks", [None, {}])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_store_that_is_replaced_while_it_is_open_is_not_read_as_the_old_one(
    tmp_path, chunks, replaced
):
    lengths = {"x": {"i": 4}}
    path = save_dataset(xr.Dataset({"x": ("i", np.zeros(8))}), tmp_path / "a.zarr", chunks=lengths)
    opened = open_dataset(path, chunks=chunks)
    np.testing.assert_array_equal(opened.x[:4], np.zeros(4))
    if replaced:
        save_dataset(xr.Dataset({"x": ("i", np.ones(8))}), path, overwrite=True, chunks=lengths)
    else:
        shutil.rmtree(path)
    for part in (slice(4, 8), slice(2, 6)):
        with pytest.raises(ValueError, match=r"a.zarr was replaced or removed after it was opened"):
            opened.x[part].load()


class Fails:
    """An array whose second half cannot be computed."""

    def __call__(self, block):
        if block.size and block[0] >= 4:
            raise self.error("in the middle")
        return block

    def __init__(self, error):
        self.error = error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [True, False])
def test_failure_in_the_middle_leaves_what_was_there(tmp_path, error, old):
    import dask
    import dask.array

    values = dask.array.arange(8, chunks=4).map_blocks(Fails(error), meta=np.array([], dtype=int))
    dataset = xr.Dataset({"x": ("i", values)})
    if old:
        save_dataset(results(), tmp_path / "a.zarr")
    with dask.config.set(scheduler="synchronous"), pytest.raises(error, match="in the middle"):
        save_dataset(dataset, tmp_path / "a.zarr", overwrite=True, chunks={"x": {"i": 4}})
    assert os.listdir(tmp_path) == ["a.zarr"] * old
    if old:
        assert_same(open_dataset(tmp_path / "a.zarr").load(), results())


@pytest.mark.parametrize("at_once", [True, False])
def test_failure_of_the_last_move_brings_the_old_store_back(tmp_path, monkeypatch, at_once):
    path = save_dataset(results(), tmp_path / "a.zarr")
    rename = Path.rename

    def failing(self, target):
        if self.name == "new":
            raise OSError("no space")
        return rename(self, target)

    def raising(*_):
        raise OSError("no space")

    if at_once:
        monkeypatch.setattr(replacing, "_exchange", raising)
    else:  # a system that cannot exchange two folders
        monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
        monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no space"):
        save_dataset(results(seed=1), path, overwrite=True)
    assert_same(open_dataset(path).load(), results())
    assert os.listdir(tmp_path) == ["a.zarr"]
    monkeypatch.undo()
    save_dataset(results(seed=1), path, overwrite=True)
    assert open_dataset(path).attrs["seed"] == 1


@pytest.mark.parametrize("way", [open_dataset, lambda path: save_dataset(results(), path)])
def test_a_store_that_was_moved_aside_is_found_again(tmp_path, way):
    """Between two renames, where a system cannot exchange two folders, it has no place."""
    path = save_dataset(results(), tmp_path / "a.zarr")
    (tmp_path / ".a.zarr.saving").mkdir()
    path.rename(tmp_path / ".a.zarr.saving/old")
    with contextlib.suppress(FileExistsError):
        way(path)
    assert_same(open_dataset(path).load(), results())


def test_what_a_killed_process_left_goes_with_the_next(tmp_path):
    (tmp_path / ".a.zarr.saving/new/x").mkdir(parents=True)
    save_dataset(results(), tmp_path / "a.zarr")
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_links_to_stores_stay_links(tmp_path):
    path = save_dataset(results(), tmp_path / "a.zarr")
    link = tmp_path / "link.zarr"
    link.symlink_to(path)
    save_dataset(results(seed=1), link, overwrite=True)
    assert link.is_symlink()
    assert open_dataset(path).attrs["seed"] == 1


def test_what_is_no_store_is_named(tmp_path):
    save_dataset(results(), tmp_path / "results.zarr")
    with pytest.raises(
        FileNotFoundError, match=r"there is no .*result.zarr. Did you mean 'results"
    ):
        open_dataset(tmp_path / "result.zarr")
    with pytest.raises(FileNotFoundError, match=r"there is no"):
        open_dataset(tmp_path / "nowhere" / "a.zarr")
    with pytest.raises(ValueError, match=r"is not a zarr store: it holds no zarr.json"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("part", ["entropy/c/0/0", "entropy", "layer/c/0", "alpha/zarr.json"])
def test_store_of_which_a_part_is_missing(tmp_path, part):
    path = save_dataset(results(), tmp_path / "a.zarr")
    gone = path / part
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(ValueError, match=rf"a.zarr is not whole: of '{part.split('/')[0]}' only 0"):
        open_dataset(path)


def test_stores_of_other_programs_open(tmp_path):
    dataset = xr.Dataset({"x": ("i", [1.0, 2.0])})
    dataset.to_zarr(tmp_path / "3.zarr", zarr_format=3, consolidated=False)
    assert_same(open_dataset(tmp_path / "3.zarr").load(), dataset)


def test_stores_of_format_2_are_not_decoded(tmp_path):
    dataset = xr.Dataset({"x": ("i", [1.0, 2.0])})
    dataset.to_zarr(tmp_path / "2.zarr", zarr_format=2, consolidated=False)
    with pytest.raises(ValueError, match=r"2.zarr is a zarr store of format 2, which is not open"):
        open_dataset(tmp_path / "2.zarr")


def test_chunks_are_divided_along_the_first_dims():
    big = xr.Variable(("a", "b", "c"), np.empty((7, 500, 8000), np.float32))
    lengths = _chunk_lengths(big, {})
    assert lengths == {"a": 1, "b": 500, "c": 8000}
    assert _chunk_lengths(big.isel(c=slice(80)), {}) == {"a": 7, "b": 500, "c": 80}
    assert _chunk_lengths(big, {"c": 9000, "b": 2}) == {"a": 1, "b": 2, "c": 8000}
    long = xr.Variable(("s",), np.empty(10**7, np.float64))
    assert _chunk_lengths(long, {})["s"] * 8 == CHUNK_BYTES


def test_zeros_and_nan_come_back_as_they_were(tmp_path):
    values = np.array([0.0, -0.0, np.nan, np.inf])
    dataset = xr.Dataset({"x": ("i", values), "zero": ("i", np.zeros(4, np.float32)),
                          "nan": ("i", np.full(4, np.nan))})  # fmt: skip
    save_dataset(dataset, tmp_path / "a.zarr")
    opened = open_dataset(tmp_path / "a.zarr").load()
    assert_same(opened, dataset)
    assert np.signbit(opened.x.values[1])
    assert not (tmp_path / "a.zarr/nan/c").exists()
