"""What code a step of an experiment depends on: its import closure, as one digest.

A finished run is kept under a key. If the key had a checksum of the whole package, a word in a
docstring would void every run; if it had a version number, somebody would forget to raise it. So it
has a digest of what the steps really reach, found by reading the code and not by running it:

- from the methods of the experiment's class, and the methods that these use;
- through the functions and constants that they name, in the files of `infonb.experiments` and in a
  user's own code one definition at a time, so that a figure or a row of claims in the same file
  does not count;
- through imports, where a name is followed through the faces of the rooms to the file that defines
  it: that file counts whole, and so do those that it imports.

Docstrings, comments and imports for type checkers are left out.
"""

from __future__ import annotations

import ast
import copy
import dis
import functools
import inspect
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from infonb.version import __version__

__all__ = ["Sources", "code_digest", "code_version", "libraries"]

#: Methods of an experiment that come after its runs: a step that happens to use such a name on
#: something else does not depend on them.
_LATER = {"run", "one", "claims", "sensitivity", "lengths", "rows", "of", "save", "title"}
#: Of a class, what Python adds by itself.
_IMPLICIT = {"__module__", "__doc__", "__dict__", "__weakref__", "__qualname__", "__firstlineno__"}
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
#: In these files a definition counts alone; elsewhere the file counts whole.
_FINE = "infonb.experiments."

#: A release by itself changes no number.
_VERSION = "infonb.version"


@functools.cache
def code_digest(cls: type, steps: tuple[str, ...]) -> str:
    """Return the digest of all code that some methods of an experiment's class depend on."""
    return Closure(_sources(), cls, steps).digest()


@functools.cache
def _sources() -> Sources:
    """Return the files of the package, each read once in a process."""
    return Sources()


@functools.cache
def code_version() -> str:
    """Return version and checksum of the whole package, for people: it is no key."""
    digest = blake2b(digest_size=8)
    root = Sources().root
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"infonb {__version__} {digest.hexdigest()}, {libraries()}"


def libraries() -> str:
    """Return the versions of the libraries that numbers depend on."""
    return ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy"))


class Sources:
    """The files of the package as syntax trees, and where the names in them are defined."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(__file__).resolve().parents[1]
        self._kept: dict[tuple[str, str], Any] = {}

    def path(self, module: str) -> Path | None:
        """Return the file of a module of the package, or None if there is none."""
        return self._once("path", module, self._path)

    def tree(self, module: str) -> ast.Module:
        """Return the syntax tree of a module, as it stands in its file."""
        return self._once("tree", module, self._parse)

    def whole(self, module: str) -> tuple[str, dict[str, tuple[str, str | None]], ast.AST]:
        """Return a module's code as text, what it imports when it runs, and its bare tree."""

        def strip(module: str) -> Any:
            bare = _strip(self._parse(module))
            return ast.dump(bare), imported(ast.walk(bare)), bare

        return self._once("whole", module, strip)

    def definitions(self, module: str) -> dict[str, list[_Definition]]:
        """Return the functions, classes and constants of a module by name."""

        def define(module: str) -> dict[str, list[ast.stmt]]:
            found: dict[str, list[ast.stmt]] = {}
            for statement in _flat(self.tree(module).body):
                for name in _defined(statement):
                    found.setdefault(name, []).append(statement)
            return found

        return self._once("definitions", module, define)

    def imports(self, module: str) -> dict[str, tuple[str, str | None]]:
        """Return what a module imports at its top: name here → module and name there."""
        return self._once(
            "imports", module, lambda name: imported(_flat(self.tree(name).body, types=True))
        )

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


class Closure:
    """Everything that steps of an experiment reach, as texts by place."""

    def __init__(self, sources: Sources, cls: type, steps: Iterable[str]) -> None:
        self.sources = sources
        self.texts: dict[str, str] = {}
        self._classes = [one for one in cls.__mro__ if one is not object]
        self._seen: set[Any] = set()
        for step in steps:
            self._method(step)

    def digest(self) -> str:
        """Return one digest of all texts and their places."""
        found = blake2b(digest_size=10)
        for place, text in sorted(self.texts.items()):
            found.update(f"{place}\0{text}\0".encode())
        return found.hexdigest()

    def _method(self, name: str) -> None:
        """Add a method or class attribute wherever the class and its bases define it."""
        if ("method", name) in self._seen:
            return
        self._seen.add(("method", name))
        for cls in self._classes:
            member = cls.__dict__.get(name)
            if member is None or name in _fields(cls):
                continue  # the values of fields are in the key
            if self.sources.path(cls.__module__) is None:
                self._foreign(f"{cls.__qualname__}.{name}", member)
                continue
            (node,) = self.sources.definitions(cls.__module__)[cls.__name__]
            assert isinstance(node, ast.ClassDef)
            for statement in node.body:
                if name in _defined(statement):
                    self._statement(cls.__module__, f"{cls.__name__}.{name}", statement)

    def _symbol(self, module: str, name: str | None) -> None:
        """Add a definition, or the whole module that it stands in, and what these reach."""
        if not module.startswith(_FINE) or name is None:
            self._whole(module)
        elif (module, name) not in self._seen:
            self._seen.add((module, name))
            for statement in self.sources.definitions(module)[name]:
                self._statement(module, name, statement)

    def _statement(self, module: str, name: str, statement: ast.stmt) -> None:
        """Add one definition of a file of the package, and what it names."""
        self._add(f"{module}:{name}", statement)
        names = self.sources.imports(module)
        local = self.sources.definitions(module)
        inner = imported(ast.walk(statement))
        for used in _names(statement):
            if used in inner:
                self._import(statement, used, inner[used])
            elif used in local:
                self._symbol(module, used)
            elif used in names:
                self._import(statement, used, names[used])
        self._attributes(statement)

    def _whole(self, module: str) -> None:
        """Add a module and everything that it imports."""
        if (module, None) in self._seen or module == _VERSION:
            return
        self._seen.add((module, None))
        self.texts[module], imports, tree = self.sources.whole(module)
        for used, there in imports.items():
            self._import(tree, used, there)

    def _import(self, user: ast.AST, used: str, there: tuple[str, str | None]) -> None:
        """Follow an imported name; of a module, only the names that are taken from it."""
        found = self.sources.resolve(*there)
        if found is None:
            return
        module, name = found
        path = self.sources.path(module)
        if name is None and path is not None and path.name == "__init__.py":
            parts = _taken(user, used)
            if parts is not None:
                for part in parts:
                    self._import(user, part, (module, part))
                return
        self._symbol(module, name)

    def _attributes(self, statement: ast.AST) -> None:
        """Add the members of the experiment that a definition uses."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute):
                own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
                if own or node.attr not in _LATER:
                    self._method(node.attr)

    def _foreign(self, place: str, member: Any) -> None:
        """Add a function or constant that is not the package's, and what it names."""
        member = getattr(member, "fget", None) or getattr(member, "__func__", member)
        function = inspect.unwrap(member)
        if not isinstance(function, types.FunctionType):
            self.texts.setdefault(place, _constant(member) or type(member).__name__)
            return
        if function.__code__ in self._seen:
            return
        self._seen.add(function.__code__)
        try:
            tree: ast.AST = ast.parse(textwrap.dedent(inspect.getsource(function)))
            self._add(place, tree)
            inner, names = imported(ast.walk(tree)), _names(tree)
        except (OSError, TypeError, SyntaxError):  # typed at a prompt that keeps no lines
            text = _bytecode(function.__code__)
            self.texts[place] = (
                text.replace(repr(function.__doc__), "") if function.__doc__ else text
            )
            inner, names = _read_from(function.__code__)
            # whatever might be an attribute of whatever
            tree = ast.Tuple([ast.Attribute(ast.Name(a), b) for a in names for b in names])
        values = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
        for used in sorted(names):
            if used in inner:
                self._import(tree, used, inner[used])
            elif used in values:
                self._value(tree, place, function.__module__, used, values[used])
        self._attributes(tree)

    def _value(self, tree: ast.AST, place: str, here: str, used: str, value: Any) -> None:
        """Add what a user's own function names: ours, a function or class beside it, a constant."""
        whole = isinstance(value, types.ModuleType)
        home = value.__name__ if whole else getattr(value, "__module__", None) or ""
        if self.sources.path(home) is not None:
            self._import(
                tree, used, (home, None if whole else getattr(value, "__qualname__", None))
            )
        elif isinstance(value, types.FunctionType) and home == here:
            self._foreign(f"{home}:{used}", value)
        elif isinstance(value, type) and home == here:
            if value not in self._seen and value not in self._classes:
                self._seen.add(value)
                for name, member in vars(value).items():
                    if name not in _IMPLICIT:
                        self._foreign(f"{home}:{used}.{name}", member)
                for base in value.__bases__:
                    self._value(tree, place, here, base.__name__, base)
        elif (text := _constant(value)) is not None:
            self.texts[f"{place}:{used}"] = text

    def _add(self, place: str, node: ast.AST) -> None:
        text = ast.dump(_strip(copy.deepcopy(node)))
        self.texts[place] = self.texts.get(place, "") + text


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


def _strip(node: Any) -> Any:
    """Take docstrings and imports for type checkers away, in place."""
    for part in ("body", "orelse", "handlers", "finalbody"):
        statements = getattr(node, part, None)
        if isinstance(statements, list):
            kept = [_strip(one) for one in statements if not _for_types(one)]
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


def _defined(statement: ast.AST) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _names(node: ast.AST) -> set[str]:
    """Return the names that running code reads, not those of annotations."""
    skipped = {
        inner
        for one in ast.walk(node)
        for hint in (getattr(one, "annotation", None), getattr(one, "returns", None))
        if isinstance(hint, ast.AST)
        for inner in ast.walk(hint)
    }
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one not in skipped}


def _taken(user: ast.AST, used: str) -> set[str] | None:
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


def _constant(value: Any) -> str | None:
    """Return a plain value, or a collection or array of them, as text; else None."""
    if isinstance(value, int | float | complex | str | bytes | bool | None):
        return repr(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        values = np.ascontiguousarray(value)
        return f"{values.dtype} {values.shape} {blake2b(values.tobytes()).hexdigest()}"
    if isinstance(value, Mapping):
        return _constant([part for item in value.items() for part in item])
    if isinstance(value, tuple | list | set | frozenset):
        parts = [_constant(part) for part in value]
        if None in parts:
            return None
        texts = [str(part) for part in parts]
        return repr(sorted(texts) if isinstance(value, set | frozenset) else texts)
    return None


def _fields(cls: type) -> set[str]:
    """Return the fields of a dataclass; a class variable that is annotated is none."""
    return {field.name for field in fields(cls)} if is_dataclass(cls) else set()


def _read_from(code: types.CodeType) -> tuple[dict[str, tuple[str, str | None]], set[str]]:
    """Return what compiled code imports, and the names that it uses, with the functions in it."""
    inner: dict[str, tuple[str, str | None]] = {}
    names: set[str] = {*code.co_names, *code.co_freevars}
    module = ""
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            module = step.argval
            inner[module] = module, None
        elif step.opname == "IMPORT_FROM":
            inner.pop(module, None)  # of the module, only this name
            inner[step.argval] = module, step.argval
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            more, used = _read_from(part)
            inner, names = inner | more, names | used
    return inner, names


def _bytecode(code: types.CodeType) -> str:
    inner = [_bytecode(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {inner}"
