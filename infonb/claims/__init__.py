"""Claims of the paper against what was found: differences, how sure they are, what decides them."""

from __future__ import annotations

from infonb.claims.answer import describe_claims
from infonb.claims.bootstrap import Change, bootstrap_interval, change, change_of_median
from infonb.claims.compare import Compare
from infonb.claims.grid import compare_settings
from infonb.claims.rank import Rank, Trend
from infonb.claims.rows import Row, claims_table
from infonb.claims.rulers import RULERS, entropy_in_rulers
from infonb.claims.sensitivity import sensitivity
from infonb.claims.sentences import describe_grid
from infonb.claims.table import ClaimsTable
from infonb.claims.verdict import INTERVALS, Claim, interval
from infonb.claims.within import Within

__all__ = [
    "INTERVALS",
    "RULERS",
    "Change",
    "Claim",
    "ClaimsTable",
    "Compare",
    "Rank",
    "Row",
    "Trend",
    "Within",
    "bootstrap_interval",
    "change",
    "change_of_median",
    "claims_table",
    "compare_settings",
    "describe_claims",
    "describe_grid",
    "entropy_in_rulers",
    "interval",
    "sensitivity",
]
