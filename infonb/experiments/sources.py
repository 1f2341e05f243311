"""The files of the package as syntax trees: what they define, and where a name comes from."""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["Sources", "attributes_taken", "defined", "imported", "names_read", "strip"]

#: Files that are newer may not be what this process has loaded.
_STARTED = time.time()

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


class Sources:
    """The files of the package as syntax trees, and where the names in them are defined."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(__file__).resolve().parents[1]
        self._loaded = root is None  # else it is a copy
        self._kept: dict[tuple[str, str], Any] = {}

    def path(self, module: str) -> Path | None:
        """Return the file of a module of the package, or None if there is none."""
        return self._once("path", module, self._path)

    def tree(self, module: str) -> ast.Module:
        """Return the syntax tree of a module, as it stands in its file."""
        return self._once("tree", module, self._parse)

    def whole(self, module: str) -> tuple[str, dict[str, tuple[str, str | None]], ast.AST]:
        """Return a module's code as text, what it imports when it runs, and its bare tree."""

        def read(module: str) -> Any:
            bare = strip(self._parse(module))
            return ast.dump(bare) + self.changed(module), imported(ast.walk(bare)), bare

        return self._once("whole", module, read)

    def definitions(self, module: str) -> dict[str, list[Definition]]:
        """Return the functions, classes and constants of a module by name."""

        def define(module: str) -> dict[str, list[ast.stmt]]:
            found: dict[str, list[ast.stmt]] = {}
            for statement in _flat(self.tree(module).body):
                for name in defined(statement):
                    found.setdefault(name, []).append(statement)
            return found

        return self._once("definitions", module, define)

    def imports(self, module: str) -> dict[str, tuple[str, str | None]]:
        """Return what a module imports at its top: name here → module and name there."""
        return self._once(
            "imports", module, lambda name: imported(_flat(self.tree(name).body, types=True))
        )

    def changed(self, module: str) -> str:
        """Return what keeps apart runs of a process whose code was edited after it was loaded."""
        path = self.path(module)
        if path is None or not self._loaded or module not in sys.modules:
            return ""
        seconds = path.stat().st_mtime
        return f" edited at {seconds}" if seconds > _STARTED else ""

    def _once(self, what: str, module: str, make: Callable[[str], Any]) -> Any:
        if (what, module) not in self._kept:
            self._kept[what, module] = make(module)
        return self._kept[what, module]

    def _path(self, module: str) -> Path | None:
        first, *parts = module.split(".")
        if first != "infonb":
            return None
        base = self.root.joinpath(*parts)
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                return path
        return None

    def _parse(self, module: str) -> ast.Module:
        path = self.path(module)
        assert path is not None, module
        return ast.parse(path.read_text(encoding="utf-8"))

    def resolve(self, module: str, name: str | None) -> tuple[str, str | None] | None:
        """Return the module that defines a name, through faces; None if it is not ours."""
        if self.path(module) is None:
            return None
        if name is None:
            return module, None
        if name in self.definitions(module):
            return module, name
        there = self.imports(module).get(name)
        if there is not None:
            return self.resolve(*there)
        if self.path(f"{module}.{name}") is not None:
            return f"{module}.{name}", None
        return module, None  # made at run time: the whole module counts


def imported(statements: Iterable[ast.AST]) -> dict[str, tuple[str, str | None]]:
    """Return what imports among statements bring: name here → module and name there."""
    found: dict[str, tuple[str, str | None]] = {}
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                found[alias.asname or alias.name] = statement.module, alias.name
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                found[alias.asname or alias.name] = alias.name, None
    return found


def strip(node: Any) -> Any:
    """Take docstrings and imports for type checkers away, in place."""
    for part in ("body", "orelse", "handlers", "finalbody"):
        statements = getattr(node, part, None)
        if isinstance(statements, list):
            kept = [strip(one) for one in statements if not _for_types(one)]
            if part == "body" and kept and _is_docstring(node, kept[0]):
                kept = kept[1:]
            setattr(node, part, kept)
    return node


def _is_docstring(node: ast.AST, first: ast.AST) -> bool:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    value = first.value if isinstance(node, documented) and isinstance(first, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _flat(body: list[ast.stmt], *, types: bool = False) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those under if and try."""
    for statement in body:
        if _for_types(statement) and not types:
            continue
        yield statement
        for part in ("body", "orelse", "handlers", "finalbody"):
            if isinstance(statement, ast.If | ast.Try | ast.ExceptHandler):
                yield from _flat(getattr(statement, part, []), types=types)


def defined(statement: ast.AST) -> list[str]:
    """Return the names that a statement defines."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def names_read(node: ast.AST) -> set[str]:
    """Return the names that running code reads, not those of annotations."""
    skipped = {
        inner
        for one in ast.walk(node)
        for hint in (getattr(one, "annotation", None), getattr(one, "returns", None))
        if isinstance(hint, ast.AST)
        for inner in ast.walk(hint)
    }
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one not in skipped}


def attributes_taken(user: ast.AST, used: str) -> set[str] | None:
    """Return the attributes that are taken from a name; None if it is used as a whole."""
    whole = sum(isinstance(node, ast.Name) and node.id == used for node in ast.walk(user))
    parts = [
        node.attr
        for node in ast.walk(user)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == used
    ]
    return set(parts) if len(parts) == whole else None
