"""A bit that is flipped, or a file that is lost, while a recording is not finished."""

from __future__ import annotations

import random
import shutil

import numpy as np
import pytest
import torch
import xarray as xr
from activations.models import Functional, inputs, quiet
from activations.recordings import assert_same

from infonb.activations import open_activations
from infonb.activations.disk.journal import Journal

pytestmark = pytest.mark.slow

DATA = inputs(38, 4), torch.arange(38)
OPTIONS = {"batch_size": 8, "seed": 3, "coords": {"group": ["a", "ü"] * 19}}


@pytest.fixture(scope="module")
def model():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Functional()


@pytest.fixture
def unfinished(tmp_path, model, small_chunks, monkeypatch):
    """Return the folder of a recording that was stopped after four of its five batches."""
    append, calls = Journal.append, []

    def stopping(self, rows, line):
        calls.append(1)
        if len(calls) == 5:
            raise RuntimeError("in the middle")
        append(self, rows, line)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", stopping)
        with pytest.raises(RuntimeError, match="in the middle"):
            quiet(model, DATA, to=tmp_path / "a.zarr", **OPTIONS)
    shutil.copytree(tmp_path / "a.zarr.partial", tmp_path / "kept")
    return tmp_path / "a.zarr.partial"


def damage(file, how, rng):
    content = file.read_bytes()
    if how == "lost":
        file.unlink()
    elif how == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        flipped = bytearray(content)
        bit = rng.randrange(8 * len(content))
        flipped[bit // 8] ^= 1 << bit % 8
        file.write_bytes(flipped)


@pytest.mark.parametrize("how", ["a bit", "another bit", "cut", "lost"])
def test_the_end_is_identical_or_refused_by_name(unfinished, model, how):
    expected, rng = quiet(model, DATA, **OPTIONS), random.Random(how)
    path, kept = unfinished.with_name("a.zarr"), unfinished.with_name("kept")
    names = sorted(entry.relative_to(kept) for entry in kept.rglob("*") if entry.is_file())
    assert len(names) > 12
    refusals = []
    for name in names:
        for folder in (path, unfinished):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, unfinished)
        damage(unfinished / name, how, rng)
        try:
            found = quiet(model, DATA, to=path, **OPTIONS).load()
        except (ValueError, FileExistsError) as error:
            refusals.append(str(error))
        else:
            assert_same(found, expected)
    assert all("a.zarr" in text and "\n" not in text for text in refusals)


def test_chunks_that_are_lost_are_not_nan(unfinished, model):
    chunk = unfinished / "store/activation/c/0/0/1"
    chunk.unlink()
    with pytest.raises(ValueError, match=r"partial is damaged: chunks that were written are miss"):
        quiet(model, DATA, to=unfinished.with_name("a.zarr"), **OPTIONS)
    assert not chunk.exists()


def test_chunks_of_nothing_but_nan_are_not_missed(tmp_path, small_chunks):
    model = Functional()
    model.first.weight.data[:] = np.nan
    x, path = inputs(30, 4), tmp_path / "a.zarr"
    expected = quiet(model, x, batch_size=8)
    xr.testing.assert_identical(quiet(model, x, batch_size=8, to=path).load(), expected)


def test_a_damaged_note_is_named(unfinished):
    (unfinished / "recording.json").write_text("{")
    with pytest.raises(ValueError, match=r"recording.json is damaged: it is not as it was written"):
        open_activations(unfinished.with_name("a.zarr"))
