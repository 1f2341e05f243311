"""Notebooks that the browser opens: the package's own with small parameters, and made ones."""

from __future__ import annotations

import ast
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


def made_for(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the code of the cells that show a live panel, and of all whose names these read."""
    shown, wanted, kept = set(live(notebook)), set[str](), []
    for at, cell in reversed(list(enumerate(notebook.cells))):
        if cell.cell_type != "code":
            continue
        names = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
        # parameters are read as a whole, not by name
        given = {"parameters", "injected-parameters"} & set(cell.metadata.get("tags", []))
        if at in shown or given or wanted & (_bound(cell.source) | _stored(names)):
            kept.append(cell.source)
            wanted |= {node.id for node in names if isinstance(node.ctx, ast.Load)}
    return kept[::-1]


def _stored(names: Iterable[ast.Name]) -> set[str]:
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def _bound(source: str) -> set[str]:
    """Return the names of what is imported or defined."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


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
