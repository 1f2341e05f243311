"""How mutual information is estimated: one small class for each way, with its parameters."""

from __future__ import annotations

from infonb.measures.estimators.binned import Binned
from infonb.measures.estimators.mode import Mode
from infonb.measures.estimators.neighbours import Ksg, Mixture, check_neighbours

__all__ = ["Binned", "Ksg", "Mixture", "Mode", "check_neighbours"]
