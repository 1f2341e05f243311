"""
Measures of memorization that are not information: what a model knows because it saw it.

Each is a labelled function with its array kernel in the same file.
"""

from __future__ import annotations

from infonb.memorization.in_out import in_out
from infonb.memorization.influence import influence
from infonb.memorization.plan import in_out_plan

__all__ = ["in_out", "in_out_plan", "influence"]
