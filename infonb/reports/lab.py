"""JupyterLab on a folder of copied notebooks, with this interpreter as its kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infonb.reports.kernel import write_kernelspec

__all__ = ["lab_command", "start_lab"]


def lab_command(folder: Path, options: Sequence[str] = ()) -> list[str]:
    """
    Return the command that starts JupyterLab on a folder.

    Examples
    --------
    >>> lab_command(Path("here"), ["--port=8890"])[1:3]
    ['-m', 'jupyterlab']
    """
    return [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}",
            *options]  # fmt: skip


def lab_environment(kernels: Path) -> dict[str, str]:
    """Return the environment in which ``python3`` is this interpreter, whatever else there is."""
    write_kernelspec(kernels)
    paths = [str(kernels), os.environ.get("JUPYTER_PATH", "")]
    return {**os.environ, "JUPYTER_PATH": os.pathsep.join(path for path in paths if path)}


def start_lab(folder: Path, options: Sequence[str] = ()) -> int:
    """Run JupyterLab on a folder until it is stopped; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="infonb-", ignore_cleanup_errors=True) as kernels:
        environment = lab_environment(Path(kernels))
        server = subprocess.Popen(lab_command(folder, options), env=environment)
        # the server asks what to do on Ctrl-C; this process only waits for its answer, and hands
        # on a request to end
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
            signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: server.terminate()),
        }
        try:
            return server.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
