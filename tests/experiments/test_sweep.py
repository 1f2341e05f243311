"""Sweeps: every run is made once, an interrupted sweep goes on, and the numbers stay the same."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
import xarray as xr
from epochs import count_epochs
from safetensors.torch import load_file

from infonb.experiments import ColoredDigits, ShuffledDigits, run_folder, sources, waiting
from infonb.experiments import cache as cache_module
from infonb.experiments import code_digest as code_module
from infonb.experiments.cache import CachedRun, cache_folder
from infonb.storage import Lock

pytestmark = pytest.mark.slow

SMALL = {"alpha": [0.0, 1.0], "seed": [0, 1], "width": 8, "epochs": 3, "n_train": 150,
         "n_validation": 60}  # fmt: skip


@pytest.fixture
def epochs(monkeypatch):
    """Count the epochs that are really trained."""
    return count_epochs(monkeypatch)


def run(folder, **changes):
    return ColoredDigits(**{**SMALL, "cache": str(folder), **changes}).run(progress=False)


def test_a_second_sweep_trains_nothing_and_is_identical(tmp_path, epochs):
    first = run(tmp_path)
    assert len(epochs) == 4 * 3
    again = run(tmp_path)
    assert len(epochs) == 4 * 3
    xr.testing.assert_identical(again, first)
    xr.testing.assert_identical(run("none"), first)


def test_only_what_is_new_is_made(tmp_path, epochs):
    run(tmp_path)
    run(tmp_path, alpha=[0.0, 0.5, 1.0], seed=[0, 1, 2])
    assert len(epochs) == 9 * 3


def test_another_first_seed_brings_its_activations(tmp_path, epochs):
    run(tmp_path)
    turned = run(tmp_path, seed=[1, 0])
    assert len(epochs) == 4 * 3
    xr.testing.assert_identical(turned, run("none", seed=[1, 0]))


@pytest.mark.filterwarnings("ignore::infonb.measures.TiesWarning")  # after the ReLU
@pytest.mark.parametrize(
    "change",
    [{"bins": 30}, {"k": 5}, {"edges": "neuron"}, {"mi_samples": 30}, {"activations": "post"}],
)
def test_other_measures_measure_again_and_do_not_train(tmp_path, epochs, change):
    run(tmp_path)
    xr.testing.assert_identical(run(tmp_path, **change), run("none", **change))
    assert len(epochs) == 2 * 4 * 3  # once for each of the first and of the uncached sweep


@pytest.mark.parametrize(
    "change",
    [{"epochs": 4}, {"width": 9}, {"learning_rate": 2e-3}, {"penalty": 1e-4}, {"batch_size": 64},
     {"n_train": 151}, {"label_noise": 0.1}, {"keep": "best"}],
)  # fmt: skip
def test_whatever_changes_the_training_is_trained(tmp_path, change):
    run(tmp_path, alpha=0.0, seed=0)
    changed = run(tmp_path, alpha=0.0, seed=0, **change)
    xr.testing.assert_identical(changed, run("none", alpha=0.0, seed=0, **change))


def test_the_key_has_code_and_data(tmp_path, monkeypatch):
    one = ColoredDigits(**SMALL, cache=str(tmp_path))
    data = one.data(0.0, 0)
    place = CachedRun.of(one, 0.0, 0, data)
    assert CachedRun.of(one, 0.0, 0, data) == place
    for role in data:
        other = data[role].copy(deep=True)
        other["input"][0, 0, 0, 0] += 0.1
        assert CachedRun.of(one, 0.0, 0, data | {role: other}).folder != place.folder

    def tomorrow(*changed):
        true = code_module.code_digest
        return lambda cls, steps: true(cls, steps) + " tomorrow" * (steps[-1] in changed)

    monkeypatch.setattr(cache_module, "code_digest", tomorrow("train"))
    assert CachedRun.of(one, 0.0, 0, data).folder != place.folder
    monkeypatch.setattr(cache_module, "code_digest", tomorrow("measure"))
    measured = CachedRun.of(one, 0.0, 0, data)
    assert measured.folder == place.folder
    assert measured.store != place.store
    monkeypatch.setattr(cache_module, "libraries", lambda: "torch of tomorrow")
    assert CachedRun.of(one, 0.0, 0, data).folder != place.folder


def test_the_code_version_is_that_of_the_sources(tmp_path, monkeypatch):
    before = code_module.code_version.__wrapped__()
    package = tmp_path / "infonb"
    for room in ("data", "experiments"):
        (package / room).mkdir(parents=True)
    (package / "data" / "new.py").write_text("VALUE = 1\n")
    monkeypatch.setattr(sources, "__file__", str(package / "experiments" / "sources.py"))
    first = code_module.code_version.__wrapped__()
    (package / "data" / "new.py").write_text("VALUE = 2\n")
    assert len({before, first, code_module.code_version.__wrapped__()}) == 3


@pytest.mark.parametrize("done", [8, 10])  # all four networks have two epochs; two have three
def test_an_interrupted_sweep_goes_on(tmp_path, epochs, monkeypatch, done):
    def interrupting(n):
        if n == done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        tried = count_epochs(patch, interrupting)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
    assert len(tried) == len(epochs) == done
    resumed = run(tmp_path)
    assert len(epochs) == 12
    xr.testing.assert_identical(resumed, run("none"))


def test_a_failure_while_measuring_loses_no_training(tmp_path, epochs, monkeypatch):
    from infonb import measures

    def failing(*args, **kwargs):
        raise MemoryError("too large")

    with monkeypatch.context() as patch:
        patch.setattr(measures, "mutual_information", failing)
        with pytest.raises(MemoryError):
            run(tmp_path)
    run(tmp_path)
    assert len(epochs) == 4 * 3


SWEEP = """
import sys
from infonb.experiments import ColoredDigits
from infonb.training.group.member import Member
trained, finish = [], Member.finish_epoch
Member.finish_epoch = lambda *args, **kwargs: trained.append(1) or finish(*args, **kwargs)
experiment = ColoredDigits(
    alpha=[0.0, 1.0], seed=[0, 1], width=16, epochs=60, n_train=600, n_validation=60,
    cache=sys.argv[1],
)
print(float(experiment.run(progress=False).entropy.sum()), len(trained))
"""


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SWEEP), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Return the result of a sweep and how many epochs its process has trained."""
    value, epochs = process.communicate()[0].split()
    return float(value), int(epochs)


def test_a_killed_sweep_goes_on(tmp_path):
    process = start(tmp_path)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*/*/measure-*.zarr")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finished = list(tmp_path.glob("*/*/measure-*.zarr"))
    assert 1 <= len(finished) < 4
    times = [path.stat().st_mtime_ns for path in finished]
    again, whole = start(tmp_path), start("none")
    (value, resumed), (expected, all_epochs) = (finish(process) for process in (again, whole))
    assert value == expected
    assert resumed <= all_epochs - 60 * len(finished)
    assert [path.stat().st_mtime_ns for path in finished] == times
    assert len(list(tmp_path.glob("*/*/measure-*.zarr"))) == 4


def test_two_processes_share_a_sweep(tmp_path):
    both = [start(tmp_path), start(tmp_path)]
    (first, one), (second, other) = (finish(process) for process in both)
    assert first == second
    assert one + other == 4 * 60, "no network is trained by both"


def test_a_run_that_another_is_making_is_waited_for(tmp_path, monkeypatch):
    first = run(tmp_path)
    place = next(path for path in tmp_path.glob("colored_digits/*") if path.is_dir())
    store = next(place.glob("measure-*.zarr"))
    hidden = store.rename(store.with_name("elsewhere"))
    held, done, waited = threading.Event(), threading.Event(), []

    def other():
        lock = Lock(place, "the run")
        held.set()
        done.wait()
        lock.release()

    def finish(seconds):
        waited.append(seconds)
        if len(waited) == 5:
            hidden.rename(store)
            done.set()
            thread.join()

    thread = threading.Thread(target=other, name="Somebody")
    thread.start()
    held.wait()
    monkeypatch.setattr(waiting.time, "sleep", finish)
    words = r"waiting for another thread of this process \(Somebody\), who is making alpha="
    with pytest.warns(UserWarning, match=words):
        xr.testing.assert_identical(run(tmp_path), first)
    assert len(waited) == 5


def test_a_run_that_waits_for_itself_is_refused(tmp_path):
    run(tmp_path)
    place = next(path for path in tmp_path.glob("colored_digits/*") if path.is_dir())
    next(place.glob("measure-*.zarr")).rename(tmp_path / "elsewhere")
    lock = Lock(place, "the run")
    with pytest.raises(RuntimeError, match="by this very thread"):
        run(tmp_path)
    lock.release()
    run(tmp_path)


def test_a_full_disk_locks_nobody_out(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(run_folder, "write_checked", full)
        with pytest.raises(OSError, match=r"runs cannot be kept in .*No space left.*cache=none"):
            run(tmp_path)
    xr.testing.assert_identical(run(tmp_path), run("none"))


def test_a_damaged_store_is_measured_again(tmp_path, epochs):
    first = run(tmp_path)
    for store in tmp_path.glob("*/*/measure-*.zarr"):
        (store / "zarr.json").write_text("{")
    xr.testing.assert_identical(run(tmp_path), first)
    assert len(epochs) == 4 * 3


@pytest.mark.parametrize("noted", [True, False])  # by the checksum noted beside it; by its own
def test_a_damaged_checkpoint_is_trained_again(tmp_path, epochs, noted):
    first = run(tmp_path)
    for store in tmp_path.glob("*/*/measure-*.zarr"):
        (store / "zarr.json").write_text("{")
    whole = {}
    for path in tmp_path.glob("*/*/last.safetensors"):
        whole[path] = {name: tensor.clone() for name, tensor in load_file(path).items()}
        changed = bytearray(path.read_bytes())
        changed[len(changed) // 2] ^= 64
        path.write_bytes(changed if len(whole) > 1 else changed[:100])
        if not noted:
            (path.parent / "run.json").unlink()
    xr.testing.assert_identical(run(tmp_path), first)
    assert len(epochs) == 2 * 4 * 3
    for path, tensors in whole.items():
        again = load_file(path)
        assert all(tensor.equal(again[name]) for name, tensor in tensors.items())


def test_the_note_says_what_the_run_is(tmp_path):
    run(tmp_path, alpha=0.5, seed=1)
    note = json.loads(next(tmp_path.glob("*/*/run.json")).read_text())
    assert (note["level"], note["seed"], note["parameters"]["width"]) == (0.5, 1, 8)
    assert "alpha" not in note["parameters"]
    assert note["measures"]["bins"] == 100


def test_where_runs_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("INFONB_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    assert cache_folder("elsewhere").name == "elsewhere"
    monkeypatch.setenv("INFONB_CACHE", "none")
    assert cache_folder() is None
    monkeypatch.delenv("INFONB_CACHE")
    assert cache_folder().parts[-2:] == ("infonb", "runs")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"runs cannot be kept .*Give another folder .*cache=none"):
        run(tmp_path / "file")


def test_shuffled_digits_are_kept_too(tmp_path, epochs):
    experiment = ShuffledDigits(
        beta=[0.0, 1.0], seed=0, width=8, epochs=2, n_train=100, n_validation=60,
        cache=str(tmp_path),
    )  # fmt: skip
    first = experiment.run(progress=False)
    xr.testing.assert_identical(experiment.run(progress=False), first)
    assert len(epochs) == 4


def test_the_paper_preset_fills_what_is_left():
    paper = ColoredDigits(preset="paper")
    assert (paper.dataset, paper.width, paper.epochs, paper.batch_size) == ("mnist", 256, 500, 512)
    assert (paper.keep, paper.penalty) == ("best", 0.002)
    assert ColoredDigits(preset="paper", epochs=100).epochs == 100
    assert ColoredDigits(preset="small") == ColoredDigits()


def test_mi_samples_are_drawn():
    results = ColoredDigits(**{**SMALL, "mi_samples": 20, "seed": 0, "alpha": 0.0}).run(
        progress=False
    )
    assert results.mutual_information.attrs["n_samples"] == 20
    assert np.isfinite(results.mutual_information).all()


def test_a_network_trained_step_by_step_is_not_trained_again(tmp_path, epochs):
    experiment = ColoredDigits(**SMALL, cache=str(tmp_path))
    data, model, history = experiment.one(1.0, 0)
    assert len(epochs) == 3
    results = experiment.run(progress=False)
    assert len(epochs) == 4 * 3
    xr.testing.assert_identical(results, run("none"))
    # the other way round: what the sweep has trained is read
    again = experiment.one(1.0, 0)
    assert len(epochs) == 4 * 3 + 4 * 3  # those of the run without a cache
    for name, weights in model.state_dict().items():
        np.testing.assert_array_equal(again.model.state_dict()[name], weights)
    xr.testing.assert_identical(again.data["train"], data["train"])
    xr.testing.assert_equal(again.history, history)


def test_a_damaged_chunk_is_measured_again(tmp_path, epochs):
    first = run(tmp_path)
    for chunk in tmp_path.glob("*/*/measure-*.zarr/entropy/c/*/*"):
        chunk.write_bytes(chunk.read_bytes()[:10])
    xr.testing.assert_identical(run(tmp_path), first)
    assert len(epochs) == 4 * 3
