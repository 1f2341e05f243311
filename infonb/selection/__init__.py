"""Several models on the same examples: what differs, how sure that is, and what it says."""

from __future__ import annotations

from infonb.selection.activating import activating_examples
from infonb.selection.compare import compare
from infonb.selection.rank import rank
from infonb.selection.rule import Rule
from infonb.selection.verdict import DEPENDS, EXAMPLES, HEURISTIC, INCONCLUSIVE, VERDICTS, judge

__all__ = [
    "DEPENDS",
    "EXAMPLES",
    "HEURISTIC",
    "INCONCLUSIVE",
    "VERDICTS",
    "Rule",
    "activating_examples",
    "compare",
    "judge",
    "rank",
]
