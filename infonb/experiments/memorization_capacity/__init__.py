"""Memorization capacity: how many bits of random strings a language model holds."""

from __future__ import annotations

from infonb.experiments.memorization_capacity.answer import (
    answer_words,
    capacity_table,
    convergence_words,
    information_words,
)
from infonb.experiments.memorization_capacity.experiment import MemorizationCapacity
from infonb.experiments.memorization_capacity.figures import (
    plot_capacity,
    plot_convergence,
    plot_information,
    plot_recited,
    plot_totals,
)
from infonb.experiments.memorization_capacity.live import explore_capacity

__all__ = [
    "MemorizationCapacity",
    "answer_words",
    "capacity_table",
    "convergence_words",
    "explore_capacity",
    "information_words",
    "plot_capacity",
    "plot_convergence",
    "plot_information",
    "plot_recited",
    "plot_totals",
]
