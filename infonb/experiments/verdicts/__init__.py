"""Verdicts: how often what is said of two networks is right, on networks of known kind."""

from __future__ import annotations

from infonb.experiments.verdicts.experiment import Verdicts

__all__ = ["Verdicts"]
