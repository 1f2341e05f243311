"""Two recordings at one place: one of them at a time, and never a mixture."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import torch
import xarray as xr
from activations.models import Functional, before_each_call, inputs, quiet

from infonb.activations import saving
from infonb.activations.disk import place, stream
from infonb.storage import Lock

pytestmark = pytest.mark.slow

X = inputs(40, 4)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(saving, "CHUNK_BYTES", 7 * 3 * 4)


def models():
    torch.manual_seed(0)
    return Functional(), Functional()


def begin(model, path, n_batches):
    """Record some batches, and stop."""
    calls = []

    def stop(module, args):
        calls.append(1)
        if len(calls) > n_batches:
            raise KeyboardInterrupt

    handle = before_each_call(model, stop)
    with pytest.raises(KeyboardInterrupt):
        quiet(model, X, batch_size=4, to=path)
    handle.remove()


def during(monkeypatch, owner, name, what):
    """Do something once, just before a function is called for the first time."""
    function, done = getattr(owner, name), []

    def call(*args, **kwargs):
        if not done:
            done.append(1)
            what()
        return function(*args, **kwargs)

    monkeypatch.setattr(owner, name, call)


@pytest.mark.parametrize("at", [0, 1, 5])
def test_two_threads(tmp_path, at):
    """While one is in the middle of a batch, the other is refused, and changes nothing."""
    model, _ = models()
    expected, path = quiet(model, X, batch_size=4), tmp_path / "a.zarr"
    calls, said = [], []

    def other():
        with pytest.raises(RuntimeError, match="is being written by another thread") as caught:
            quiet(models()[0], X, batch_size=4, to=path)
        said.append(caught)

    def look(module, args):
        if len(calls) == at:
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        calls.append(1)

    before_each_call(model, look)
    xr.testing.assert_identical(quiet(model, X, batch_size=4, to=path).load(), expected)
    assert len(said) == 1
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.parametrize("n_batches", [1, 6])
def test_another_recording_is_begun_just_before_the_lock(tmp_path, monkeypatch, n_batches):
    """A writes and is killed after B has seen nothing there: B does not go on with it."""
    (a, b), path = models(), tmp_path / "a.zarr"
    expected = quiet(a, X, batch_size=4)
    during(monkeypatch, place, "Lock", lambda: begin(a, path, n_batches))
    with pytest.raises(ValueError, match="another recording: the weights of the model differ"):
        quiet(b, X, batch_size=4, to=path)
    xr.testing.assert_identical(quiet(a, X, batch_size=4, to=path).load(), expected)


def test_the_same_recording_is_begun_just_before_the_lock(tmp_path, monkeypatch):
    (a, _), path, calls = models(), tmp_path / "a.zarr", []
    expected = quiet(a, X, batch_size=4)
    during(monkeypatch, place, "Lock", lambda: begin(a, path, 6))
    handle = before_each_call(a, lambda *_: calls.append(1))
    xr.testing.assert_identical(quiet(a, X, batch_size=4, to=path).load(), expected)
    handle.remove()
    assert len(calls) == 7 + 4  # those of the first one, the last of which was stopped


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("begun", [True, False])
def test_it_is_finished_just_before_the_lock(tmp_path, monkeypatch, same, begun):
    (a, b), path = models(), tmp_path / "a.zarr"
    expected = quiet(a, X, batch_size=4)
    if begun and same:
        begin(a, path, 6)
    during(monkeypatch, place, "Lock", lambda: quiet(a, X, batch_size=4, to=path))
    if same:
        xr.testing.assert_identical(quiet(a, X, batch_size=4, to=path).load(), expected)
    else:
        with pytest.raises(ValueError, match="another recording: the weights of the model differ"):
            quiet(b, X, batch_size=4, to=path)
    xr.testing.assert_identical(saving.open_activations(path).load(), expected)
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_nobody_comes_in_between_the_move_and_the_end(tmp_path, monkeypatch):
    """What another one could begin there would be removed under its hands."""
    (a, _), path, said = models(), tmp_path / "a.zarr", []

    def other():
        assert path.exists()
        with pytest.raises(RuntimeError, match="is being written"):
            Lock(tmp_path / "a.zarr.partial", "a.zarr")
        quiet(a, X, batch_size=4, to=path)  # it is finished, and may be looked at
        said.append((tmp_path / "a.zarr.partial").exists())

    during(monkeypatch, stream, "remove_partial", other)
    quiet(a, X, batch_size=4, to=path)
    assert said == [True]
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_nothing_is_left_of_what_was_not_begun(tmp_path):
    model, _ = models()
    handle = before_each_call(model, lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        quiet(model, X, to=tmp_path / "a.zarr")
    assert os.listdir(tmp_path) == []
    handle.remove()
    partial = Path(tmp_path / "a.zarr.partial")
    Lock(partial, "a.zarr").release()  # killed in the first batch
    assert [entry.name for entry in partial.iterdir()] in (["lock"], [])
    quiet(model, X, to=tmp_path / "a.zarr")
    assert os.listdir(tmp_path) == ["a.zarr"]
