"""Live controls of the notebooks: they index or re-measure labelled results, never train."""

from __future__ import annotations

from infonb.widgets.activations import Explorer, explore
from infonb.widgets.decision import explore_decision
from infonb.widgets.estimators import explore_estimators
from infonb.widgets.folded import folded
from infonb.widgets.neurons import explore_neurons
from infonb.widgets.panel import Panel
from infonb.widgets.sensitivity import explore_sensitivity
from infonb.widgets.sweep import explore_sweep
from infonb.widgets.training import explore_training

__all__ = [
    "Explorer",
    "Panel",
    "explore",
    "explore_decision",
    "explore_estimators",
    "explore_neurons",
    "explore_sensitivity",
    "explore_sweep",
    "explore_training",
    "folded",
]
