"""TERM and HUP raise as Ctrl-C does: at once in what is long, afterwards in what is short."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from infonb.reports.signals import Signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_end_has_the_exit_code_of_its_signal(number):
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as end, Signals() as signals:
        os.kill(os.getpid(), number)
    assert end.value.code == 128 + number
    assert signals.came == [number]
    assert signal.getsignal(number) == before


def test_ctrl_c_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt), Signals():
        os.kill(os.getpid(), signal.SIGINT)


def test_what_is_held_comes_to_its_end():
    done = []

    def work() -> None:
        with Signals() as signals, signals.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("written")
            os.kill(os.getpid(), signal.SIGHUP)
            done.append("moved")

    with pytest.raises(SystemExit) as end:
        work()
    assert done == ["written", "moved"]
    assert end.value.code == 128 + signal.SIGTERM


def test_a_long_work_within_is_ended_at_once_also_by_what_came_before():
    done = []

    def work() -> None:
        with Signals() as signals, signals.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("prepared")
            with signals.let_through():
                done.append("executed")

    with pytest.raises(SystemExit):
        work()
    assert done == ["prepared"]


def test_what_is_ignored_stays_ignored(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with Signals() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
        assert signals.came == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_has_no_signals():
    errors = []

    def enter() -> None:
        try:
            with Signals() as signals, signals.held():
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert errors == []
