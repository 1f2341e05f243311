"""Density models: which images a generator knows by heart."""

from __future__ import annotations

from infonb.experiments.density_memorization.answer import (
    answer_words,
    chosen,
    course_table,
    groups_table,
    neighbour_words,
)
from infonb.experiments.density_memorization.experiment import DensityMemorization
from infonb.experiments.density_memorization.live import explore_density, ordered
from infonb.experiments.density_memorization.readings import judged
from infonb.experiments.typesetting import typeset

__all__ = [
    "DensityMemorization",
    "answer_words",
    "chosen",
    "course_table",
    "explore_density",
    "groups_table",
    "judged",
    "neighbour_words",
    "ordered",
    "typeset",
]
