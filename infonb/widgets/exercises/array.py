"""An answer that is an array of numbers, with or without names of its dims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from infonb.validate import did_you_mean
from infonb.widgets.exercises.number import usual_mistakes
from infonb.widgets.exercises.part import Part, told_type

__all__ = ["Array"]


@dataclass(frozen=True)
class Array(Part):
    """
    An array that an exercise asks for: a list, a numpy array or a DataArray.

    An answer with named dims may have them in any order; it must have those of the expected array.
    A wrong sign or unit and a factor of 2 are noticed without being declared.

    Parameters
    ----------
    expected
        The right array (a DataArray where dims matter), a function without arguments that returns
        it, or a function of the answer that says whether it is right.
    tolerance
        How far each number may be from the right one. NaN is right where NaN is expected.
    of
        What there is one number of, in words: "neuron", "layer and neuron".
    unit
        ``"nat"``, ``"bit"`` or any other.
    why, hints, otherwise
        As of `Number`.

    Examples
    --------
    >>> change = Array([0.0, -1.0], of="neuron", hints={"Before or after?": [1.0, 0.0]})
    >>> change.reply([0, -1]).state, change.reply([0, 1]).text
    ('right', 'The size is right, the sign is not.')
    >>> change.reply(-1).text
    'This is a number; an array is asked for, one number for each neuron.'
    """

    tolerance: float = field(default=0.005, kw_only=True)
    of: str = field(default="", kw_only=True)
    unit: str = field(default="", kw_only=True)

    def read(self, answer: Any) -> Any:
        """Return the answer as a DataArray in the order of the expected dims, or as an array."""
        asked = "an array is asked for" + f", one number for each {self.of}" * bool(self.of)
        if isinstance(answer, xr.Dataset | str | dict) or callable(answer):
            raise ValueError(f"This is {told_type(answer)}; {asked}.")
        answer = answer.detach() if hasattr(answer, "detach") else answer  # torch
        try:
            found = answer if isinstance(answer, xr.DataArray) else np.asarray(answer, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(f"This is {told_type(answer)}; {asked}.") from None
        if not found.ndim:
            raise ValueError(f"This is a number; {asked}.")
        return found if self.value is None else self._like(found, asked)

    def same(self, answer: Any, wanted: Any) -> bool:
        """Tell whether all numbers are within the tolerance of others."""
        wanted = np.asarray(wanted, dtype=float)
        values = np.asarray(answer, dtype=float)
        return values.shape == wanted.shape and np.allclose(
            values, wanted, rtol=0, atol=self.tolerance, equal_nan=True
        )

    def usual(self) -> Mapping[str, Any]:
        """Return the mistakes that are made with every array of this unit."""
        return usual_mistakes(self, self.unit)

    def _like(self, found: Any, asked: str) -> Any:
        """Return an array with its dims in the expected order, if it has those dims and sizes."""
        wanted = self.value
        if isinstance(found, xr.DataArray) and isinstance(wanted, xr.DataArray):
            if set(found.dims) != set(wanted.dims):
                more = [dim for dim in found.dims if dim not in wanted.dims]
                hint = did_you_mean(more[0], wanted.dims) if more else ""
                raise ValueError(
                    f"This has the dims {_listed(found.dims)}; {_listed(wanted.dims)} "
                    f"is asked for.{hint}"
                )
            found = found.transpose(*wanted.dims)
        if found.shape != np.shape(wanted):
            raise ValueError(
                f"This has the shape {found.shape}; {asked}: the shape {np.shape(wanted)}."
            )
        return found


def _listed(dims: Any) -> str:
    return "(" + ", ".join(map(str, dims)) + ")"
