"""Memorization capacity: how many bits of random strings a language model holds."""

from __future__ import annotations

from infonb.experiments.memorization_capacity.experiment import MemorizationCapacity

__all__ = ["MemorizationCapacity"]
