"""A small experiment with a notebook, so that reports are tested without training anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from infonb import experiments
from infonb.experiments import Experiment
from infonb.parameters import parameter
from infonb.reports import notebooks

NAME = "colored_digits"
PARAMETERS = """\
alpha: list[float] = [0.0, 1.0]  # share of coloured examples
epochs: int = 3  # passes over the data
dataset: str = "digits"  # which images
cache: str = ""  # folder that keeps finished runs; empty: the user's cache; none: no folder
cluster: str = ""  # where runs are made; empty: here; 4: by 4 processes; tcp://HOST:8786: a cluster
interactive: bool = True  # live controls; false: pictures only
results: str = ""  # where to save the labelled results (.zarr); empty: nowhere
"""


@dataclass(frozen=True)
class Small(Experiment):
    """
    A small experiment.

    No more.
    """

    name, over = NAME, "alpha"
    claim = "Colours lower the entropy."

    alpha: list[float] = parameter([0.0, 1.0], "share of coloured examples", minimum=0, maximum=1)
    epochs: int = parameter(3, "passes over the data", minimum=1)
    dataset: str = parameter("digits", "which images", choices=["digits", "mnist"])


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
    patch.setattr(experiments, "_HOME", {})
    patch.setattr(experiments, "_REGISTERED", {NAME: (Small, None)})
    patch.setattr(notebooks, "notebook_folder", lambda kind="notebooks": folder)
