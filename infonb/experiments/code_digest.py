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
import functools
import inspect
import textwrap
import types
from collections.abc import Iterable
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

from infonb.experiments.sources import (
    Sources,
    attributes_taken,
    defined,
    imported,
    names_read,
    strip,
)
from infonb.experiments.user_code import bytecode, constant, fields_of, is_users, read_from
from infonb.version import __version__

__all__ = ["Closure", "code_digest", "code_version", "libraries"]

#: Methods of an experiment that come after its runs: a step that happens to use such a name on
#: something else does not depend on them.
_LATER = {"run", "one", "claims", "sensitivity", "lengths", "rows", "of", "save", "title"}
#: Of a class, what Python adds by itself.
_IMPLICIT = {"__module__", "__doc__", "__dict__", "__weakref__", "__qualname__", "__firstlineno__"}
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
            if member is None or name in fields_of(cls):
                continue  # the values of fields are in the key
            if self.sources.path(cls.__module__) is None:
                self._foreign(f"{cls.__qualname__}.{name}", member)
                continue
            (node,) = self.sources.definitions(cls.__module__)[cls.__name__]
            assert isinstance(node, ast.ClassDef)
            for statement in node.body:
                if name in defined(statement):
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
        for used in names_read(statement):
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
            parts = attributes_taken(user, used)
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
            self.texts.setdefault(place, constant(member) or type(member).__name__)
            return
        if function.__code__ in self._seen:
            return
        self._seen.add(function.__code__)
        try:
            tree: ast.AST = ast.parse(textwrap.dedent(inspect.getsource(function)))
            self._add(place, tree)
            inner, names = imported(ast.walk(tree)), names_read(tree)
        except (OSError, TypeError, SyntaxError):  # typed at a prompt that keeps no lines
            text = bytecode(function.__code__)
            self.texts[place] = (
                text.replace(repr(function.__doc__), "") if function.__doc__ else text
            )
            inner, names = read_from(function.__code__)
            # whatever might be an attribute of whatever
            pairs: list[ast.expr] = [
                ast.Attribute(ast.Name(one), other) for one in names for other in names
            ]
            tree = ast.Tuple(pairs)
        values = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
        for used in sorted(names):
            if used in inner:
                self._import(tree, used, inner[used])
            elif used in values:
                self._value(tree, place, function.__module__, used, values[used])
        self._attributes(tree)

    def _value(self, tree: ast.AST, place: str, here: str, used: str, value: Any) -> None:
        """Add what a user's own code names: ours, a function or class of theirs, a constant."""
        whole = isinstance(value, types.ModuleType)
        home = value.__name__ if whole else getattr(value, "__module__", None) or ""
        theirs = home == here or is_users(home)
        if self.sources.path(home) is not None:
            name = None if whole else getattr(value, "__qualname__", None)
            self._import(tree, used, (home, name))
        elif whole and theirs:
            for part in attributes_taken(tree, used) or vars(value):
                self._value(tree, f"{place}:{used}", home, part, getattr(value, part, None))
        elif isinstance(value, types.FunctionType) and theirs:
            self._foreign(f"{home}:{used}", value)
        elif isinstance(value, type) and theirs:
            self._class(tree, place, value)
        elif (text := constant(value)) is not None:
            self.texts[f"{place}:{used}"] = text

    def _class(self, tree: ast.AST, place: str, cls: type) -> None:
        """Add a class of the user's own, and its bases."""
        if cls in self._seen or cls in self._classes:
            return
        self._seen.add(cls)
        for name, member in vars(cls).items():
            if name not in _IMPLICIT:
                self._foreign(f"{cls.__module__}:{cls.__name__}.{name}", member)
        for base in cls.__bases__:
            self._value(tree, place, cls.__module__, base.__name__, base)

    def _add(self, place: str, node: ast.AST) -> None:
        text = ast.dump(strip(copy.deepcopy(node)))
        self.texts[place] = self.texts.get(place, "") + text
