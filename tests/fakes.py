"""A small experiment with a notebook, so that reports are tested without training anything."""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from infonb import experiments
from infonb.parameters import ParameterSet, parameter
from infonb.reports import notebooks

NAME = "colored_digits"
PARAMETERS = """\
alpha: list[float] = [0.0, 1.0]  # share of coloured examples
epochs: int = 3  # passes over the data
dataset: str = "digits"  # which images
interactive: bool = True  # live controls
results: str = ""  # where the results go
"""


@dataclass(frozen=True)
class Parameters(ParameterSet):
    """Parameters of the small experiment."""

    alpha: list[float] = parameter([0.0, 1.0], "share of coloured examples", minimum=0, maximum=1)
    epochs: int = parameter(3, "passes over the data", minimum=1)
    dataset: str = parameter("digits", "which images", choices=["digits", "mnist"])
    interactive: bool = parameter(True, "live controls")
    results: str = parameter("", "where the results go")


def write_notebook(folder: Path, *cells: str | nbformat.NotebookNode) -> Path:
    """Write the notebook: a title, the parameters, then cells (text is code)."""
    head = [
        new_markdown_cell("# A small experiment\n\nIts lead with $H(X) \\geq 0$."),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
    ]
    rest = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    path = folder / f"{NAME}.ipynb"
    folder.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=head + rest), path)
    return path


def install(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the experiment of this name be the small one, with its notebook in a folder."""
    module = types.ModuleType(f"infonb.experiments.{NAME}", "A small experiment.\n\nNo more.")
    module.Parameters = Parameters  # type: ignore[attr-defined]
    module.CLAIM = "Colours lower the entropy."  # type: ignore[attr-defined]
    patch.setitem(sys.modules, module.__name__, module)
    patch.setattr(experiments, "_NAMES", (NAME,))
    patch.setattr(notebooks, "notebook_folder", lambda kind="notebooks": folder)
