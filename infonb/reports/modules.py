"""Which code the kernel of a report runs: that of this process, and nothing of the current folder.

Python and IPython put the current folder before all others, where a file ``numpy.py`` or a clone of
infonb would take the place of what this process uses.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from infonb import experiments
from infonb.reports.notebooks import PACKAGE

__all__ = ["module_files", "module_path"]


def module_path(name: str | None) -> list[str]:
    """Return where the kernel of an experiment, or of a lesson, looks for modules, in order."""
    asked_for = {
        os.path.realpath(entry)
        for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if entry and not sys.flags.ignore_environment
    }
    current = os.path.realpath(os.curdir)
    path = [
        entry
        for entry in sys.path
        if entry and (os.path.realpath(entry) != current or current in asked_for)
    ]
    # those of others come last: what lies beside them takes no place of what is installed
    notebook, module = experiments.notebook(name) if name else None, _module(name)
    if notebook is not None:
        path.append(str(notebook.resolve().parent))
    if module is not None and getattr(module, "__file__", None):
        depth = module.__name__.count(".") + (Path(module.__file__).stem == "__init__")
        path.append(str(Path(module.__file__).resolve().parents[depth]))
    return list(dict.fromkeys(path))


def module_files(name: str | None) -> dict[str, str]:
    """Return the files of the modules that a kernel takes from nowhere else, by their names."""
    files = {PACKAGE.name: str(PACKAGE / "__init__.py")}
    module = _module(name)
    if module is not None and module.__name__ != "__main__":
        top = module.__name__.partition(".")[0]
        file = getattr(sys.modules.get(top), "__file__", None)
        if file:
            files[top] = os.path.abspath(file)
    return files


def _module(name: str | None) -> Any:
    """Return the module of an experiment that is not infonb's own."""
    if name is None:
        return None
    module = experiments.get(name).__module__
    return None if module.partition(".")[0] == PACKAGE.name else sys.modules.get(module)
