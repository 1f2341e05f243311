"""Runs as tasks: the same result as in one process, each kept, whatever becomes of a worker."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import xarray as xr
from click.testing import CliRunner
from means import Means, place

from infonb.cli import main
from infonb.experiments import cluster as cluster_module
from infonb.experiments.cluster import check_reachable
from infonb.experiments.failed_runs import check_all_made
from infonb.experiments.runs import Runs
from infonb.experiments.workers import end_idle_workers
from infonb.parameters import ParameterError, parameter
from infonb.reports.plan import plan_report
from infonb.storage import Lock

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """A cluster within this process."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0",
        local_directory=str(tmp_path_factory.mktemp("workers")),
    ) as local:  # fmt: skip
        yield local.scheduler_address


@pytest.fixture(scope="module", autouse=True)
def _no_workers_are_left():
    yield
    end_idle_workers()


@pytest.fixture
def expected():
    return Means(cache="none").run(progress=False)


@pytest.mark.parametrize("value", ["0", "-1", "two", "host:8786"])
def test_a_value_that_says_nothing(value):
    with pytest.raises(ParameterError, match=rf"such as tcp://host:8786.*not '{value}'"):
        Means(cluster=value)


def test_no_scheduler_is_told_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "_PATIENCE", 0.1)
    with pytest.raises(OSError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:1 "):
        plan_report("colored_digits", {"cluster": "tcp://127.0.0.1:1"}, tmp_path / "report")
    with pytest.raises(OSError, match=r"no dask scheduler answers at nowhere\.json"):
        check_reachable("nowhere.json")
    assert not list(tmp_path.iterdir())


def test_without_dask_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match=r"infonb\[cluster\]"):
        check_reachable("2")
    check_reachable("")


@pytest.mark.parametrize("shared", [True, False])
def test_the_same_and_kept(tmp_path, monkeypatch, scheduler, expected, shared):
    if not shared:  # workers elsewhere do not see the folder
        monkeypatch.setattr(cluster_module, "noted", lambda folder: None)
    found = Means(cache=str(tmp_path), cluster=scheduler).run(progress=False)
    xr.testing.assert_identical(found, expected)
    # that it was kept is seen where nothing can be made
    monkeypatch.setattr(Runs, "make_anew", None)
    again = Means(cache=str(tmp_path), cluster="tcp://127.0.0.1:1").run(progress=False)
    xr.testing.assert_identical(again, expected)


def test_nothing_is_kept_where_nothing_is_to_be(tmp_path, monkeypatch, scheduler, expected):
    monkeypatch.setenv("INFONB_CACHE", str(tmp_path))
    found = Means(cache="none", cluster=scheduler).run(progress=False)
    xr.testing.assert_identical(found, expected)
    assert not list(tmp_path.iterdir())


def test_a_run_that_another_process_makes_is_waited_for(tmp_path, monkeypatch, scheduler, expected):
    folder = place(tmp_path, level=1.0, seed=1).folder
    with ThreadPoolExecutor(1) as other:
        lock = other.submit(Lock, folder, "the run").result()
        found, looks = _while_held(lock, tmp_path, monkeypatch, scheduler)
    xr.testing.assert_identical(found, expected)
    assert [what for _, what in looks] == ["shift=1.0, seed=1"] * 2


def _while_held(lock, folder, monkeypatch, scheduler):
    looks = []

    def look(self, error, what):
        looks.append((error.by, what))
        if len(looks) == 2:
            lock.release()

    monkeypatch.setattr(cluster_module.Waiting, "look_later", look)
    monkeypatch.setattr(cluster_module, "noted", lambda folder: {})
    return Means(cache=str(folder), cluster=scheduler).run(progress=False), looks


@dataclass(frozen=True)
class Failing(Means):
    """Fails at the level 1, in one of its steps."""

    at: str = parameter("train", "step")

    def data(self, shift, seed):
        return self._fails("data", shift) or super().data(shift, seed)

    def train(self, shift, seed, data, checkpoint=None, progress=False):
        return self._fails("train", shift) or super().train(shift, seed, data)

    def _fails(self, step, shift):
        if (step, shift) == (self.at, 1):
            raise ZeroDivisionError("of the user's own.")


@pytest.mark.parametrize("at", ["data", "train"])
def test_a_run_that_fails_is_told_and_the_others_are_kept(
    tmp_path, monkeypatch, scheduler, expected, at
):
    failing = Failing(cache=str(tmp_path), cluster=scheduler, at=at)
    with pytest.raises(ZeroDivisionError, match=r"^of the user's own") as caught:
        failing.run(progress=False)
    assert caught.value.__notes__ == [
        "infonb: shift=1.0, seed=0; shift=1.0, seed=1 failed with this error. All other runs are "
        "kept."
    ]
    monkeypatch.setattr(Runs, "make_anew", None)
    rest = failing.changed(shift=[0.0], cluster="").run(progress=False)
    xr.testing.assert_identical(rest["mean"], expected["mean"].sel(shift=[0.0]))


def test_runs_that_fail_otherwise_are_told_with_their_error():
    failed = {"a": ValueError("one\ntwo"), "b": KeyError("k"), "c": ValueError("one\nthree")}
    with pytest.raises(ValueError, match="two") as caught:
        check_all_made(failed, "All other runs are kept. ")
    assert caught.value.__notes__ == [
        "infonb: a; c failed with this error; b failed with KeyError: 'k'. All other runs are kept."
    ]
    check_all_made({}, "All other runs are kept. ")


@pytest.mark.parametrize("at", ["data", "train"])
def test_in_one_process_too_a_run_that_fails_is_named(tmp_path, at):
    with pytest.raises(ZeroDivisionError) as caught:
        Failing(cache=str(tmp_path), at=at).run(progress=False)
    assert caught.value.__notes__ == ["infonb: this is the run shift=1.0, seed=0."]


def test_nothing_is_said_of_others_where_all_fail_or_none_is_kept(scheduler):
    for levels, said in [
        ([1.0], r"this error\."),
        ([0.0, 1.0], r"made, but not kept \(cache=none\)\."),
    ]:
        with pytest.raises(ZeroDivisionError) as caught:
            Failing(shift=levels, cache="none", cluster=scheduler).run(progress=False)
        assert re.search(rf"{said}$", caught.value.__notes__[0])


def test_another_version_is_refused(monkeypatch, scheduler):
    versions = iter(["of the one who asks"])
    true = cluster_module.libraries
    monkeypatch.setattr(cluster_module, "libraries", lambda: next(versions, None) or true())
    with pytest.raises(RuntimeError, match=r"worker at inproc.* has another infonb or other libr"):
        Means(cache="none", cluster=scheduler).run(progress=False)


def test_the_command_says_where(tmp_path):
    told = CliRunner().invoke(
        main, ["run", "colored-digits", "--workers=2", "--scheduler=tcp://a:1"]
    )
    assert told.exit_code == 2
    assert "give --workers or --scheduler, not both" in told.stderr
    told = CliRunner().invoke(
        main, ["run", "colored-digits", "--scheduler", "here", "-o", str(tmp_path / "report")]
    )
    assert told.exit_code == 2
    assert "such as tcp://host:8786" in told.stderr
    told = CliRunner().invoke(main, ["run", "colored-digits", "--workers=2", "-p", "cluster=3"])
    assert "parameter 'cluster' is given twice" in told.stderr
    assert not list(tmp_path.iterdir())


# what follows starts processes


@dataclass(frozen=True)
class Dying(Means):
    """Means, of which one kills the worker that makes it, the first so many times."""

    deaths: int = parameter(1, "how many times")
    folder: str = parameter("", "where it is noted what was begun")

    def train(self, shift, seed, data, checkpoint=None, progress=False):
        log = Path(self.folder, f"{shift}-{seed}")
        begun = log.read_text().count("\n") if log.exists() else 0
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        if (shift, seed) == (1.0, 0) and begun < self.deaths:
            time.sleep(0.5)  # others are at work
            os.kill(os.getpid(), signal.SIGKILL)
        return super().train(shift, seed, data)


def begun(folder):
    return {path.name: len(path.read_text().splitlines()) for path in folder.iterdir()}


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_its_own_run(tmp_path, expected):
    log = tmp_path / "log"
    log.mkdir()
    dying = Dying(cache=str(tmp_path / "cache"), cluster="2", folder=str(log))
    found = dying.run(progress=False)
    xr.testing.assert_identical(found.drop_attrs(deep=False), expected.drop_attrs(deep=False))
    assert begun(log) == {"0.0-0": 1, "0.0-1": 1, "1.0-0": 2, "1.0-1": 1}
    pids = {path.name: path.read_text().split() for path in log.iterdir()}
    assert str(os.getpid()) not in {pid for some in pids.values() for pid in some}
    assert len(set(pids["1.0-0"])) == 2


@pytest.mark.slow
def test_two_sweeps_have_the_same_workers(tmp_path, expected):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        calm = Dying(cache="none", cluster="2", folder=str(tmp_path / folder), deaths=0)
        xr.testing.assert_identical(calm.run(progress=False)["mean"], expected["mean"])
    first, second = (
        {path.read_text() for path in (tmp_path / folder).iterdir()}
        for folder in ("first", "second")
    )
    assert first & second
    assert len(first | second) <= 2


@pytest.mark.slow
def test_a_run_that_always_kills_its_worker_is_named_and_the_others_are_kept(tmp_path, expected):
    log = tmp_path / "log"
    log.mkdir()
    dying = Dying(cache=str(tmp_path / "cache"), cluster="2", folder=str(log), deaths=1000)
    with pytest.raises(RuntimeError, match=r"to make shift=1\.0, seed=0 died.*All other"):
        dying.run(progress=False)
    before = begun(log)
    rest = dying.changed(shift=[0.0], cluster="").run(progress=False)
    xr.testing.assert_identical(rest["mean"], expected["mean"].sel(shift=[0.0]))
    assert begun(log) == before  # nothing was made anew


SCRIPT = """
    import sys
    from infonb.experiments import ColoredDigits, workers

    # a plain script: no `if __name__ == "__main__"`
    print("begins", flush=True)
    one = ColoredDigits(alpha=[0, 1], seed=[0, 1], width=8, epochs={epochs}, n_train=150,
                        n_validation=60, cluster="2", cache=sys.argv[1])
    one.run(progress="text")
    print("ends", *(kept.process.pid for kept in workers._IDLE), flush=True)
"""


def start(tmp_path, epochs):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(epochs=epochs))
    return subprocess.Popen(
        [sys.executable, script, tmp_path / "cache"], stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


@pytest.mark.slow
def test_a_plain_script_begins_once(tmp_path):
    with start(tmp_path, epochs=2) as process:
        told = process.communicate(timeout=300)[0]
    assert process.returncode == 0
    assert told.count("begins") == told.count("ends") == 1
    assert not list(members(int(told.split()[-1])))


def members(group):
    """Give the processes of a group that have not ended."""
    psutil = pytest.importorskip("psutil")
    for one in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(one.pid) == group and one.info["status"] != psutil.STATUS_ZOMBIE:
                yield one


@pytest.mark.slow
def test_workers_go_with_whoever_asked(tmp_path):
    psutil = pytest.importorskip("psutil")
    with start(tmp_path, epochs=100_000) as process:
        try:
            deadline = time.monotonic() + 300
            while not list((tmp_path / "cache").rglob("last.safetensors")):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            workers = psutil.Process(process.pid).children(recursive=True)
            assert len(workers) >= 3
        finally:
            process.kill()
    gone, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    assert len(gone) == len(workers)
