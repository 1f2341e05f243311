"""The sixteen gates of two inputs: truth tables, and polynomials that go through them."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["AND", "FALSE", "GATES", "GATE_NAMES", "OR", "TRUE", "A", "B"]

#: By number: the truth table for (a, b) = 00, 01, 10, 11, read as a binary number.
GATE_NAMES = (
    "FALSE", "AND", "A_AND_NOT_B", "A", "NOT_A_AND_B", "B", "XOR", "OR",
    "NOR", "XNOR", "NOT_B", "A_OR_NOT_B", "NOT_A", "NOT_A_OR_B", "NAND", "TRUE",
)  # fmt: skip

FALSE, AND, A, B, OR, TRUE = (GATE_NAMES.index(n) for n in ("FALSE", "AND", "A", "B", "OR", "TRUE"))


def _gates() -> xr.DataArray:
    """Return (gate, basis): a gate is the one polynomial c0 + c1 a + c2 b + c3 ab of its table."""
    number = np.arange(16)
    f00, f01, f10, f11 = ((number >> shift) & 1 for shift in (3, 2, 1, 0))
    values = np.stack([f00, f10 - f00, f01 - f00, f11 - f10 - f01 + f00], axis=1)
    return xr.DataArray(
        values.astype(float),
        dims=("gate", "basis"),
        coords={
            "gate": number,
            "name": ("gate", np.array(GATE_NAMES, dtype=object)),
            "basis": np.array(["1", "a", "b", "ab"], dtype=object),
        },
        name="coefficient",
        attrs={
            "description": "gate(a, b) = c0 + c1 a + c2 b + c3 ab, on 0 .. 1 as if a and b were "
            "independent events with these probabilities"
        },
    )


#: The sixteen gates of two inputs as polynomials, (gate, basis).
GATES = _gates()
