"""Constructed memorizers: what neurons show of networks that never learnt."""

from __future__ import annotations

from infonb.experiments.relu_memorizers.answer import (
    answer_words,
    counter_words,
    error_words,
    hyperplane_words,
    networks_table,
    pair_words,
    points_table,
    ruler_words,
    widths_table,
)
from infonb.experiments.relu_memorizers.experiment import ReLUMemorizers
from infonb.experiments.relu_memorizers.hyperplanes import RandomHyperplanes
from infonb.experiments.relu_memorizers.live import explore_construction
from infonb.experiments.typesetting import typeset

__all__ = [
    "RandomHyperplanes",
    "ReLUMemorizers",
    "answer_words",
    "counter_words",
    "error_words",
    "explore_construction",
    "hyperplane_words",
    "networks_table",
    "pair_words",
    "points_table",
    "ruler_words",
    "typeset",
    "widths_table",
]
