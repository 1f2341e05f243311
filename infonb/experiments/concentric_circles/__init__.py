"""Concentric circles: the two kinds of memorization on a toy that can be drawn."""

from __future__ import annotations

from infonb.experiments.concentric_circles.experiment import ConcentricCircles
from infonb.experiments.concentric_circles.measures import LAYERS, aligned_difference, cuts
from infonb.experiments.concentric_circles.recipes import select_sweep

__all__ = ["LAYERS", "ConcentricCircles", "aligned_difference", "cuts", "select_sweep"]
