"""A Jupyter server as a child process, whose only kernel is this interpreter."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from infonb.reports.kernel import own_places, write_kernelspec
from infonb.reports.notebooks import PACKAGE

__all__ = ["run_server", "server_command", "server_environment"]

# folders named by the user relative to where the command was given; a kernel runs elsewhere
_FOLDERS = ("INFONB_CACHE", "INFONB_DATA")
_INTERRUPTED = 130
# seconds after which the address is told even if nothing answers there: options of the server's
# own may let it listen elsewhere
_LONGEST_START = 60.0


def server_command(module: str, options: Sequence[str]) -> list[str]:
    """Return the command that runs a module as a server, which may be interrupted at any time."""
    # by its path, without this package: that could be interrupted while it is imported
    return [sys.executable, "-P", str(PACKAGE / "reports" / "serve" / "child.py"), module, *options]


def server_environment(folder: Path, *beside: Path) -> dict[str, str]:
    """
    Return the environment of a server whose kernel ``python3`` is this interpreter.

    The folder, a temporary one, gets the kernel's specification, and is looked in first for
    templates and settings. The kernel imports modules from the folders beside, too.
    """
    write_kernelspec(folder, *beside)
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
    command: Sequence[str],
    environment: dict[str, str],
    *,
    port: int = 0,
    ready: Callable[[], None] | None = None,
) -> int:
    """
    Run a server until it is stopped, by Ctrl-C or from within; return its exit code.

    That is 130 if it was interrupted and had none of its own. `ready` is called once something
    listens to the port on this machine.
    """
    interrupted: list[bool] = []
    server = subprocess.Popen(command, env=environment)
    # Ctrl-C reaches the server too, which ends its kernels, or asks first; this process only waits
    # for its answer, and hands on a request to end
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: interrupted.append(True)),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: server.terminate()),
    }
    try:
        if ready is not None:
            _wait(server, port)
            if server.poll() is None and not interrupted:
                ready()
        code = server.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if code < 0:  # ended by a signal
        return _INTERRUPTED if interrupted else 128 - code
    return code


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server listens, has ended, or is taking too long."""
    end = time.monotonic() + _LONGEST_START
    while server.poll() is None and time.monotonic() < end:
        try:
            with socket.create_connection(("localhost", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
