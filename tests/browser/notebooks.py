"""Notebooks that the browser opens: the package's own with small parameters, and made ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from infonb.reports import notebook_path

#: Two networks of each end, small enough for a few seconds.
SMALL = {
    "alpha": [0.0, 1.0],
    "seed": [0, 1],
    "epochs": 4,
    "width": 16,
    "n_train": 400,
    "n_validation": 200,
}

WIDGET = "application/vnd.jupyter.widget-view+json"


def small_report() -> nbformat.NotebookNode:
    """Return ``colored_digits`` with small parameters in a cell after its own."""
    notebook = nbformat.read(notebook_path("colored_digits"), as_version=4)
    place = next(
        at
        for at, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    )
    lines = [f"{name} = {value!r}" for name, value in SMALL.items()]
    notebook.cells.insert(place + 1, new_code_cell("\n".join(lines)))
    return notebook


def written(cells: Sequence[str]) -> nbformat.NotebookNode:
    """Return a notebook; a text that begins with # and a blank is a heading, others are code."""
    made = [
        new_markdown_cell(text) if text.startswith("# ") else new_code_cell(text) for text in cells
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel})


def outputs(notebook: nbformat.NotebookNode) -> list[Any]:
    """Return the outputs of all cells of a notebook."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def troubles(outputs: Iterable[Any]) -> list[str]:
    """Return errors and messages on stderr among outputs."""
    return [
        "\n".join(output.get("traceback", [])) or str(output.get("text"))
        for output in outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def live(notebook: nbformat.NotebookNode) -> list[int]:
    """Return the places of the cells that are to show a live panel: all take ``interactive``."""
    return [
        at for at, cell in enumerate(notebook.cells) if "interactive=interactive" in cell.source
    ]


def panels(notebook: nbformat.NotebookNode) -> list[int]:
    """Return the places of the cells that show a live panel; a progress bar has no picture."""
    return [
        at
        for at, cell in enumerate(notebook.cells)
        if any(
            {WIDGET, "image/png"} <= set(output.get("data", {}))
            for output in cell.get("outputs", [])
        )
    ]
