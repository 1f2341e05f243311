"""Typed parameters of an experiment: described, parsed from text, and checked before any work."""

from __future__ import annotations

from infonb.parameters.cell import (
    NotebookParameter,
    assert_same,
    notebook_parameters,
)
from infonb.parameters.checks import ParameterSet, check, find
from infonb.parameters.presets import check_preset
from infonb.parameters.schema import (
    ParameterError,
    ParameterInfo,
    describe,
    parameter,
)
from infonb.parameters.text import parse, to_text

__all__ = [
    "NotebookParameter",
    "ParameterError",
    "ParameterInfo",
    "ParameterSet",
    "assert_same",
    "check",
    "check_preset",
    "describe",
    "find",
    "notebook_parameters",
    "parameter",
    "parse",
    "to_text",
]
