"""A recording that is stopped, at whatever moment, goes on and ends the same."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from activations.models import Functional, inputs, quiet
from activations.recordings import Counts, assert_same

from infonb.activations import open_activations
from infonb.activations.disk import columns, partial, place
from infonb.activations.disk.journal import Journal
from infonb.networks.mlp import MLP
from infonb.storage import GrowingStore

pytestmark = pytest.mark.slow

INTERRUPTS = [RuntimeError, KeyboardInterrupt]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("error", INTERRUPTS)
@pytest.mark.parametrize("at", [1, 2, 5, 12])
def test_goes_on_after_the_last_whole_batch(tmp_path, at, error):
    model, path = Functional(), tmp_path / "a.zarr"
    data = list(zip(inputs(50, 4).split(4), torch.arange(50).split(4), strict=True))
    expected = quiet(model, data)
    count = Counts(model, at, error)
    with pytest.raises(error, match="in the middle") as caught:
        quiet(model, data, to=path)
    count.handle.remove()
    assert f"{4 * at} samples are kept" in caught.value.__notes__[-1]
    assert not path.exists()
    with pytest.raises(FileNotFoundError, match=rf"not finished: {4 * at} samples are in a.zarr.p"):
        open_activations(path)
    count = Counts(model)
    assert_same(quiet(model, data, to=path), expected)
    assert count.samples == 50 - 4 * at
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.usefixtures("small_chunks")
def test_interrupted_at_every_write(tmp_path, monkeypatch):
    """Stopped before each of its writes, moves and removals, it goes on and ends the same."""
    model, x = MLP([4, 5, 3, 1]), inputs(16, 4)
    expected = quiet(model, x, batch_size=6)
    patched = {
        (GrowingStore, "write"), (GrowingStore, "_declare"), (place, "Lock"),
        (partial, "write_checked"), (columns, "write_checked"), (Journal, "append"),
        (Journal, "sync"), (Journal, "drop"), (Journal, "trim"), (shutil, "rmtree"),
        (Path, "unlink"), (Path, "rename"), (os, "replace"), (GrowingStore, "finish"),
    }  # fmt: skip
    countdown = [0]

    def failing(function):
        def call(*args, **kwargs):
            # an interrupt reaches the main thread only
            countdown[0] -= threading.current_thread() is threading.main_thread()
            if countdown[0] == 0:
                countdown[0] = -1
                raise KeyboardInterrupt
            return function(*args, **kwargs)

        return call

    for owner, name in patched:
        monkeypatch.setattr(owner, name, failing(getattr(owner, name)))
    n = 0
    while countdown[0] <= 0:
        n += 1 + n // 20
        path = tmp_path / f"{n}.zarr"
        countdown[0] = n
        try:
            quiet(model, x, batch_size=6, to=path)
        except KeyboardInterrupt:
            assert_same(quiet(model, x, batch_size=6, to=path), expected)
        assert not path.with_name(f"{n}.zarr.partial").exists()
        assert_same(open_activations(path), expected)
    assert n > 20


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("cut", [1, 17])
@pytest.mark.parametrize("file", ["batches.jsonl", "column-000001.rows"])
def test_half_a_batch_never_was(tmp_path, file, cut):
    model, x, path = Functional(), inputs(40, 4), tmp_path / "a.zarr"
    expected = quiet(model, x, batch_size=4)
    count = Counts(model, 3)
    with pytest.raises(RuntimeError):
        quiet(model, x, batch_size=4, to=path)
    count.handle.remove()
    journal = tmp_path / "a.zarr.partial" / file
    text = journal.read_bytes()
    journal.write_bytes(text[: max(len(text) - cut, 0)] + b"\0" * (cut // 2))
    count = Counts(model)
    assert_same(quiet(model, x, batch_size=4, to=path), expected)
    assert count.samples == 40 - 8


@pytest.mark.usefixtures("small_chunks")
def test_coordinates_may_be_mended_when_the_recording_itself_is_done(tmp_path, monkeypatch):
    model, path = Functional(), tmp_path / "a.zarr"

    def data():
        return (part for part in inputs(20, 4).split(6))

    with pytest.raises(ValueError, match=r"'group' has shape \(2,\)") as caught:
        quiet(model, data(), to=path, coords={"group": ["a", "b"]})
    assert "20 samples are kept" in caught.value.__notes__[-1]
    with monkeypatch.context() as patch:
        patch.setattr("infonb.storage.growing.finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            quiet(model, data(), to=path, coords={"group": np.arange(20)})
    with pytest.raises(ValueError, match="the coords 'group' differ"):  # these did fit
        quiet(model, data(), to=path)
    count = Counts(model)
    finished = quiet(model, data(), to=path, coords={"group": np.arange(20)})
    assert count.calls == 0
    assert_same(finished, quiet(model, data(), coords={"group": np.arange(20)}))


@pytest.mark.usefixtures("small_chunks")
def test_damage_is_named(tmp_path):
    model, x, path = Functional(), inputs(40, 4), tmp_path / "a.zarr"
    count = Counts(model, 3)
    with pytest.raises(RuntimeError):
        quiet(model, x, batch_size=4, to=path)
    count.handle.remove()
    (tmp_path / "a.zarr.partial" / "batches.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"a.zarr.partial is damaged.* or remove .* to record an"):
        quiet(model, x, batch_size=4, to=path)
