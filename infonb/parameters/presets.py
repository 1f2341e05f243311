"""Presets: whole sets of values under one name, and what of them was asked for otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infonb.parameters.checks import ParameterSet
from infonb.parameters.schema import ParameterError, describe
from infonb.parameters.text import to_text

__all__ = ["check_preset"]


def check_preset(cls: type[ParameterSet], given: Mapping[str, Any]) -> None:
    """
    Raise if a value that was asked for is the default, which the chosen preset would replace.

    Parameters
    ----------
    cls
        Dataclass of parameters.
    given
        Typed values of the parameters that were asked for.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from infonb.parameters import parameter
    >>> @dataclass(frozen=True)
    ... class Parameters(ParameterSet):
    ...     preset: str = parameter("small", "whose settings", choices=["small", "paper"])
    ...     epochs: int = parameter(40, "epochs")
    ...     PRESETS = {"paper": {"epochs": 500}}
    >>> Parameters(preset="paper").epochs, Parameters(preset="paper", epochs=50).epochs
    (500, 50)
    >>> check_preset(Parameters, {"preset": "paper", "epochs": 40})
    Traceback (most recent call last):
        ...
    infonb.parameters.schema.ParameterError: epochs=40 is the default, which
    preset='paper' replaces by 500. Give another value of epochs, or leave preset out and set its
    other values one by one: epochs=500.
    """
    name = given.get("preset", "")
    preset = cls.PRESETS.get(name, {})
    for info in describe(cls):
        wanted = preset.get(info.name, info.default)
        if info.name in given and given[info.name] == info.default != wanted:
            values = ", ".join(f"{key}={to_text(value)}" for key, value in preset.items())
            raise ParameterError(
                f"{info.name}={to_text(info.default)} is the default, which preset={name!r} "
                f"replaces by {to_text(wanted)}. Give another value of {info.name}, or leave "
                f"preset out and set its other values one by one: {values}."
            )
