"""Whether a control has a value, said before it is set."""

from __future__ import annotations

from typing import Any

from infonb.validate import check_choice, check_integer, check_number, did_you_mean

__all__ = ["check_value"]

#: More options are not listed one by one.
_MOST = 12


def check_value(name: str, control: Any, value: Any) -> None:
    """Raise unless a control can be set to a value: ipywidgets would cut it off without a word."""
    options = getattr(control, "_options_values", None)
    if options is not None and not isinstance(control.index, tuple):
        if any(type(value) is not bool and bool(value == option) for option in options):
            return
        if len(options) <= _MOST:
            check_choice(name, value, options)
        raise ValueError(
            f"{name} must be one of {options[0]!r}, …, {options[-1]!r} ({len(options)} of them); "
            f"not {value!r}.{did_you_mean(value, options)}"
        )
    if hasattr(control, "min") and hasattr(control, "max") and not isinstance(value, tuple):
        check = check_integer if isinstance(control.value, int) else check_number
        check(name, value, control.min, control.max)
