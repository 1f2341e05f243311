"""Check values of parameters: one clear line at the first that is not valid."""

from __future__ import annotations

import copy
import dataclasses
import math
import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

from infonb.parameters.schema import ParameterError, ParameterInfo, describe
from infonb.validate import check_choice, check_number, did_you_mean

__all__ = ["ParameterSet", "check", "check_value", "find"]


class ParameterSet:
    """
    Base of an experiment's frozen dataclass of parameters: checks its values when it is made.

    Values are brought to their declared type (a whole number for a float, a single value for a
    list), so that the experiment can rely on them.

    Attributes
    ----------
    PRESETS : dict
        Name of a preset → values by name. If the parameter ``preset`` names it, they replace the
        values that are left at their default.

    Raises
    ------
    ParameterError
        If a value has the wrong type, is out of range or not among the choices.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from infonb.parameters import parameter
    >>> @dataclass(frozen=True)
    ... class Parameters(ParameterSet):
    ...     alpha: list[float] = parameter([0.0, 1.0], "shares", minimum=0, maximum=1)
    >>> Parameters(alpha=1)
    Parameters(alpha=[1.0])
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        values = check(type(self), values)
        preset = self.PRESETS.get(values.get("preset", ""), {})
        at_default = {
            info.name for info in describe(type(self)) if values[info.name] == info.default
        }
        values |= check(type(self), {k: v for k, v in preset.items() if k in at_default})
        for name, value in values.items():
            object.__setattr__(self, name, value)  # the dataclass is frozen

    def changed(self, **values: Any) -> Self:
        """
        Return the same parameters with some other values; a preset does not replace those.

        (`dataclasses.replace` would apply the preset again, to every value that is a default.)

        Examples
        --------
        >>> from dataclasses import dataclass
        >>> from infonb.parameters import parameter
        >>> @dataclass(frozen=True)
        ... class Parameters(ParameterSet):
        ...     preset: str = parameter("small", "whose settings", choices=["small", "paper"])
        ...     epochs: int = parameter(40, "epochs")
        ...     PRESETS = {"paper": {"epochs": 500}}
        >>> Parameters(preset="paper").changed(epochs=40).epochs
        40
        """
        other = copy.copy(self)
        for name, value in check(type(self), values).items():
            object.__setattr__(other, name, value)
        return other

    @classmethod
    def from_namespace(cls, namespace: Mapping[str, Any]) -> Self:
        """
        Return the parameters that stand as variables in a namespace, such as a notebook's.

        Parameters
        ----------
        namespace
            ``globals()`` of the notebook; other variables in it do not matter.

        Raises
        ------
        ParameterError
            If a variable is missing, or its value not valid.

        Examples
        --------
        >>> from dataclasses import dataclass
        >>> from infonb.parameters import parameter
        >>> @dataclass(frozen=True)
        ... class Parameters(ParameterSet):
        ...     bins: int = parameter(100, "bins of the entropy", minimum=1)
        >>> Parameters.from_namespace({"bins": 20, "other": None})
        Parameters(bins=20)
        """
        names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
        missing = [name for name in names if name not in namespace]
        if missing:
            raise ParameterError(
                f"no variable for the parameters {', '.join(map(repr, missing))}; run the cell "
                "with the parameters first."
            )
        return cls(**{name: namespace[name] for name in names})


def check(cls: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return typed values of parameters; raise one clear line at the first that is not valid.

    Parameters
    ----------
    cls
        Dataclass of parameters.
    values
        Any part of the parameters by name. Whole numbers are taken for floats, numpy scalars and
        arrays for numbers and lists, paths for strings, a single value for a list of one.

    Returns
    -------
    dict
        The same names with values of the declared types.

    Raises
    ------
    ParameterError
        Names the parameter, the value, what is valid and what is nearest to it.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from infonb.parameters import parameter
    >>> @dataclass(frozen=True)
    ... class Parameters(ParameterSet):
    ...     alpha: float = parameter(1.0, "share of coloured examples", minimum=0, maximum=1)
    >>> check(Parameters, {"alpha": 1})
    {'alpha': 1.0}
    >>> check(Parameters, {"alhpa": 1})
    Traceback (most recent call last):
        ...
    infonb.parameters.schema.ParameterError: no parameter 'alhpa'; there are 'alpha'.
    Did you mean 'alpha'?
    """
    known = {record.name: record for record in describe(cls)}
    return {name: check_value(find(name, known), value) for name, value in values.items()}


def find(name: str, known: Mapping[str, ParameterInfo]) -> ParameterInfo:
    """Return the record of a parameter; raise one clear line if there is none of that name."""
    if name not in known:
        listed = ", ".join(repr(choice) for choice in known)
        raise ParameterError(
            f"no parameter {name!r}; there are {listed}.{did_you_mean(name, known)}"
        )
    return known[name]


def check_value(record: ParameterInfo, value: Any) -> Any:
    """Return the typed value of one parameter; raise one clear line if it is not valid."""
    if not record.is_list:
        return _check_scalar(record, value)
    if hasattr(value, "tolist"):  # a numpy array or scalar
        value = value.tolist()
    items = list(value) if isinstance(value, list | tuple | range) else [value]
    if not items and record.default:  # a list that is empty by default may stay so
        raise ParameterError(f"{record.name} must not be empty; give at least one value.")
    items = [_check_scalar(record, item) for item in items]
    for position, item in enumerate(items):
        if item in items[:position]:
            raise ParameterError(f"{record.name} must not repeat a value; {item!r} is there twice.")
    return items


def _check_scalar(record: ParameterInfo, value: Any) -> Any:
    value = _convert(record, value)
    try:
        if record.choices is not None:
            check_choice(record.name, value, record.choices)
        if record.element in ("int", "float"):
            check_number(record.name, value, record.minimum, record.maximum)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{error}{_nearest(record, value)}") from None
    return value


def _convert(record: ParameterInfo, value: Any) -> Any:
    """Bring a value to the declared type without losing anything, or say what is expected."""
    if type(value).__module__ == "numpy" and hasattr(value, "item") and value.ndim == 0:
        value = value.item()
    number = isinstance(value, Real) and not isinstance(value, bool)
    if record.element == "bool" and isinstance(value, bool):
        return value
    if record.element == "int" and number and isinstance(value, Integral):
        return int(value)
    if record.element == "float" and number:
        return float(value)
    if record.element == "str" and isinstance(value, str | os.PathLike):
        return os.fspath(value)
    one, many = {
        "bool": ("true or false", "true or false"),
        "int": ("a whole number", "whole numbers"),
        "float": ("a number", "numbers"),
        "str": ("a text", "texts"),
    }[record.element]
    limits = f" ({record.limits})" if record.limits else ""
    hint = did_you_mean(value, ["true", "false"]) if record.element == "bool" else ""
    raise ParameterError(
        f"{record.name} must be {many if record.is_list else one}{limits}; not {value!r}.{hint}"
        f"{_nearest(record, value)}"
    )


def _nearest(record: ParameterInfo, value: Any) -> str:
    """Return the valid number nearest to a number, in words."""
    if record.element not in ("int", "float") or isinstance(value, bool):
        return ""
    if not isinstance(value, Real) or not math.isfinite(value):
        return ""
    if record.choices is not None:
        near = min(record.choices, key=lambda choice: abs(choice - value))
    else:
        near = round(float(value)) if record.element == "int" else float(value)
        near = near if record.minimum is None else max(near, record.minimum)
        near = near if record.maximum is None else min(near, record.maximum)
    return f" The nearest is {near}."
