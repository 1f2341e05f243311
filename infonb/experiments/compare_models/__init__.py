"""Your own models, compared: from checkpoints, or activations, to a verdict."""

from __future__ import annotations

from infonb.experiments.compare_models.answer import answer, models_table, plain
from infonb.experiments.compare_models.experiment import CompareModels
from infonb.experiments.compare_models.settings import describe_settings
from infonb.experiments.compare_models.told import how_recorded
from infonb.experiments.compare_models.units import unit_words

__all__ = [
    "CompareModels", "answer", "describe_settings", "how_recorded", "models_table", "plain",
    "unit_words",
]  # fmt: skip
