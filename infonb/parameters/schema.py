"""Declare typed parameters of an experiment: default, help, choices and range."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infonb.validate import check_choice

__all__ = ["ParameterError", "ParameterInfo", "describe", "parameter"]

_TYPES: dict[Any, str] = {
    bool: "bool", int: "int", float: "float", str: "str",
    list[int]: "list[int]", list[float]: "list[float]", list[str]: "list[str]",
}  # fmt: skip


class ParameterError(ValueError):
    """A parameter is unknown, of the wrong type, out of range, or not among its choices."""


@dataclass(frozen=True)
class ParameterInfo:
    """One parameter as the schema declares it: name, type in words, default, help and limits."""

    name: str
    type: str
    default: Any
    help: str
    choices: tuple[Any, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    affects: str = "training"

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return self.type.startswith("list[")

    @property
    def element(self) -> str:
        """The type of the value, or of each element of a list."""
        return self.type[5:-1] if self.is_list else self.type

    @property
    def limits(self) -> str:
        """
        Choices or range in words; empty when anything of the type will do.

        Examples
        --------
        >>> ParameterInfo("bins", "int", 100, "", minimum=1).limits
        'at least 1'
        """
        if self.choices is not None:
            return " | ".join(str(choice) for choice in self.choices)
        low, high = (None if end is None else f"{end:.10g}" for end in (self.minimum, self.maximum))
        if low is not None and high is not None:
            return f"{low} to {high}"
        if low is not None:
            return f"at least {low}"
        return "" if high is None else f"at most {high}"


def parameter(
    default: Any,
    help: str,
    *,
    choices: Sequence[Any] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    affects: str = "training",
    order: int = 0,
) -> Any:
    """
    Return a dataclass field that holds a default, a help text and what values are valid.

    Parameters
    ----------
    default
        Default value; a list is copied for each instance.
    help
        One phrase for people; the notebook repeats it as a comment.
    choices
        The valid values, or None.
    minimum, maximum
        Inclusive range of a number, or None. Like `choices`, they apply to each element of a list.
    affects
        What changes with it: ``"training"`` of a run and all after it, ``"measures"`` only, or
        ``"selection"``: which runs there are, and how they are shown. Finished runs are kept
        under a key of what they depend on.
    order
        Parameters are listed by it, then as they are declared, base classes first.

    Examples
    --------
    >>> parameter(100, "number of bins", minimum=1).metadata["help"]
    'number of bins'
    """
    metadata = {
        "help": help,
        "choices": None if choices is None else tuple(choices),
        "minimum": minimum,
        "maximum": maximum,
        "affects": affects,
        "order": order,
    }
    check_choice("affects", affects, ["training", "measures", "selection"])
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def describe(cls: type) -> list[ParameterInfo]:
    """
    Return one record per parameter of a dataclass, in the order of declaration.

    Raises
    ------
    TypeError
        If a parameter has a type other than bool, int, float, str or a list of the last three,
        or no help text.

    Examples
    --------
    >>> from infonb.parameters import ParameterSet
    >>> @dataclass(frozen=True)
    ... class Parameters(ParameterSet):
    ...     bins: int = parameter(100, "number of bins", minimum=1)
    >>> describe(Parameters)
    [ParameterInfo(name='bins', type='int', default=100, help='number of bins', choices=None,
    minimum=1, maximum=None, affects='training')]
    """
    records: list[tuple[int, ParameterInfo]] = []
    for field in dataclasses.fields(cls):
        # as a text, where annotations are not evaluated
        kind = field.type if field.type in _TYPES.values() else _TYPES.get(field.type)
        if kind is None:
            raise TypeError(
                f"parameter {field.name!r} of {cls.__name__} has type {field.type}; supported are "
                f"{', '.join(_TYPES.values())}."
            )
        if "help" not in field.metadata:
            raise TypeError(f"parameter {field.name!r} must be declared with parameter().")
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        metadata = {name: value for name, value in field.metadata.items() if name != "order"}
        records.append(
            (field.metadata["order"], ParameterInfo(field.name, str(kind), default, **metadata))
        )
    return [record for _, record in sorted(records, key=lambda pair: pair[0])]
