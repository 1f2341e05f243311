"""How a report fails: in a cell, or with its kernel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from infonb.reports.folders import named

__all__ = ["ReportError", "message_with_notes"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class ReportError(RuntimeError):
    """
    A cell of a report failed.

    Attributes
    ----------
    notebook : Path
        The executed notebook, with the failing cell marked.
    cell : int or None
        Execution number of the failing cell.
    error : str
        Name of the error in the cell.
    message : str
        Message of the error in the cell.
    """

    def __init__(self, notebook: Path, cell: int | None, error: str, message: str) -> None:
        self.notebook = notebook
        self.cell = cell
        self.error = error
        self.message = _ANSI.sub("", message)
        where = "the kernel" if cell is None else f"cell [{cell}]"
        super().__init__(f"{where} failed with {error}: {self.message}\nSee {named(notebook)}")


def message_with_notes(error: str, message: str, traceback: Sequence[str]) -> str:
    """Return the message of a cell's error with its notes, which follow it in its traceback."""
    parts = [_ANSI.sub("", part) for part in traceback]
    last = f"{error}: {_ANSI.sub('', message)}"
    if last not in parts:
        return message
    return "\n".join([message, *parts[len(parts) - parts[::-1].index(last) :]])
