"""Claims of the paper against what was found: differences, how sure they are, what decides them."""

from __future__ import annotations

from infonb.claims.bootstrap import Change, change, change_of_median
from infonb.claims.table import INTERVALS, Claim, ClaimsTable, interval

__all__ = [
    "INTERVALS",
    "Change",
    "Claim",
    "ClaimsTable",
    "change",
    "change_of_median",
    "interval",
]
