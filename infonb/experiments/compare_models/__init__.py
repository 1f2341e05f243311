"""Your own models, compared: from checkpoints, or activations, to a verdict."""

from __future__ import annotations

from infonb.experiments.compare_models.answer import answer, models_table, plain
from infonb.experiments.compare_models.experiment import CompareModels
from infonb.experiments.compare_models.other_rulers import (
    has_other_rulers,
    other_rulers_table,
    other_rulers_words,
)
from infonb.experiments.compare_models.settings import describe_settings
from infonb.experiments.compare_models.told import how_recorded
from infonb.experiments.compare_models.units import unit_words

__all__ = [
    "CompareModels", "answer", "describe_settings", "has_other_rulers", "how_recorded",
    "models_table", "other_rulers_table", "other_rulers_words", "plain", "unit_words",
]  # fmt: skip
