"""Code and constants that stand in no file of the package: a user's own, perhaps in a notebook.

What counts is what is loaded, not what stands in a file: its bytecode, and the values of its names.
"""

from __future__ import annotations

import dis
import functools
import importlib.util
import pickle
import sys
import sysconfig
import types
import warnings
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

__all__ = [
    "bytecode", "constant", "fields_of", "imports_of", "is_users", "names_of", "parts_of",
    "reads_of_self", "strings_of", "unwrapped", "warn_unknown",
]  # fmt: skip


def is_users(module: str) -> bool:
    """Whether a module is neither Python's nor installed: its code may change from run to run."""
    if module == "__main__":  # of a notebook it has the file of the kernel
        return True
    path = getattr(sys.modules.get(module), "__file__", None)
    if module not in sys.modules:
        try:
            path = getattr(importlib.util.find_spec(module), "origin", None)
        except (ImportError, ValueError):
            return False
    if path is None:  # built in
        return False
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    if any(Path(path).is_relative_to(place) for place in places):
        return False
    return not {"site-packages", "dist-packages"} & set(Path(path).parts)


def unwrapped(value: Any) -> Any:
    """Return the function inside what decorates it: a property, a cache, a compiled kernel ..."""
    while True:
        for name in ("fget", "__func__", "func", "py_func", "__wrapped__"):
            inner = None if isinstance(value, functools.partial | types.MethodType) else getattr(
                value, name, None
            )  # fmt: skip
            if isinstance(inner, types.FunctionType):
                value = inner
                break
        else:
            return value


def parts_of(value: Any) -> Iterator[tuple[str, Any]] | None:
    """Return what a value is made of, with names; None if it is of one piece."""
    if isinstance(value, functools.partial):
        return iter([("func", value.func), ("args", value.args), ("keywords", value.keywords)])
    if isinstance(value, types.MethodType):
        return iter([("func", value.__func__), ("self", value.__self__)])
    if isinstance(value, dict | types.MappingProxyType):
        return ((repr(key), part) for key, part in value.items())
    if isinstance(value, tuple | list):
        return ((str(at), part) for at, part in enumerate(value))
    if isinstance(value, types.SimpleNamespace) or is_users(type(value).__module__):
        return iter(vars(value).items()) if hasattr(value, "__dict__") else None
    return None


def constant(value: Any) -> str | None:
    """Return a value of one piece as text."""
    if isinstance(value, Enum):
        return f"{value!r} {value.value!r}"
    if isinstance(value, int | float | complex | str | bytes | bool | range | slice | Path | None):
        return repr(value)
    if isinstance(value, set | frozenset):
        return repr(sorted(map(repr, value)))
    if isinstance(value, xr.Dataset | xr.DataArray):
        whole = value.to_dataset(name="values") if isinstance(value, xr.DataArray) else value
        return repr([(str(n), v.dims, constant(v.values)) for n, v in whole.variables.items()])
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # a tensor
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        values = np.ascontiguousarray(value)
        return f"{values.dtype} {values.shape} {blake2b(values.tobytes()).hexdigest()}"
    try:
        return blake2b(pickle.dumps(value, protocol=4)).hexdigest()
    except Exception:  # a lock, a file, a generator
        return None


def warn_unknown(place: str, value: Any) -> None:
    """Say that a change of a value would not be noticed."""
    warnings.warn(
        f"a change of {place} ({type(value).__name__}) would not be noticed: finished runs would "
        "be found again. Make it in a function, or set cache='none'.",
        stacklevel=2,
    )


def fields_of(cls: type) -> set[str]:
    """Return the fields of a dataclass; a class variable that is annotated is none."""
    return {field.name for field in fields(cls)} if is_dataclass(cls) else set()


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _codes(part)


def names_of(code: types.CodeType) -> set[str]:
    """Return the names and attributes that compiled code uses, with the functions in it."""
    return {name for one in _codes(code) for name in (*one.co_names, *one.co_freevars)}


def strings_of(code: types.CodeType) -> set[str]:
    """Return the strings in compiled code that could name something, as in getattr."""
    constants = (part for one in _codes(code) for part in one.co_consts)
    return {part for part in constants if isinstance(part, str) and part.isidentifier()}


def imports_of(code: types.CodeType) -> dict[str, tuple[str, str | None]]:
    """Return what compiled code imports: name here → module and name there."""
    found: dict[str, tuple[str, str | None]] = {}
    for one in _codes(code):
        module = ""
        for step in dis.get_instructions(one):
            if step.opname == "IMPORT_NAME":
                module = step.argval
                found[module] = module, None
            elif step.opname == "IMPORT_FROM":
                found.pop(module, None)  # of the module, only this name
                found[step.argval] = module, step.argval
    return found


def reads_of_self(code: types.CodeType) -> set[str]:
    """Return the attributes that compiled code takes from its first argument."""
    first = code.co_varnames[:1]
    found = set()
    for one in _codes(code):
        last = None
        for step in dis.get_instructions(one):
            if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and last in first:
                found.add(step.argval)
            last = step.argval if step.opname in ("LOAD_FAST", "LOAD_DEREF") else None
    return found


def bytecode(function: types.FunctionType) -> str:
    """Return what tells a compiled function from another, as text; its docstring is left out."""
    text = "".join(
        f"{one.co_code.hex()} {one.co_names} "
        f"{[repr(part) for part in one.co_consts if not isinstance(part, types.CodeType)]}"
        for one in _codes(function.__code__)
    )
    return text.replace(repr(function.__doc__), "") if function.__doc__ else text
