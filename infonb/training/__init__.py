"""Training: one loop for all networks, and what a trained network says."""

from __future__ import annotations

from infonb.training.evaluation import accuracy, predict
from infonb.training.fitting import fit

__all__ = ["accuracy", "fit", "predict"]
