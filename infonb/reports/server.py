"""A Jupyter server as a child process, whose only kernel is this interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infonb.reports.kernel import write_kernelspec

__all__ = ["run_server", "server_environment"]

# folders named by the user relative to where the command was given; a kernel runs elsewhere
_FOLDERS = ("INFONB_CACHE", "INFONB_DATA")


def server_environment(folder: Path) -> dict[str, str]:
    """
    Return the environment of a server whose kernel ``python3`` is this interpreter.

    Parameters
    ----------
    folder
        Temporary folder of this server alone; it gets the kernel's specification, and is looked
        in first for templates and settings.

    Returns
    -------
    dict
        Environment variables for `run_server`.
    """
    write_kernelspec(folder)
    environment = dict(os.environ)
    for variable in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        paths = [str(folder), os.environ.get(variable, "")]
        environment[variable] = os.pathsep.join(path for path in paths if path)
    for variable in _FOLDERS:
        named = os.environ.get(variable, "")
        if named and named != "none":
            environment[variable] = str(Path(named).expanduser().absolute())
    return environment


def run_server(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run a server until it is stopped, by Ctrl-C or from within; return its exit code."""
    server = subprocess.Popen(command, env=environment)
    # Ctrl-C reaches the server too, which ends its kernels, or asks first; this process only waits
    # for its answer, and hands on a request to end
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: server.terminate()),
    }
    try:
        return server.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
