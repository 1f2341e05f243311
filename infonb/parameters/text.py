"""Parameters as command-line text."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from infonb.parameters.checks import check_value, find
from infonb.parameters.schema import ParameterInfo, describe

__all__ = ["parse", "to_text"]

_WORDS = {"true": True, "yes": True, "on": True, "1": True,
          "false": False, "no": False, "off": False, "0": False}  # fmt: skip


def parse(cls: type, texts: Mapping[str, str]) -> dict[str, Any]:
    """
    Return typed values from command-line text.

    Parameters
    ----------
    cls
        Dataclass of parameters.
    texts
        Text by name: ``true``/``false`` for a bool, ``1e-3`` for a float, ``0,0.5,1`` or
        ``[0, 0.5, 1]`` for a list; strings with commas in a list are quoted.

    Raises
    ------
    ParameterError
        As `check`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from infonb.parameters import ParameterSet, parameter
    >>> @dataclass(frozen=True)
    ... class Parameters(ParameterSet):
    ...     quick: bool = parameter(True, "fewer epochs")
    ...     alpha: list[float] = parameter([0.0, 1.0], "shares", minimum=0, maximum=1)
    >>> parse(Parameters, {"quick": "false", "alpha": "0, 0.5,1"})
    {'quick': False, 'alpha': [0.0, 0.5, 1.0]}
    """
    known = {record.name: record for record in describe(cls)}
    values = {}
    for name, text in texts.items():
        record = find(name, known)
        raw = _split(text, record) if record.is_list else _read(text, record.element)
        values[name] = check_value(record, raw)
    return values


def to_text(value: Any) -> str:
    """
    Return a value as the command-line text that `parse` reads back.

    Examples
    --------
    >>> to_text([0.0, 0.5]), to_text(False), to_text(["a,b", "c"])
    ('0.0,0.5', 'false', "['a,b', 'c']")
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        texts = [to_text(item) for item in value]
        plain = all(
            text and text.strip() == text and not set(text) & set(",'\"[]") for text in texts
        )
        return ",".join(texts) if plain else repr(value)
    return value if isinstance(value, str) else repr(value)


def _read(text: str, kind: str) -> Any:
    """Return the value that a text stands for, or the text itself, which the check refuses."""
    if kind == "str":
        return text
    text = text.strip()
    if kind == "bool":
        return _WORDS.get(text.lower(), text)
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _split(text: str, record: ParameterInfo) -> list[Any]:
    """Return the elements of a list written as ``a,b`` or ``[a, b]``, quoted or not."""
    inner = text.strip()
    if inner[:1] + inner[-1:] in ("[]", "()"):
        inner = inner[1:-1]
    if "'" in inner or '"' in inner:
        try:
            return list(ast.literal_eval(f"[{inner}]"))
        except (ValueError, SyntaxError):
            pass  # an apostrophe inside plain words
    if not inner.strip():
        return []
    return [_read(item.strip(), record.element) for item in inner.split(",")]
