"""Live controls of the notebooks, which never train, and the checked exercises of the lessons."""

from __future__ import annotations

from infonb.widgets.decision import explore_decision
from infonb.widgets.estimators import explore_estimators
from infonb.widgets.exercises.array import Array
from infonb.widgets.exercises.choice import Choice
from infonb.widgets.exercises.exercise import Exercise
from infonb.widgets.exercises.number import Number
from infonb.widgets.explorer.activations import Explorer, explore
from infonb.widgets.explorer.neurons import explore_neurons
from infonb.widgets.folded import folded
from infonb.widgets.interventions import explore_interventions
from infonb.widgets.levels.sweep import explore_sweep
from infonb.widgets.levels.training import explore_training
from infonb.widgets.panel.panel import Panel
from infonb.widgets.ranking import explore_rankings
from infonb.widgets.sensitivity import explore_sensitivity

__all__ = [
    "Array",
    "Choice",
    "Exercise",
    "Explorer",
    "Number",
    "Panel",
    "explore",
    "explore_decision",
    "explore_estimators",
    "explore_interventions",
    "explore_neurons",
    "explore_rankings",
    "explore_sensitivity",
    "explore_sweep",
    "explore_training",
    "folded",
]
