"""Checks of arguments: one clear error that names the value, the choices and the remedy."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

__all__ = [
    "check_choice",
    "check_dim",
    "check_integer",
    "check_level",
    "check_number",
    "did_you_mean",
]


def did_you_mean(value: object, choices: Iterable[object]) -> str:
    """Return `` Did you mean 'x'?`` for the choice nearest to a value, or an empty string."""
    names = {str(choice).lower(): choice for choice in choices}
    near = get_close_matches(str(value).lower(), names, n=1, cutoff=0.5)
    return f" Did you mean {names[near[0]]!r}?" if near else ""


def check_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Raise a ValueError unless a value is one of the choices."""
    choices = list(choices)
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        value = value.item()  # numpy.bool_ and numpy.str_
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return
    listed = ", ".join(map(repr, choices))
    raise ValueError(
        f"{name} must be one of {listed}; not {value!r}.{did_you_mean(value, choices)}"
    )


def check_dim(dim: Hashable, dims: Iterable[Hashable], what: str = "array") -> None:
    """Raise a ValueError unless a dimension is among those of an array."""
    dims = tuple(dims)
    if dim not in dims:
        raise ValueError(f"dim {dim!r} not found; {what} has dims {dims}.{did_you_mean(dim, dims)}")


def check_integer(name: str, value: object, minimum: int, maximum: int | None = None) -> int:
    """Return a value as int; raise unless it is a whole number in the range."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number; not {value!r} ({type(value).__name__}).")
    _check_range(name, int(value), minimum, maximum)
    return int(value)


def check_number(
    name: str, value: object, minimum: float | None = None, maximum: float | None = None
) -> float:
    """Return a value as float; raise unless it is a finite real number in the range."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number; not {value!r} ({type(value).__name__}).")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite; not {value!r}.")
    _check_range(name, value, minimum, maximum)
    return number


def check_level(level: object) -> float:
    """Return the level of an interval as float; raise unless there is an interval of it."""
    number = check_number("level", level, 0.0, 1.0)
    if number in (0.0, 1.0):
        raise ValueError(f"level must be above 0 and below 1, such as 0.95; not {level!r}.")
    return number


def _check_range(name: str, value: Any, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and maximum is not None and not minimum <= value <= maximum:
        raise ValueError(f"{name} must be between {minimum} and {maximum}; not {value!r}.")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be at least {minimum}; not {value!r}.")
    if maximum is not None and value > maximum:
        raise ValueError(f"{name} must be at most {maximum}; not {value!r}.")
