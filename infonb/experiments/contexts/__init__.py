"""Contexts: what objects that always stand in the same place do to entropy and information."""

from __future__ import annotations

from infonb.experiments.contexts.claims import (
    SETTINGS,
    accuracy_by_context,
    usual_contexts,
    what_was_learnt,
)
from infonb.experiments.contexts.experiment import Contexts
from infonb.experiments.contexts.measures import STAGES

__all__ = [
    "SETTINGS",
    "STAGES",
    "Contexts",
    "accuracy_by_context",
    "usual_contexts",
    "what_was_learnt",
]
