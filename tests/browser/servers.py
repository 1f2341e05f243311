"""A server on a port and in folders of its own that always ends, and its kernels with it."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

#: Seconds that a server may take on a busy machine until it answers.
START = 90


def own_folders(folder: Path, cache: Path) -> dict[str, str]:
    """Return variables that keep a server from the user's settings, files and finished runs."""
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    for name in own.values():
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {name: str(folder / part) for name, part in own.items()} | {"INFONB_CACHE": str(cache)}


class Server:
    """
    A child process that answers at ``http://127.0.0.1:<port>``.

    Parameters
    ----------
    command
        Port → command line.
    environment
        Its environment variables.
    log
        File for what the server and its kernels print.
    path
        What is asked for to see that it answers.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        environment: Mapping[str, str],
        log: Path,
        path: str,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.seen: set[psutil.Process] = set()
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command(self.port),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait(path)
        except BaseException:
            self.stop()
            raise

    def _wait(self, path: str) -> None:
        end = time.monotonic() + START
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended by itself:\n{self.read_log()}")
            try:
                with urllib.request.urlopen(self.url + path, timeout=10):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError(f"no answer from the server within {START} s:\n{self.read_log()}")

    def read_log(self) -> str:
        """Return what server and kernels have printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End the server and all that it has started; never wait for one that hangs."""
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(self.process.pid)
            family = server.children(recursive=True)  # kernels outlive a server that is killed
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            for process in [*family, server]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(family, timeout=10)
        self.process.wait(10)


def free_port() -> int:
    """Return a port that the system gives to nobody else just now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port
