"""
Measures of memorization that are not information: what a model knows because it saw it.

Each is a labelled function with its array kernel in the same file.
"""

from __future__ import annotations

from infonb.memorization.confident_learning import confident_learning
from infonb.memorization.label_noise import outcome_fractions, suspect_labels

__all__ = ["confident_learning", "outcome_fractions", "suspect_labels"]
