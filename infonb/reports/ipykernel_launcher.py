"""Start the kernel of a report with the modules of the process that asks for it.

This file is run by its path: ``python -P ipykernel_launcher.py SETUP OPTIONS``. SETUP is a JSON
file with the path of modules, and with the files of those that come from nowhere else. Its name is
that by which kernels are found among the processes.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

#: How rarely garbage is looked for: libraries bring millions of objects that stay, and to go
#: through them again and again takes a twentieth of a page's time.
_COLLECTED = 50_000, 20, 50


class Known:
    """A finder of modules whose files are known."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where a module is; None if that is not known here."""
        file = self._files.get(name)
        if file is None:
            return None
        package = [os.path.dirname(file)] if os.path.basename(file) == "__init__.py" else None
        return spec_from_file_location(name, file, submodule_search_locations=package)


def start(setup: Path) -> None:
    """Start the kernel."""
    known = json.loads(setup.read_text(encoding="utf-8"))
    sys.path[:] = known["path"]
    sys.meta_path.insert(0, Known(known["modules"]))
    _read_settings(setup.parent)
    from ipykernel import kernelapp

    gc.set_threshold(*_COLLECTED)
    kernelapp.launch_new_instance()


def _read_settings(folder: Path) -> None:
    """Let matplotlib read its settings where the user has none: a file in the current folder."""
    current = os.getcwd()
    os.chdir(folder)
    try:
        import matplotlib  # noqa: F401
    finally:
        os.chdir(current)


if __name__ == "__main__":
    start(Path(sys.argv.pop(1)))
