"""Several models on the same examples: what differs, how sure that is, and what it says."""

from __future__ import annotations

from infonb.selection.compare import compare
from infonb.selection.rule import Rule
from infonb.selection.verdict import DEPENDS, EXAMPLES, HEURISTIC, INCONCLUSIVE, VERDICTS, judge
from infonb.selection.watch import Watch

__all__ = [
    "DEPENDS",
    "EXAMPLES",
    "HEURISTIC",
    "INCONCLUSIVE",
    "VERDICTS",
    "Rule",
    "Watch",
    "compare",
    "judge",
]
