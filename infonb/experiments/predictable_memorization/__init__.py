"""Predictable memorization: which sequences a language model recites, told by smaller ones."""

from __future__ import annotations

from infonb.experiments.predictable_memorization.experiment import PredictableMemorization

__all__ = ["PredictableMemorization"]
