"""The kernel that notebooks run on: always this very interpreter, whatever kernels are installed.

A kernel specification named ``python3`` may be missing on a user's machine, or belong to another
environment; reports and the laboratory must not depend on it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode

from infonb.reports.folders import can_write
from infonb.reports.notebooks import PACKAGE

__all__ = [
    "InterpreterKernel",
    "kernel_options",
    "own_places",
    "transport",
    "write_kernelspec",
]

# what a socket's path may have on the strictest of the usual systems, less the port's suffix
_LONGEST_SOCKET_PATH = 100


def own_places(folder: Path) -> dict[str, str]:
    """Return variables that put Jupyter's files into a folder, where it cannot use the user's."""
    from jupyter_core import paths

    home = Path.home()
    places = {
        "IPYTHONDIR": Path(os.environ.get("IPYTHONDIR") or home / ".ipython"),
        "JUPYTER_CONFIG_DIR": Path(paths.jupyter_config_dir()),
        "JUPYTER_DATA_DIR": Path(paths.jupyter_data_dir()),
        "JUPYTER_RUNTIME_DIR": Path(paths.jupyter_runtime_dir()),
        "MPLCONFIGDIR": Path(os.environ.get("MPLCONFIGDIR") or _settings(home) / "matplotlib"),
    }
    own = {name: folder / name.lower() for name, path in places.items() if not can_write(path)}
    for path in own.values():
        path.mkdir(exist_ok=True)
    return {name: str(path) for name, path in own.items()}


def _settings(home: Path) -> Path:
    """Return where programs keep settings on Linux; elsewhere the home itself serves as well."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")


def kernel_environment(*folders: Path) -> dict[str, str]:
    """Return what a kernel needs beyond this process's environment; folders of modules too."""
    # spinning barriers make two torch threads slower than one on a busy machine
    environment = {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE")}
    paths = [str(folder) for folder in folders]
    if (PACKAGE.parent / "pyproject.toml").is_file():  # a checkout that may not be installed
        paths.append(str(PACKAGE.parent))
    if paths:
        paths.append(os.environ.get("PYTHONPATH", ""))
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


def kernel_specification(*folders: Path) -> dict[str, Any]:
    """Return the kernel specification of this interpreter, which finds modules in folders."""
    return {
        # frozen modules cost the debugger its breakpoints, and it says so at every start
        "argv": [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher",
                 "-f", "{connection_file}"],
        "display_name": "Python 3 (infonb)",
        "language": "python",
        "env": kernel_environment(*folders),
    }  # fmt: skip


def write_kernelspec(folder: Path, *folders: Path) -> None:
    """Write the specification as ``python3`` into a folder to be named by ``JUPYTER_PATH``."""
    target = folder / "kernels" / "python3"
    target.mkdir(parents=True)
    text = json.dumps(kernel_specification(*folders), indent=1)
    (target / "kernel.json").write_text(text, encoding="utf-8")


class InterpreterKernel(AsyncKernelManager):
    """Kernel manager whose only kernel is this interpreter."""

    #: Folder of the notebook, whose modules it may import as in JupyterLab.
    beside = Unicode("").tag(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification, never looked up on disk."""
        if self._kernel_spec is None:
            specification = kernel_specification(*([Path(self.beside)] if self.beside else []))
            specification["argv"] += [
                "--InlineBackend.figure_formats=retina",  # figures at twice the resolution
                "--log-level=CRITICAL",  # no traceback of its own when it is interrupted
            ]
            specification["env"] |= own_places(Path(self.connection_file).parent)
            self._kernel_spec = KernelSpec(**specification)
        return self._kernel_spec


def kernel_options(folder: Path, beside: Path | str = "") -> dict[str, Any]:
    """Return what papermill passes on to start the kernel of a notebook beside other files."""
    # the folder is a private temporary one, for the connection file and, where the system has them,
    # the sockets: no ports are opened, and nothing is written to the user's home
    from traitlets.config import Config

    connection = folder / "kernel.json"
    config = Config()
    config.InterpreterKernel.connection_file = str(connection)
    config.InterpreterKernel.beside = str(beside)
    config.InterpreterKernel.transport = transport(connection)
    return {"kernel_manager_class": InterpreterKernel, "config": config}


def transport(connection: Path) -> str:
    """Return how to talk to a kernel: by sockets beside its connection file, if possible."""
    sockets = sys.platform != "win32" and len(str(connection)) < _LONGEST_SOCKET_PATH
    return "ipc" if sockets else "tcp"
