"""A Jupyter server as a child process, whose only kernel is this interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from infonb.reports.kernel import own_places
from infonb.reports.notebooks import PACKAGE

__all__ = ["run_server", "server_command", "server_environment"]

# folders named by the user relative to where the command was given; a kernel runs elsewhere
_FOLDERS = ("INFONB_CACHE", "INFONB_DATA")
_INTERRUPTED = 130
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_PARENT = "INFONB_PARENT"  # as in child.py
_LOOK_AGAIN = 5.0  # seconds


def server_command(module: str, options: Sequence[str]) -> list[str]:
    """Return the command that runs a module as a server, which may be interrupted at any time."""
    # by its path, without this package: that could be interrupted while it is imported
    return [sys.executable, "-P", str(PACKAGE / "reports" / "serve" / "child.py"), module, *options]


def server_environment(folder: Path) -> dict[str, str]:
    """
    Return the environment of a server.

    The folder, a temporary one, is looked in first for templates, settings and specifications of
    kernels.
    """
    environment = dict(os.environ) | own_places(folder)
    for variable in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        paths = [str(folder), os.environ.get(variable, "")]
        environment[variable] = os.pathsep.join(path for path in paths if path)
    for variable in _FOLDERS:
        named = os.environ.get(variable, "")
        if named and named != "none":
            environment[variable] = str(Path(named).expanduser().absolute())
    return environment


def run_server(
    command: Sequence[str], environment: dict[str, str], *, ends_at_interrupt: bool = False
) -> int:
    """
    Run a server until it is stopped, by Ctrl-C or from within; return its exit code.

    That is 130 if it was interrupted and had none of its own. The server ends with this process,
    however that ends. Ctrl-C reaches it from the terminal, and is left to it, which may ask whether
    it is meant; with `ends_at_interrupt` it is handed on as a request to end, like others.
    """
    came: list[int] = []
    servers: list[subprocess.Popen[bytes]] = []

    def hand_on() -> None:
        if ends_at_interrupt or any(number != signal.SIGINT for number in came):
            for server in servers:
                server.terminate()

    def receive(number: int, frame: object) -> None:
        came.append(number)
        hand_on()

    with _answered_by(receive), _held_pipe() as end:
        own = {} if end is None else {_PARENT: str(end)}
        passed = [] if end is None else [end]
        servers.append(subprocess.Popen(command, env=environment | own, pass_fds=passed))
        if came:
            hand_on()
        code = _ended(servers[0])
    if code < 0:  # ended by a signal
        return _INTERRUPTED if signal.SIGINT in came else 128 - code
    return code


def _ended(server: subprocess.Popen[bytes]) -> int:
    """Wait for a server to end, and return its exit code."""
    # looked at again and again: a signal that comes just before the process begins to wait would
    # be answered only when the wait is over
    while True:
        with suppress(subprocess.TimeoutExpired):
            return server.wait(timeout=_LOOK_AGAIN)


@contextmanager
def _answered_by(receive: Callable[[int, object], None]) -> Iterator[None]:
    """Let signals be received; those that are ignored (nohup) stay so."""
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, receive)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])


@contextmanager
def _held_pipe() -> Iterator[int | None]:
    """Hold one end of a pipe; a child that has the other sees it break if this process ends."""
    if os.name != "posix":
        yield None
        return
    reader, writer = os.pipe()
    try:
        yield reader
    finally:
        os.close(reader)
        os.close(writer)
