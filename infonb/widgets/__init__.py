"""Live controls of the notebooks: they index or re-measure labelled results, never train."""

from __future__ import annotations

from infonb.widgets.estimators import explore_estimators
from infonb.widgets.explore import explore_decision, explore_neurons
from infonb.widgets.panel import Panel
from infonb.widgets.sensitivity import explore_sensitivity

__all__ = [
    "Panel",
    "explore_decision",
    "explore_estimators",
    "explore_neurons",
    "explore_sensitivity",
]
