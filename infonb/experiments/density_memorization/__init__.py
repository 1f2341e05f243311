"""Density models: which images does a generator know by heart?"""

from __future__ import annotations

from infonb.experiments.density_memorization.experiment import DensityMemorization

__all__ = ["DensityMemorization"]
