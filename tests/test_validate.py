"""Checks of arguments: errors that name the value, the choices and the remedy."""

from __future__ import annotations

import re

import numpy as np
import pytest

from infonb.validate import check_choice, check_dim, check_integer, check_number, did_you_mean


def test_the_nearest_choice():
    assert did_you_mean("samples", ["layer", "neuron", "sample"]) == " Did you mean 'sample'?"
    assert did_you_mean("zzz", ["layer"]) == ""


@pytest.mark.parametrize(
    ("check", "error", "words"),
    [
        (
            lambda: check_choice("unit", "bits", ["nat", "bit"]),
            ValueError,
            "unit must be one of 'nat', 'bit'; not 'bits'. Did you mean 'bit'?",
        ),
        (
            lambda: check_choice("clip", 1, [True, False]),
            ValueError,
            "clip must be one of True, False; not 1.",
        ),
        (
            lambda: check_dim("samples", ("layer", "neuron", "sample"), "activation"),
            ValueError,
            "dim 'samples' not found; activation has dims ('layer', 'neuron', 'sample'). "
            "Did you mean 'sample'?",
        ),
        (
            lambda: check_integer("bins", 0, minimum=1),
            ValueError,
            "bins must be at least 1; not 0.",
        ),
        (
            lambda: check_integer("k", 2.5, minimum=1),
            TypeError,
            "k must be a whole number; not 2.5 (float).",
        ),
        (
            lambda: check_integer("k", True, minimum=1),
            TypeError,
            "k must be a whole number; not True (bool).",
        ),
        (
            lambda: check_integer("layer", 9, minimum=0, maximum=8),
            ValueError,
            "layer must be between 0 and 8; not 9.",
        ),
        (
            lambda: check_number("alpha", 1.5, minimum=0.0, maximum=1.0),
            ValueError,
            "alpha must be between 0.0 and 1.0; not 1.5.",
        ),
        (lambda: check_number("x", 2, maximum=1), ValueError, "x must be at most 1; not 2."),
        (lambda: check_number("x", np.inf), ValueError, "x must be finite; not inf."),
        (lambda: check_number("x", "1"), TypeError, "x must be a number; not '1' (str)."),
    ],
)
def test_errors(check, error, words):
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        check()


def test_what_is_right():
    check_choice("clip", np.True_, [True, False])
    check_choice("unit", np.str_("bit"), ["nat", "bit"])
    check_dim("layer", ["layer"])
    assert type(check_integer("k", np.int64(3), minimum=1)) is int
    assert type(check_number("x", np.float32(0.5))) is float
