"""The sixteen gates against Python's own operators."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import numpy as np

from infonb.networks import GATES

#: By name, what a gate says of two bits.
BY_NAME = {
    "FALSE": lambda a, b: False,
    "AND": lambda a, b: a and b,
    "A_AND_NOT_B": lambda a, b: a and not b,
    "A": lambda a, b: a,
    "NOT_A_AND_B": lambda a, b: not a and b,
    "B": lambda a, b: b,
    "XOR": lambda a, b: a != b,
    "OR": lambda a, b: a or b,
    "NOR": lambda a, b: not (a or b),
    "XNOR": lambda a, b: a == b,
    "NOT_B": lambda a, b: not b,
    "A_OR_NOT_B": lambda a, b: a or not b,
    "NOT_A": lambda a, b: not a,
    "NOT_A_OR_B": lambda a, b: not a or b,
    "NAND": lambda a, b: not (a and b),
    "TRUE": lambda a, b: True,
}


def value(gate, a, b):
    return float(GATES.values[gate] @ [1, a, b, a * b])


def test_gates_are_their_truth_tables():
    assert GATES["name"].values.tolist() == list(BY_NAME)
    for gate, (name, says) in enumerate(BY_NAME.items()):
        table = [bool(says(bool(a), bool(b))) for a, b in product((0, 1), repeat=2)]
        assert [value(gate, a, b) for a, b in product((0, 1), repeat=2)] == table, name
        assert gate == int("".join(str(int(bit)) for bit in table), 2), name


def test_gates_between_the_corners():
    at = {name: value(gate, 0.25, 0.5) for gate, name in enumerate(BY_NAME)}
    expected = {"AND": 0.125, "OR": 0.625, "XOR": 0.5, "NAND": 0.875, "A": 0.25}
    assert {name: at[name] for name in expected} == expected
    # a gate and its negation add up to one, so that all sixteen are one half on average
    for a, b in np.random.default_rng(0).random((5, 2)):
        np.testing.assert_allclose(sum(value(gate, a, b) for gate in range(16)), 8)


def test_the_table_needs_no_torch():
    code = "from infonb.networks import GATES; import sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
