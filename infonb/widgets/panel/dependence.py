"""On which controls a picture depends: the names of the arguments of what draws it say so."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infonb.plots.picture import Picture
from infonb.validate import check_choice

__all__ = ["Draw", "controls_of", "depending_on"]

Draw = Callable[..., Picture]


def controls_of(draw: Draw, name: str, controls: Sequence[str]) -> list[str]:
    """Return the controls on which a picture depends; all of them for a function with ``**``."""
    found = inspect.signature(draw).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in found):
        return list(controls)
    takes = [one.name for one in found if one.default is one.empty or one.name in controls]
    for argument in takes:
        check_choice(f"argument of {name}", argument, list(controls))
    return takes


def depending_on(names: Sequence[str], draw: Callable[[Mapping[str, Any]], Picture]) -> Draw:
    """Return a function of some controls by name, of one that takes their values together."""

    def named(**values: Any) -> Picture:
        return draw(values)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    named.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return named
