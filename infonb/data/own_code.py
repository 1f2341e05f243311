"""A function of the user's own, ``FILE.py:FUNCTION``: the file is run, the function called."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import numpy as np

from infonb.data.files import MEGABYTE, expanded, open_file
from infonb.validate import did_you_mean

__all__ = ["call_own", "is_own", "own_file"]

_PREFIX = "infonb_own"
_MOST_BYTES = 10 * MEGABYTE

#: What the last file of the user's brought along from its folder: a later one has its own `utils`.
_brought: set[str] = set()


def is_own(source: str) -> bool:
    """Whether a text has the form ``FILE.py:FUNCTION``, or names a file of Python alone."""
    file, _, _ = source.rpartition(":")
    return file.endswith(".py") or source.endswith(".py")


def own_file(source: str, example: str = "build") -> tuple[Path, str]:
    """Return file and function of ``FILE.py:FUNCTION``; raise unless the file is there."""
    file, _, name = source.rpartition(":")
    if not file.endswith(".py"):
        file, name = (source, "") if source.endswith(".py") else (file, name)
    if not file.endswith(".py"):
        raise ValueError(
            f"{source!r} must have the form FILE.py:FUNCTION, such as models.py:{example}."
        )
    path = expanded(file)
    if not path.is_file():
        near = did_you_mean(path.name, _python_files(path.parent))
        raise FileNotFoundError(f"no file {path}.{near}")
    return path, name


def call_own(source: str, example: str = "build", use: Callable[[Any], Any] | None = None) -> Any:
    """
    Run the file of ``FILE.py:FUNCTION`` and return what the function, or class, returns.

    Meanwhile its folder can be imported from, as when Python runs it, and what it draws is the same
    in each call; so it is while what the function returns is used. Whatever goes wrong in the file,
    or in the function, is one line.
    """
    path, name = own_file(source, example)
    with _importable(path.parent), _seeded():
        module = _run(path)
        if not name or not hasattr(module, name):
            raise _no_name(path, module, name, example)
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isroutine(value):  # else it is what is wanted itself
            _check_no_arguments(path, name, value)
            with _told(path, f"{name}()"):
                value = value()
        return value if use is None else use(value)


def _run(path: Path) -> types.ModuleType:
    """Run a file as a module of a private name: not ``__main__``, nor that of anybody's import."""
    where = path.resolve()
    name = f"{_PREFIX}_{blake2b(os.fsencode(where), digest_size=6).hexdigest()}"
    module = module_from_spec(ModuleSpec(name, None, origin=str(where)))
    module.__file__ = str(where)
    sys.modules[name] = module
    _brought.add(name)
    with open_file(path, _MOST_BYTES) as file:
        source = file.read()
    with _told(path, "the file"):
        # no compiled copy is kept in the user's folder, nor is one found that is out of date
        exec(compile(source, where, "exec"), module.__dict__)
    return module


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let modules of a folder be imported, anew: not those that an earlier file brought along."""
    place = str(folder.resolve())
    for name in _brought:
        sys.modules.pop(name, None)
    _brought.clear()
    before = set(sys.modules)
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if place in sys.path:
            sys.path.remove(place)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(place) and "site-packages" not in file:
                _brought.add(name)


@contextmanager
def _seeded() -> Iterator[None]:
    """Let the user's code draw the same in each call, and give back the global random states."""
    import random

    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.default_generator.manual_seed(0)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    """Make one line of whatever the user's code raises; Ctrl-C passes."""
    try:
        yield
    except SystemExit as end:
        raise ValueError(
            f"{path}: {what} ended the program (exit {end.code}). Put what trains, or reads a "
            "command line, under: if __name__ == '__main__':"
        ) from end
    except Exception as error:
        told = " ".join(str(error).split()) or "no message"
        raise ValueError(
            f"{path}: {what} failed{_line(error, path)} with {type(error).__name__}: {told}"
            f"{_remedy(error)}"
        ) from error


def _line(error: BaseException, path: Path) -> str:
    """Return the line of the user's file in which something failed, in words."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f" in line {error.lineno}"
    where = str(path.resolve())
    lines = [step.lineno for step in traceback.extract_tb(error.__traceback__)
             if step.filename == where]  # fmt: skip
    return f" in line {lines[-1]}" if lines else ""


def _remedy(error: Exception) -> str:
    if isinstance(error, ImportError) and "relative import" in str(error):
        return (
            ". A file of a package: write a small file that imports from it by its full name, "
            "and name that one."
        )
    return ""


def _check_no_arguments(path: Path, name: str, value: Any) -> None:
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # of a class written in C
        return
    needed = [
        one.name for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]  # fmt: skip
    if needed:
        raise ValueError(
            f"{path}: {name} needs the argument {', '.join(needed)}; name a function without any, "
            f"such as: def build(): return {name}({needed[0]}=...)"
        )


def _no_name(path: Path, module: types.ModuleType, name: str, example: str) -> ValueError:
    """Say that a name is missing, and which functions and classes the file has."""
    own = [
        key for key, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
        and not key.startswith("_")
    ]  # fmt: skip
    listed = f"it has {', '.join(map(repr, own))}" if own else "it defines none"
    if not name:
        return ValueError(
            f"{path} is a file; name the function in it, such as {path}:{(own or [example])[0]} "
            f"({listed})."
        )
    return ValueError(f"{path} has no function {name!r}; {listed}.{did_you_mean(name, own)}")


def _python_files(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.glob("*.py"))
    except OSError:
        return []
