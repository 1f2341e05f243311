"""The parameters cell of a notebook, and whether it says the same as the experiment."""

from __future__ import annotations

import ast
import io
import json
import os
import tokenize
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from infonb.parameters.schema import ParameterError, describe

__all__ = ["NotebookParameter", "assert_same", "notebook_parameters"]


class NotebookParameter(NamedTuple):
    """One line ``name: type = value  # help`` of a notebook's parameters cell."""

    value: Any
    help: str
    type: str


def notebook_parameters(path: str | os.PathLike[str]) -> dict[str, NotebookParameter]:
    """
    Return what the cell tagged ``parameters`` of a notebook declares.

    Each statement is ``name: type = literal``, with its help as a comment at the end of the
    statement or, where the line would grow too long, on the lines directly above.

    Parameters
    ----------
    path
        Path of the notebook.

    Returns
    -------
    dict
        Name to (value, help, type).

    Raises
    ------
    ParameterError
        If no cell, or more than one, has the tag, or a statement is anything else.
    """
    path = Path(path)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ParameterError(f"{path}: {len(tagged)} cells are tagged 'parameters'; must be one.")
    source = "".join(tagged[0]["source"])
    comments = _comments(source)
    found: dict[str, NotebookParameter] = {}
    for statement in ast.parse(source, filename=str(path)).body:
        line = ast.get_source_segment(source, statement)
        if not (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.value is not None
        ):
            raise ParameterError(f"{path}: {line!r} must have the form 'name: type = literal'.")
        try:
            value = ast.literal_eval(statement.value)
        except ValueError:
            raise ParameterError(f"{path}: {line!r} must be a literal; derive it later.") from None
        if statement.target.id in found:
            raise ParameterError(f"{path}: {statement.target.id!r} is declared twice.")
        found[statement.target.id] = NotebookParameter(
            value, _help(comments, statement), ast.unparse(statement.annotation)
        )
    return found


def assert_same(path: str | os.PathLike[str], cls: type) -> None:
    """
    Raise unless a notebook's parameters cell and an experiment's parameters agree.

    Parameters
    ----------
    path
        Path of the notebook.
    cls
        Dataclass of parameters; names, order, types, defaults and help texts are compared.

    Raises
    ------
    ParameterError
        One line for each difference.
    """
    here = notebook_parameters(path)
    there = {record.name: record for record in describe(cls)}
    lines = [f"{name}: not in the notebook" for name in there if name not in here]
    lines += [f"{name}: not in the experiment" for name in here if name not in there]
    for name in (name for name in there if name in here):
        pairs = {
            "type": (here[name].type, there[name].type),
            "default": (here[name].value, there[name].default),
            "help": (here[name].help, there[name].help),
        }
        lines += [
            f"{name}: {what} {mine!r} in the notebook, {theirs!r} in the experiment"
            for what, (mine, theirs) in pairs.items()
            if repr(mine) != repr(theirs)  # repr also tells 1 from 1.0 and True
        ]
    if not lines and list(here) != list(there):
        lines = [f"order: {list(here)} in the notebook, {list(there)} in the experiment"]
    if lines:
        raise ParameterError("\n  ".join([f"{path} differs from its experiment:", *lines]))


def _comments(source: str) -> dict[int, tuple[str, bool]]:
    """Return the comment of each line and whether the line holds nothing else."""
    lines = source.splitlines()
    return {
        token.start[0]: (
            token.string.lstrip("#").strip(),
            lines[token.start[0] - 1].lstrip().startswith("#"),
        )
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }


def _help(comments: Mapping[int, tuple[str, bool]], statement: ast.AnnAssign) -> str:
    # a formatter puts a long line into brackets, with its comment on the line inside
    end = statement.end_lineno or statement.lineno
    inside = [comments[line][0] for line in range(statement.lineno, end + 1) if line in comments]
    if inside:
        return " ".join(inside)
    above: list[str] = []
    line = statement.lineno - 1
    while line in comments and comments[line][1]:
        above.insert(0, comments[line][0])
        line -= 1
    return " ".join(above)
