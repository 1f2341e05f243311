"""Code and constants that stand in no file of the package: a user's own, perhaps in a notebook."""

from __future__ import annotations

import dis
import sys
import sysconfig
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["bytecode", "constant", "fields_of", "is_users", "read_from"]


def is_users(module: str) -> bool:
    """Whether a module is neither Python's nor installed: its code may change from run to run."""
    if module == "__main__":  # of a notebook it has the file of the kernel
        return True
    path = getattr(sys.modules.get(module), "__file__", None)
    if path is None:  # built in
        return False
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return not any(Path(path).is_relative_to(place) for place in places)


def constant(value: Any) -> str | None:
    """Return a plain value, or a collection or array of them, as text; else None."""
    if isinstance(value, int | float | complex | str | bytes | bool | None):
        return repr(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        values = np.ascontiguousarray(value)
        return f"{values.dtype} {values.shape} {blake2b(values.tobytes()).hexdigest()}"
    if isinstance(value, Mapping):
        return constant([part for item in value.items() for part in item])
    if isinstance(value, tuple | list | set | frozenset):
        parts = [constant(part) for part in value]
        if None in parts:
            return None
        texts = [str(part) for part in parts]
        return repr(sorted(texts) if isinstance(value, set | frozenset) else texts)
    return None


def fields_of(cls: type) -> set[str]:
    """Return the fields of a dataclass; a class variable that is annotated is none."""
    return {field.name for field in fields(cls)} if is_dataclass(cls) else set()


def read_from(code: types.CodeType) -> tuple[dict[str, tuple[str, str | None]], set[str]]:
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
            more, used = read_from(part)
            inner, names = inner | more, names | used
    return inner, names


def bytecode(code: types.CodeType) -> str:
    """Return what tells compiled code from other, with the functions in it, as text."""
    inner = [bytecode(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {inner}"
