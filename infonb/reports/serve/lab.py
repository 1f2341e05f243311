"""JupyterLab on a folder of copied notebooks, with this interpreter as its kernel."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from infonb.reports.kernel import write_kernelspec
from infonb.reports.notebooks import experiment_notebooks, notebook_folder
from infonb.reports.scratch import scratch_folder
from infonb.reports.serve.copies import GUIDE, GUIDE_BESIDE
from infonb.reports.serve.server import run_server, server_command, server_environment

__all__ = ["lab_command", "lab_environment", "start_lab"]

# defaults for this JupyterLab only, which its settings can change
_SETTINGS = {
    # the guide is to be read, not edited
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    # no question about news over the first page that a student sees, and nothing fetched
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}


def lab_command(folder: Path, options: Sequence[str] = ()) -> list[str]:
    """Return the command that starts JupyterLab on a folder, at its guide if it has one."""
    own = [f"--ServerApp.root_dir={folder.resolve()}"]
    guide = next((name for name in (GUIDE_BESIDE, GUIDE) if (folder / name).is_file()), None)
    if guide is not None:
        own.append(f"--LabApp.default_url=/lab/tree/{guide}")
    return server_command("jupyterlab", [*own, *options])


def lab_environment(folder: Path) -> dict[str, str]:
    """Return `server_environment` of a temporary folder, which gets kernel and settings."""
    # copies of notebooks of others find the modules that lie beside the originals
    beside = {path.resolve().parent for path in experiment_notebooks().values()}
    write_kernelspec(folder, *sorted(beside - {notebook_folder().resolve()}))
    environment = server_environment(folder)
    settings = folder / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps(_SETTINGS), encoding="utf-8")
    return environment


def start_lab(folder: Path, options: Sequence[str] = ()) -> int:
    """Run JupyterLab on a folder until it is stopped; return its exit code."""
    _check_account(options)
    # in a terminal Ctrl-C is JupyterLab's, which asks whether it is meant
    asks = sys.stdin is not None and sys.stdin.isatty()
    with scratch_folder() as own:
        command = lab_command(folder, options)
        return run_server(command, lab_environment(own), ends_at_interrupt=not asks)


def _check_account(options: Sequence[str]) -> None:
    """Raise if JupyterLab would not run under this account."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and not any("allow" in one and "root" in one for one in options):
        raise PermissionError(
            "JupyterLab does not run as root unless it is told to; be another user, or add: "
            "-- --allow-root"
        )
