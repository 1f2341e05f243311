"""Constructed memorizers: what networks show that know examples by heart and never learnt."""

from __future__ import annotations

from infonb.experiments.relu_memorizers.experiment import ReLUMemorizers
from infonb.experiments.relu_memorizers.hyperplanes import RandomHyperplanes

__all__ = ["RandomHyperplanes", "ReLUMemorizers"]
