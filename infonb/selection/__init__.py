"""
What one does with models: compare them on the same examples, switch their neurons off.

What runs a model brings torch along and is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from infonb.selection.activating.activating_examples import activating_examples
from infonb.selection.comparison.compare import compare
from infonb.selection.interventions.undoing import describe_undoing, undoing
from infonb.selection.ranking.rank import rank
from infonb.selection.verdict.judge import (
    DEPENDS,
    EXAMPLES,
    HEURISTIC,
    INCONCLUSIVE,
    VERDICTS,
    judge,
)
from infonb.selection.verdict.rule import Rule
from infonb.selection.watching.watch import Watch

if TYPE_CHECKING:
    from infonb.selection.interventions.intervene import intervene
    from infonb.selection.interventions.switching import switched_off

__all__ = [
    "DEPENDS",
    "EXAMPLES",
    "HEURISTIC",
    "INCONCLUSIVE",
    "VERDICTS",
    "Rule",
    "Watch",
    "activating_examples",
    "compare",
    "describe_undoing",
    "intervene",
    "judge",
    "rank",
    "switched_off",
    "undoing",
]

_HOME = {
    "intervene": "infonb.selection.interventions.intervene",
    "switched_off": "infonb.selection.interventions.switching",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'infonb.selection' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
