"""Typed parameters of an experiment: described, parsed from text, and checked before any work."""

from __future__ import annotations

from infonb.experiments.parameters.cell import (
    NotebookParameter,
    assert_same,
    notebook_parameters,
)
from infonb.experiments.parameters.checks import ParameterSet, check, find
from infonb.experiments.parameters.presets import check_preset
from infonb.experiments.parameters.schema import (
    ParameterError,
    ParameterInfo,
    describe,
    parameter,
)
from infonb.experiments.parameters.text import parse, to_text

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
