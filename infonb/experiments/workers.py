"""
Processes of this machine that make runs, apart from whoever asks and gone with it.

A process of its own starts them, ``python -m infonb.experiments.workers NUMBER``, since each begins
as a copy of the main module of what has started it: a user's script would run once more in each.
It ends when its standard input does, which is the case however its parent ends. Their connections
are encrypted: nobody else on this machine can have them run something.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any

__all__ = ["own_workers"]

#: Seconds that they have to end by themselves.
_LONGEST_END = 5


@contextmanager
def own_workers(number: int) -> Iterator[tuple[str, Any]]:
    """Start so many processes of one thread each; give address and keys of their scheduler."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(number)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
    )  # fmt: skip
    try:
        yield _first_words(process, number)
    finally:
        _end(process)


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
