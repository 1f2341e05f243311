"""The files that a file of the user's own imports from its own folder: by reading, not running."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

__all__ = ["imported_files"]


def imported_files(path: Path) -> list[Path]:
    """
    Return a Python file, those beside it, and all that these import from its folder or below.

    What is imported by a name that is put together while it runs is found only beside the file.
    """
    root = path.parent.resolve()
    waiting = [path.resolve(), *(one.resolve() for one in root.glob("*.py"))]
    found: set[Path] = set()
    while waiting:
        one = waiting.pop()
        if one not in found and one.is_file():
            found.add(one)
            waiting += _imports(one, root)
    return sorted(found)


def _imports(path: Path, root: Path) -> Iterator[Path]:
    """Return the files that the imports of a file may stand for, there or not."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):  # told when it is run
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _places(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            start = path.parents[node.level - 1] if node.level else root
            parts = node.module.split(".") if node.module else []
            yield from _places(start, parts)
            for alias in node.names:
                yield from _places(start.joinpath(*parts), [alias.name])


def _places(start: Path, parts: list[str]) -> Iterator[Path]:
    """Return the module of a dotted name, and the packages that are run on the way to it."""
    for at in range(1, len(parts) + 1):
        place = start.joinpath(*parts[:at])
        yield place.with_suffix(".py")
        yield place / "__init__.py"
