"""Notebooks as files: as they are committed, and as they ran."""

from __future__ import annotations

from pathlib import Path

import nbformat


def committed(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def outputs_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def check_clean(path: Path) -> None:
    """Fail unless a notebook is valid and holds nothing of a run."""
    notebook = committed(path)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert "papermill" not in cell.metadata
    assert "papermill" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
