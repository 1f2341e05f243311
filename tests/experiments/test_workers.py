"""A set of workers is kept for the next sweep, and never longer than whoever asked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from infonb.experiments import workers
from infonb.experiments.workers import end_idle_workers, own_workers


@pytest.fixture
def started(monkeypatch):
    """Processes that end as workers do, with their standard input; which were started."""
    made = []

    def start(kind):
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.buffer.read()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        made.append(process)
        return workers._Set(kind, process, (f"tls://number-{len(made)}", None))

    monkeypatch.setattr(workers, "_started", start)
    end_idle_workers()
    yield made
    end_idle_workers()
    assert [process.poll() is None for process in made] == [False] * len(made)


def address(number=2):
    with own_workers(number) as (found, _):
        return found


def test_one_set_serves_all_sweeps(started):
    assert {address() for _ in range(3)} == {"tls://number-1"}
    assert started[0].poll() is None
    end_idle_workers()
    assert started[0].poll() is not None


def test_a_set_that_has_died_is_replaced(started):
    address()
    started[0].kill()
    started[0].wait()
    assert address() == "tls://number-2"


def test_another_number_and_another_environment_are_another_set(started, monkeypatch, tmp_path):
    address(2)
    assert address(3) == "tls://number-2"
    assert started[0].poll() is not None  # does not lie about
    monkeypatch.setenv("INFONB_DATA", "elsewhere")
    assert address(3) == "tls://number-3"
    monkeypatch.chdir(tmp_path)
    assert address(3) == "tls://number-4"


def test_two_at_once_do_not_share(started):
    with own_workers(2) as (first, _), own_workers(2) as (second, _):
        assert first != second
    assert address() in (first, second)
    assert len(started) == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_may_be_in_the_midst_of_a_run_ends(started, error):
    with pytest.raises(error), own_workers(2):
        raise error
    assert started[0].poll() is not None
    assert address() == "tls://number-2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_leaves_them_to_its_parent(started):
    address()
    child = os.fork()
    if not child:
        end_idle_workers()
        os._exit(len(workers._IDLE))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert started[0].poll() is None
