"""
Processes of this machine that make runs, apart from whoever asks and gone with it.

A process of its own starts them, ``python -m infonb.experiments.workers NUMBER``, since each begins
as a copy of the main module of what has started it: a user's script would run once more in each.
It ends when its standard input does, which is the case however its parent ends. Their connections
are encrypted: nobody else on this machine can have them run something.

A set that has made its runs is kept for the next sweep, since to start one takes seconds.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

__all__ = ["end_idle_workers", "own_workers"]

#: Seconds that they have to end by themselves.
_LONGEST_END = 5


class _Kind(NamedTuple):
    """What a set of workers is started with; another kind is another set."""

    number: int
    folder: str
    environment: dict[str, str]


class _Set(NamedTuple):
    """Workers that are there: the process that holds them, address and keys of their scheduler."""

    kind: _Kind
    process: subprocess.Popen[bytes]
    words: tuple[str, Any]


#: Sets that nobody uses now.
_IDLE: list[_Set] = []
_LOCK = threading.Lock()


@contextmanager
def own_workers(number: int) -> Iterator[tuple[str, Any]]:
    """
    Give address and keys of the scheduler of so many processes, of one thread each.

    They are those of the last time, if they are alive and nobody else uses them. Where the block
    ends with an error or an interrupt, they end with it: they may be in the midst of a run.
    """
    one = _idle_or_new(_kind(number))
    try:
        yield one.words
    except BaseException:
        _end(one.process)
        raise
    with _LOCK:
        _IDLE.append(one)


def end_idle_workers() -> None:
    """End all sets that are kept for the next sweep."""
    for one in _taken():
        _end(one.process)


atexit.register(end_idle_workers)
if hasattr(os, "register_at_fork"):  # they are the parent's, who ends them
    os.register_at_fork(after_in_child=_IDLE.clear)


def _kind(number: int) -> _Kind:
    path = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return _Kind(number, os.getcwd(), os.environ | {"PYTHONPATH": path})


def _taken() -> list[_Set]:
    """Return all idle sets, which are nobody else's from now on."""
    with _LOCK:
        taken = list(_IDLE)
        _IDLE.clear()
    return taken


def _idle_or_new(kind: _Kind) -> _Set:
    """Return a set of a kind; idle ones of another kind, or that have died, end."""
    found = None
    for one in _taken():
        if found is None and one.kind == kind and one.process.poll() is None:
            found = one
        else:
            _end(one.process)
    return found or _started(kind)


def _started(kind: _Kind) -> _Set:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(kind.number)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        env=kind.environment,
    )  # fmt: skip
    try:
        return _Set(kind, process, _first_words(process, kind.number))
    except BaseException:
        _end(process)
        raise


def _first_words(process: subprocess.Popen[bytes], number: int) -> Any:
    """Return address and keys, which the process sends as soon as its workers are there."""
    assert process.stdout is not None
    try:
        return pickle.load(process.stdout)
    except EOFError:
        raise RuntimeError(
            f"{number} worker processes could not be started; what went wrong stands above."
        ) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the workers end; what does not, in the midst of a run, is killed: checkpoints stay."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LONGEST_END)
    if hasattr(os, "killpg"):  # also workers that have lost their parent
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    process.stdout.close()


#: Where the scheduler serves its page: at a free port of this machine, not at 8787 of all networks,
#: which is what None means.
_OWN_PAGE = "127.0.0.1:0"


def serve(number: int) -> None:
    """Run the processes until standard input ends."""
    from distributed import LocalCluster
    from distributed.security import Security

    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else stands in the way of what is sent
    with (
        TemporaryDirectory(prefix="infonb-workers-") as folder,
        LocalCluster(
            n_workers=number, threads_per_worker=1, processes=True, security=Security.temporary(),
            dashboard_address=_OWN_PAGE, memory_limit=0, local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):  # fmt: skip
        pickle.dump((cluster.scheduler_address, cluster.security), out)
        out.flush()
        sys.stdin.buffer.read()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
