"""Early learning: wrong labels are memorized late, and what a loss can do about it."""

from __future__ import annotations

from infonb.experiments.early_learning.answer import answer
from infonb.experiments.early_learning.experiment import EarlyLearning

__all__ = ["EarlyLearning", "answer"]
