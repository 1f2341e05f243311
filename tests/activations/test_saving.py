"""What is saved opens identical: values, types, attributes, order of the layers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from infonb.activations import (
    check_activations,
    from_arrays,
    open_activations,
    record,
    save_activations,
)
from infonb.activations.saving import chunk_lengths
from infonb.networks.mlp import MLP

pytestmark = pytest.mark.slow


def assert_same(opened, expected):
    """Stricter than identical: also the types, and the order of the variables."""
    xr.testing.assert_identical(opened, expected)
    assert list(opened.variables) == list(expected.variables)
    for name in expected.variables:
        assert opened[name].dtype == expected[name].dtype, name
        assert opened[name].dims == expected[name].dims


def some(n_samples=20, **kwargs):
    rng = np.random.default_rng(0)
    layers = {"fc2": rng.normal(size=(n_samples, 6)), "fc10": rng.normal(size=(n_samples, 2))}
    return from_arrays(layers, **kwargs)


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)


@st.composite
def datasets(draw):
    n_samples = draw(st.integers(1, 9))
    layers = {}
    for layer in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        shape = (n_samples, draw(st.integers(1, 4)))
        layers[layer] = draw(arrays.arrays(np.float32, shape, elements=st.floats(width=32)))
    kinds = [np.bool_, np.int64, np.int32, np.float64, np.float32, np.float16]
    coords = {f"c{i}": draw(arrays.arrays(kind, n_samples)) for i, kind in enumerate(kinds)}
    texts = draw(st.lists(names, min_size=n_samples, max_size=n_samples))
    coords["text"] = np.array(texts, dtype=object)
    value = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | names
    attrs = draw(
        st.dictionaries(names.filter(bool), value | st.lists(value, max_size=2), max_size=3)
    )
    return from_arrays(layers, coords=coords, attrs=attrs)


@settings(max_examples=25, deadline=None)
@given(activations=datasets(), lazily=st.booleans())
def test_round_trip_is_identical(tmp_path_factory, activations, lazily):
    path = tmp_path_factory.mktemp("store") / "activations.zarr"
    save_activations(activations.chunk(sample=2) if lazily else activations, path)
    opened = open_activations(path, chunks={} if lazily else None)
    assert (opened.chunks != {}) == lazily
    assert_same(opened.load(), activations)


def test_recorded_activations_survive_and_so_do_more_dims(tmp_path):
    data = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    coords = {"seen": np.arange(30) > 9, "group": ["a", "b", "ü"] * 10}
    runs = [
        record(MLP([4, 5, 3, 2], seed=seed), data, progress=False, coords=coords).drop_vars(
            "prediction"
        )
        for seed in (0, 1)
    ]
    save_activations(runs[0], tmp_path / "one.zarr")
    assert_same(open_activations(tmp_path / "one.zarr").load(), runs[0])
    many = xr.concat(runs, dim=xr.Variable("seed", [0, 1]), coords="minimal", compat="override",
                     join="override", combine_attrs="override")  # fmt: skip
    check_activations(many, values=True)
    save_activations(many, tmp_path / "many.zarr")
    assert_same(open_activations(tmp_path / "many.zarr").load(), many)


def test_opening_reads_nothing_and_a_part_reads_a_part(tmp_path):
    activations = some(40)
    path = save_activations(activations, tmp_path / "a.zarr")
    opened = open_activations(path)
    assert not opened.activation.variable._in_memory
    xr.testing.assert_identical(opened.isel(sample=[3]).load(), activations.isel(sample=[3]))
    lazy = open_activations(path, chunks={"sample": 7})
    assert lazy.activation.chunks[2] == (7, 7, 7, 7, 7, 5)
    assert lazy.width.chunks is None  # coordinates are there at once
    xr.testing.assert_identical(lazy.load(), activations)
    with pytest.raises(ValueError, match=r"dim 'samples' not found.* Did you mean 'sample'\?"):
        open_activations(path, chunks={"samples": 7})


def test_opened_activations_can_be_saved_anew_over_themselves(tmp_path):
    path = tmp_path / "a.zarr"
    activations = some(40)
    save_activations(activations, path)
    for chunks in (None, {}, {"sample": 7}):
        part = open_activations(path, chunks=chunks).isel(neuron=slice(None), sample=slice(1, None))
        save_activations(part, path, overwrite=True)
        activations = activations.isel(sample=slice(1, None))
        assert_same(open_activations(path).load(), activations)
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_padding_is_not_written(tmp_path):
    rng = np.random.default_rng(0)
    wide, narrow = rng.normal(size=(3000, 64)), rng.normal(size=(3000, 8))
    save_activations(from_arrays({"wide": wide, "a": narrow, "b": narrow}), tmp_path / "pad.zarr")
    chunks = [p for p in (tmp_path / "pad.zarr/activation/c").rglob("*") if p.is_file()]
    assert len(chunks) == 8 + 1 + 1
    n_bytes = sum(p.stat().st_size for p in chunks)
    assert n_bytes < 1.01 * 4 * (wide.size + 2 * narrow.size)


def test_chunks_hold_one_layer_and_are_of_a_size_that_reads_fast():
    wide = xr.Dataset(
        {"activation": (("alpha", "layer", "neuron", "sample"), np.zeros((2, 3, 768, 10)))},
        {"layer": ["a", "b", "c"], "width": ("layer", [768] * 3)},
    )
    for dtype in (np.float32, np.float64):
        lengths = chunk_lengths(wide.astype(dtype))
        assert (lengths["alpha"], lengths["layer"], lengths["neuron"]) == (1, 1, 768)
        n_bytes = 768 * lengths["sample"] * np.dtype(dtype).itemsize
        assert 8e6 <= n_bytes <= 32e6
    assert chunk_lengths(wide.assign_coords(width=("layer", [768, 768, 1])))["neuron"] == 48


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ds: ds.rename(activation="x"), r"holds no variable 'activation'"),
        (lambda ds: ds.drop_vars("width"), r"need the coordinate 'width'"),
    ],
)
def test_other_datasets_are_refused_both_ways(tmp_path, change, message):
    from infonb.storage import save_dataset

    other = change(some())
    with pytest.raises(ValueError, match=message):
        save_activations(other, tmp_path / "other.zarr")
    assert os.listdir(tmp_path) == []
    save_dataset(other, tmp_path / "other.zarr")
    with pytest.raises(ValueError, match=rf"other.zarr holds no activations: .*{message}"):
        open_activations(tmp_path / "other.zarr")


def test_path_is_returned_and_folders_are_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert save_activations(some(), "deep/er/a.zarr") == Path("deep/er/a.zarr")
    assert_same(open_activations("deep/er/a.zarr").load(), some())


def test_activations_open_without_torch():
    import subprocess
    import sys

    code = (
        "import sys, infonb; infonb.from_arrays, infonb.open_activations; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
