"""Entropy as a regularizer: whether it keeps networks from leaning on a shortcut."""

from __future__ import annotations

from infonb.experiments.entropy_regularizer.answer import answer
from infonb.experiments.entropy_regularizer.experiment import EntropyRegularizer

__all__ = ["EntropyRegularizer", "answer"]
