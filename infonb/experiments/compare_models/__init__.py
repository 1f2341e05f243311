"""Your own models, compared: from checkpoints, or activations, to a verdict."""

from __future__ import annotations

from infonb.experiments.compare_models.experiment import CompareModels

__all__ = ["CompareModels"]
