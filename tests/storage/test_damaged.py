"""A bit that is flipped in any file of a store, and files that are cut, empty or garbage."""

from __future__ import annotations

import json
import random
import shutil

import numpy as np
import pytest
import xarray as xr

from infonb import from_arrays, open_activations, save_activations
from infonb.storage import open_dataset, read_checked, save_dataset, write_checked


def results():
    return xr.Dataset(
        {
            "entropy": (("alpha", "layer"), np.arange(6.0).reshape(2, 3), {"scale_factor": 2.0}),
            "when": ("alpha", np.array(["2020-01-01", "NaT"], dtype="M8[s]")),
            "word": ("alpha", np.array(["yes", "no"], dtype=object)),
            "number": ((), 3),
        },
        {"layer": np.array(["b", "a", "ü"], dtype=object), "alpha": [0.0, 1.0]},
        {"seed": 0, "list": [1, None]},
    )


def activations():
    rng = np.random.default_rng(0)
    layers = {"wide": rng.normal(size=(9, 6)), "narrow": rng.normal(size=(9, 2))}
    return from_arrays(layers, coords={"label": np.arange(9), "group": list("abcdefghi")})


KINDS = {
    "results": (results, save_dataset, open_dataset),
    "activations": (activations, save_activations, open_activations),
    "activations in chunks": (
        activations, save_activations, lambda path: open_activations(path, chunks={}),
    ),
}  # fmt: skip


def assert_same_or_refused(path, file, opened, expected):
    """One clear line names the store and the file, unless nothing is different."""
    try:
        found = opened(path).load()
    except ValueError as error:
        text = str(error)
        assert text.startswith(f"{path} is damaged: {file.relative_to(path)} is not as it was wr")
        assert "\n" not in text
        return
    xr.testing.assert_identical(found, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_goes_unseen(tmp_path, kind):
    make, save, opened = KINDS[kind]
    expected, rng = make(), random.Random(kind)
    path = save(expected, tmp_path / "a.zarr")
    for file in sorted(entry for entry in path.rglob("*") if entry.is_file()):
        content = file.read_bytes()
        for bit in rng.sample(range(8 * len(content)), 2):
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            file.write_bytes(flipped)
            assert_same_or_refused(path, file, opened, expected)
        file.write_bytes(content)
    xr.testing.assert_identical(opened(path).load(), expected)


@pytest.mark.parametrize(
    "key", ["infonb_store", "infonb_digest", "attributes", "seed", "node_type"]
)
def test_no_letter_of_the_root_can_change(tmp_path, key):
    path = save_dataset(results(), tmp_path / "a.zarr")
    content = (path / "zarr.json").read_bytes()
    at = content.rindex(f'"{key}"'.encode()) + 1
    for bit in range(0, 8 * len(key), 3):
        flipped = bytearray(content)
        flipped[at + bit // 8] ^= 1 << bit % 8
        (path / "zarr.json").write_bytes(flipped)
        with pytest.raises(ValueError, match=r"a.zarr is damaged: zarr.json is not as it was"):
            open_dataset(path)


DAMAGE = [b"", b"garbage", b"\0" * 40, b"[" * 100_000, b"{}", b'{"zarr_format": 3}']


@pytest.mark.parametrize("name", ["zarr.json", "entropy/zarr.json", "entropy/c/0/0", "layer/c/0",
                                  "number/c"])  # fmt: skip
@pytest.mark.parametrize("checked", [True, False])
def test_what_is_cut_or_garbage_is_named(tmp_path, name, checked):
    """Also in stores without checksums, of older versions and other programs."""
    expected, path = results(), tmp_path / "a.zarr"
    if checked:
        save_dataset(expected, path)
    else:
        expected = expected.drop_vars("when")
        expected.entropy.attrs.clear()
        expected.to_zarr(path, zarr_format=3, consolidated=False)
    file = path / name
    content = file.read_bytes()
    for damage in [*DAMAGE, content[:-1], content[: len(content) // 2]]:
        file.write_bytes(damage)
        with pytest.raises(ValueError, match=rf"a.zarr is damaged: {name} is not as it was writ"):
            open_dataset(path).load()


def test_a_lazy_part_that_is_right_is_read(tmp_path):
    expected = xr.Dataset({"x": ("i", np.arange(8))})
    path = save_dataset(expected, tmp_path / "a.zarr", chunks={"x": {"i": 4}})
    (path / "x/c/1").write_bytes(b"garbage")
    for chunks in (None, {}):
        opened = open_dataset(path, chunks=chunks)
        np.testing.assert_array_equal(opened.x[:4], np.arange(4))
        with pytest.raises(ValueError, match=r"a.zarr is damaged: x/c/1 is not as it was written"):
            opened.x[[0, -1]].load()


@pytest.mark.parametrize("n_bytes", [0, 13, 24, 40])
@pytest.mark.parametrize("chunks", [None, {}])
def test_a_chunk_of_another_size_is_named_whatever_its_checksum(tmp_path, n_bytes, chunks):
    import google_crc32c

    dataset = xr.Dataset({"x": ("i", np.arange(8.0))})
    path = save_dataset(dataset, tmp_path / "a.zarr", chunks={"x": {"i": 4}})
    content = bytes(n_bytes)
    checksum = google_crc32c.value(content).to_bytes(4, "little")
    (path / "x/c/1").write_bytes(content + checksum)
    with pytest.raises(ValueError, match=r"a.zarr is damaged: x/c/1 is not as it was written"):
        open_dataset(path, chunks=chunks).x[4:8].load()


def test_stores_of_older_versions_have_no_checksums(tmp_path):
    """They mark only how many chunks of each variable there are."""
    dataset, path = xr.Dataset({"x": ("i", [1.0, np.nan])}, attrs={"a": 1}), tmp_path / "a.zarr"
    dataset.to_zarr(path, zarr_format=3, consolidated=False)
    root = json.loads((path / "zarr.json").read_text())
    root["attributes"] |= {"infonb_chunks": {"x": 1}, "infonb_made": {}}
    (path / "zarr.json").write_text(json.dumps(root))
    xr.testing.assert_identical(open_dataset(path).load(), dataset)
    shutil.rmtree(path / "x/c")
    with pytest.raises(ValueError, match=r"a.zarr is not whole: of 'x' only 0 of 1 chunks"):
        open_dataset(path)


@pytest.mark.parametrize("change", [{"shape": [10**13]}, {"shape": [10**10]}])
def test_size_is_told_before_anything_is_allocated(tmp_path, change, monkeypatch):
    monkeypatch.setattr("infonb.storage.chunk_arrays.available_memory", lambda: 10**10)
    dataset = xr.Dataset({"x": ("i", [1.0, 2.0]), "other": ("i", [1, 2])}, {"i": [1.0, 2.0]})
    for name in ("i", "x"):
        path = tmp_path / f"{name}.zarr"
        dataset.drop_vars({"i", "x"} - {name}).to_zarr(path, zarr_format=3, consolidated=False)
        for array in (name, "other"):
            about = json.loads((path / array / "zarr.json").read_text()) | change
            about["chunk_grid"]["configuration"]["chunk_shape"] = [10**6]
            (path / array / "zarr.json").write_text(json.dumps(about))
        size = f"{change['shape'][0]:,}"
        with pytest.raises(ValueError, match=rf"'{name}'.*{size} values|{size} values .*'{name}'"):
            open_dataset(path)[name].load()


def test_notes_are_checked(tmp_path):
    path = tmp_path / "note.json"
    write_checked(path, {"a": [1.5, float("nan"), "ü"], "b": tmp_path})
    assert str(read_checked(path)) == str({"a": [1.5, float("nan"), "ü"], "b": str(tmp_path)})
    content = path.read_bytes()
    for bit in random.Random(0).sample(range(8 * len(content)), 60):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            found = read_checked(path)
        except ValueError as error:
            assert str(error).startswith(f"{path} is damaged")  # noqa: PT017
        else:  # the word "checksum" itself, without which it is a note of an older version
            assert str(found["a"]) == "[1.5, nan, 'ü']"
    path.write_text('{"a": 1}')
    assert read_checked(path) == {"a": 1}
    assert read_checked(path, "a") == {"a": 1}
    with pytest.raises(ValueError, match=r"note.json is damaged"):
        read_checked(path, "a", "b")
    for garbage in ("", "[]", "[1]", "null", "3", '"text"', "[" * 100_000):
        path.write_text(garbage)
        with pytest.raises(ValueError, match=r"note.json is damaged"):
            read_checked(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match="is damaged"):
        read_checked(path)
