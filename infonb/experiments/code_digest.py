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
import gc
import importlib
import inspect
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import partial
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
from infonb.experiments.user_code import (
    bytecode,
    constant,
    fields_of,
    imports_of,
    is_users,
    names_of,
    parts_of,
    reads_of_self,
    strings_of,
    unwrapped,
    warn_unknown,
)
from infonb.parameters import describe
from infonb.version import __version__

__all__ = ["Closure", "check_affects", "code_digest", "code_version", "is_ours", "libraries"]

#: Methods of an experiment that come after its runs: a step that happens to use such a name on
#: something else does not depend on them.
_LATER = {"run", "one", "claims", "sensitivity", "lengths", "rows", "of", "save", "title"}
#: Of a class, what Python adds by itself.
_IMPLICIT = {
    "__module__", "__doc__", "__dict__", "__weakref__", "__qualname__", "__firstlineno__",
    "__static_attributes__", "__match_args__", "__annotations__", "__dataclass_fields__",
    "__dataclass_params__",
}  # fmt: skip
#: In these files a definition counts alone; elsewhere the file counts whole.
_FINE = "infonb.experiments."

#: A release by itself changes no number.
_VERSION = "infonb.version"


def code_digest(cls: type, steps: tuple[str, ...]) -> str:
    """Return the digest of all code that some methods of an experiment's class depend on."""
    if is_ours(cls):
        return _kept_digest(cls, steps)
    return Closure(_sources(), cls, steps).digest()  # a cell may have run again since


def is_ours(cls: type) -> bool:
    """Whether a class and all its bases are of the package."""
    return all(one.__module__.startswith("infonb.") or one is object for one in cls.__mro__)


@functools.cache
def _kept_digest(cls: type, steps: tuple[str, ...]) -> str:
    return Closure(_sources(), cls, steps).digest()


def check_affects(cls: type) -> None:
    """Raise a TypeError if a step of a user's class reads a parameter that is not in its key."""
    fields = {info.name: info.affects for info in describe(cls)}
    over = getattr(cls, "over", ())
    free = {"seed", *((over,) if isinstance(over, str) else over)}
    trains = dict.fromkeys(("network", "fitting", "train"), ("training",))
    for step, known in {**trains, "measure": ("training", "measures")}.items():
        for name in sorted(_fields_read(cls, step, set()) & fields.keys() - free):
            if fields[name] not in known:
                raise TypeError(
                    f"{cls.__name__}.{step} reads the parameter {name!r}, which is declared with "
                    f"affects={fields[name]!r}: finished runs would be found again with other "
                    f"values of it. Declare it with affects={known[-1]!r}."
                )


def _fields_read(cls: type, method: str, seen: set[str]) -> set[str]:
    """Return what a method of a user's class reads of itself, with the methods that it calls."""
    function = unwrapped(cls.__dict__.get(method) or getattr(cls, method, None))
    if method in seen or not isinstance(function, types.FunctionType):
        return set()
    seen.add(method)
    if function.__module__.startswith("infonb."):  # ours are tested
        return set()
    found = reads_of_self(function.__code__)
    return found.union(*(_fields_read(cls, name, seen) for name in found))


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


@functools.cache
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
        self._held: list[Any] = []
        with _nothing_collected():
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
                self._value(f"{cls.__qualname__}.{name}", member, cls.__module__, {name})
            else:
                (node,) = self.sources.definitions(cls.__module__)[cls.__name__]
                assert isinstance(node, ast.ClassDef)
                for statement in node.body:
                    if name in defined(statement):
                        self._statement(cls.__module__, f"{cls.__name__}.{name}", statement)
            if self._hides(member, name):
                return

    def _hides(self, member: Any, name: str) -> bool:
        """Whether a method keeps those of the bases from being called: it names neither."""
        names = _names_in(member)
        return names is not None and not names & {"super", name} and not self._names_bases

    @functools.cached_property
    def _names_bases(self) -> bool:
        """Whether a method calls one of a base by the name of that class."""
        return any(
            {base.__name__ for base in one.__mro__[1:-1]} & (_names_in(member) or set())
            for one in self._classes for member in vars(one).values()
        )  # fmt: skip

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
        self._add(f"{module}:{name}", statement, self.sources.changed(module))
        names = self.sources.imports(module)
        local = self.sources.definitions(module)
        inner = imported(ast.walk(statement))
        for used in names_read(statement):
            if used in inner:
                self._import(inner[used], partial(attributes_taken, statement, used))
            elif used in local:
                self._symbol(module, used)
            elif used in names:
                self._import(names[used], partial(attributes_taken, statement, used))
        self._attributes(statement)

    def _whole(self, module: str) -> None:
        """Add a module and everything that it imports."""
        if (module, None) in self._seen or module == _VERSION:
            return
        self._seen.add((module, None))
        self.texts[module], imports, tree = self.sources.whole(module)
        for used, there in imports.items():
            self._import(there, partial(attributes_taken, tree, used))

    def _import(self, there: tuple[str, str | None], taken: Callable[[], set[str] | None]) -> None:
        """Follow an imported name; of a room's face, only the names that are taken from it."""
        found = self.sources.resolve(*there)
        if found is None:
            return
        module, name = found
        path = self.sources.path(module)
        if name is None and path is not None and path.name == "__init__.py":
            parts = taken()
            if parts is not None:
                known = self.sources.imports(module).keys() | self.sources.definitions(module)
                for part in sorted(parts & known):
                    self._import((module, part), lambda: None)
                return
        self._symbol(module, name)

    def _attributes(self, statement: ast.AST) -> None:
        """Add the members of the experiment that a definition uses."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute):
                own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
                if own or node.attr not in _LATER:
                    self._method(node.attr)

    def _value(self, place: str, value: Any, here: str, names: set[str]) -> None:
        """Add whatever a user's own code names: ours, theirs, or a constant."""
        value = unwrapped(value)
        whole = isinstance(value, types.ModuleType)
        named = whole or isinstance(value, types.FunctionType | type)
        home = value.__name__ if whole else getattr(value, "__module__", None) or ""
        if named and self.sources.path(home) is not None:
            self._import((home, None if whole else value.__qualname__), lambda: names)
        elif named and not (home == here or is_users(home)):
            self.texts[place] = f"{home} {getattr(value, '__qualname__', '')}"
        elif whole:
            for part in sorted(names & vars(value).keys()):
                self._value(f"{home}:{part}", vars(value)[part], home, names)
        elif isinstance(value, types.FunctionType):
            self._function(place, value)
        elif isinstance(value, type):
            self._class(place, value, names)
        elif id(value) not in self._seen:
            self._seen.add(id(value))
            self._held.append(value)  # so that its id stays its own
            self._object(place, value, here, names)

    def _object(self, place: str, value: Any, here: str, names: set[str]) -> None:
        """Add what is neither code nor a module."""
        parts = parts_of(value)
        if is_users(type(value).__module__):
            self._value(f"{place}:class", type(value), here, names)
        if parts is not None and not isinstance(value, Enum):
            for name, part in parts:
                self._value(f"{place}.{name}", part, here, names)
            return
        text = constant(value)
        if text is None:
            warn_unknown(place, value)
        self.texts[place] = f"{type(value).__name__} {text}"

    def _function(self, place: str, function: types.FunctionType) -> None:
        """Add a function that is not the package's, and what it names."""
        code = function.__code__
        if code in self._seen:
            return
        self._seen.add(code)
        self.texts[place] = bytecode(function)
        here, names, inner = function.__module__, names_of(code), imports_of(code)
        self._value(f"{place}:defaults", function.__defaults__, here, names)
        self._value(f"{place}:keywords", function.__kwdefaults__, here, names)
        values = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
        for used in sorted(names | inner.keys()):
            if used in inner:
                module, name = inner[used]
                if self.sources.path(module) is not None:
                    self._import(inner[used], lambda: names)
                elif is_users(module):
                    there = importlib.import_module(module)
                    self._value(
                        f"{module}:{name}", getattr(there, name) if name else there, here, names
                    )
            elif used in values:
                self._value(f"{here}:{used}", values[used], here, names)
        for name in sorted(reads_of_self(code) | ((names | strings_of(code)) - _LATER)):
            self._method(name)

    def _class(self, place: str, cls: type, names: set[str]) -> None:
        """Add a class of the user's own, and its bases."""
        if cls in self._seen or cls in self._classes:
            return
        self._seen.add(cls)
        for name, member in vars(cls).items():
            if name not in _IMPLICIT and not isinstance(member, types.MemberDescriptorType):
                self._value(f"{place}.{name}", member, cls.__module__, names)
        for base in cls.__bases__:
            self._value(f"{place}:{base.__name__}", base, cls.__module__, names)

    def _add(self, place: str, node: ast.AST, mark: str) -> None:
        text = ast.dump(strip(copy.deepcopy(node))) + mark
        self.texts[place] = self.texts.get(place, "") + text


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Keep the garbage collector from going through all trees again and again: none is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _names_in(member: Any) -> set[str] | None:
    """Return what the code of a method names; None if it is none."""
    function = unwrapped(member)
    return names_of(function.__code__) if isinstance(function, types.FunctionType) else None
