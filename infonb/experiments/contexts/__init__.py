"""Contexts: what objects that always stand in the same place do to entropy and information.

Bansal, Pruthi and Belinkov (2022), section 4, Figure 5 (NICO++, ResNet-18). In the unbalanced
training set every object has its own context (bears on grass, dogs in water), in the balanced one
every object is in all contexts. Networks that tell the context instead of the object memorize a
heuristic (hypothesis H1).
"""

from __future__ import annotations

from infonb.experiments.contexts.experiment import (
    CLAIM,
    SETTINGS,
    STAGES,
    Parameters,
    accuracy_by_context,
    by_estimator,
    claims,
    data,
    draw_neurons,
    entropy_by_convention,
    entropy_by_length,
    measure,
    prepare,
    run,
    run_half,
    train,
    usual_contexts,
    what_length_does,
    what_was_learnt,
    which_convention,
)

__all__ = [
    "CLAIM",
    "SETTINGS",
    "STAGES",
    "Parameters",
    "accuracy_by_context",
    "by_estimator",
    "claims",
    "data",
    "draw_neurons",
    "entropy_by_convention",
    "entropy_by_length",
    "measure",
    "prepare",
    "run",
    "run_half",
    "train",
    "usual_contexts",
    "what_length_does",
    "what_was_learnt",
    "which_convention",
]
