"""The kernel that notebooks run on: always this very interpreter, whatever kernels are installed.

A kernel specification named ``python3`` may be missing on a user's machine, or belong to another
environment; reports and the laboratory must not depend on it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from infonb.reports.folders import can_write
from infonb.reports.modules import module_files, module_path
from infonb.reports.notebooks import PACKAGE

__all__ = [
    "InterpreterKernel",
    "kernel_options",
    "last_words",
    "own_places",
    "transport",
    "write_kernelspec",
    "write_own_kernelspec",
]

# what a socket's path may have on the strictest of the usual systems, less the port's suffix
_LONGEST_SOCKET_PATH = 100
_START = Path(__file__).with_name("ipykernel_launcher.py")
# in the folder of a kernel: what it is to import, and what it wrote to its standard error
_SETUP, _WORDS = "modules.json", "words.txt"


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
    if "VIRTUAL_ENV" in os.environ:  # IPython puts the modules of another one before all
        environment["VIRTUAL_ENV"] = sys.prefix
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
    """Kernel manager whose only kernel is this interpreter, set up as the file beside it says."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification, never looked up on disk."""
        if self._kernel_spec is None:
            folder = Path(self.connection_file).parent
            specification = kernel_specification()
            specification["argv"] = [
                *_own_argv(folder),
                "--InlineBackend.figure_formats=retina",  # figures at twice the resolution
            ]
            specification["env"] |= own_places(folder) | _settings_of_reports(folder)
            self._kernel_spec = KernelSpec(**specification)
        return self._kernel_spec

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start it with streams of its own: those of the command may be closed, or full."""
        with open(Path(self.connection_file).parent / _WORDS, "wb") as words:
            await super().start_kernel(stdout=subprocess.DEVNULL, stderr=words, **options)


def kernel_options(folder: Path, name: str) -> dict[str, Any]:
    """Return what papermill passes on to start the kernel of an experiment's notebook."""
    # the folder is a private temporary one, for the connection file and, where the system has them,
    # the sockets: no ports are opened, and nothing is written to the user's home
    from traitlets.config import Config

    connection = folder / "kernel.json"
    _write_setup(folder, name)
    config = Config()
    config.InterpreterKernel.connection_file = str(connection)
    config.InterpreterKernel.transport = transport(connection)
    return {"kernel_manager_class": InterpreterKernel, "config": config}


def write_own_kernelspec(folder: Path, name: str | None = None) -> None:
    """
    Write a specification as `write_kernelspec`, of the code that this process runs.

    As in reports, nothing of the current folder is imported; `name` is that of an experiment.
    """
    write_kernelspec(folder)
    _write_setup(folder, name)
    specification = kernel_specification()
    specification["argv"] = _own_argv(folder)
    specification["env"] |= _settings_of_reports(folder)
    text = json.dumps(specification, indent=1)
    (folder / "kernels" / "python3" / "kernel.json").write_text(text, encoding="utf-8")


def _write_setup(folder: Path, name: str | None) -> None:
    setup = json.dumps({"path": module_path(name), "modules": module_files(name)})
    (folder / _SETUP).write_text(setup, encoding="utf-8")


def _own_argv(folder: Path) -> list[str]:
    """Return the command of a kernel that imports what the file in a folder says."""
    return [
        sys.executable, "-Xfrozen_modules=off", "-P", *_interpreter_flags(),
        str(_START), str(folder / _SETUP), "-f", "{connection_file}",
        "--log-level=CRITICAL",  # no traceback of its own when it is interrupted
        "--InteractiveShellApp.ignore_cwd=True",
        "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
    ]  # fmt: skip


def last_words(folder: Path) -> str:
    """Return the last line that a kernel of this folder wrote to its standard error."""
    try:
        lines = (folder / _WORDS).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def transport(connection: Path) -> str:
    """Return how to talk to a kernel: by sockets beside its connection file, if possible."""
    sockets = sys.platform != "win32" and len(str(connection)) < _LONGEST_SOCKET_PATH
    return "ipc" if sockets else "tcp"


def _settings_of_reports(folder: Path) -> dict[str, str]:
    """Return variables that let a report look and run the same, whatever the user's settings."""
    own = folder / "ipython"
    own.mkdir(exist_ok=True)
    return {
        "IPYTHONDIR": str(own),
        "MATPLOTLIBRC": os.devnull,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NUMBA_DISABLE_JIT": "0",  # for debugging: measures would take days
    }


def _interpreter_flags() -> list[str]:
    """Return the flags of this interpreter that decide where modules come from."""
    flags = {"-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site}
    return [flag for flag, is_set in flags.items() if is_set]
