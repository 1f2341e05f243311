"""Predictable memorization: which sequences a language model recites, told by smaller ones."""

from __future__ import annotations

from infonb.experiments.predictable_memorization.answer import (
    answer_words,
    checks_table,
    compute_words,
    information_words,
    sizes_table,
)
from infonb.experiments.predictable_memorization.experiment import PredictableMemorization
from infonb.experiments.predictable_memorization.figures import (
    plot_by_copies,
    plot_groups,
    plot_prediction,
    plot_scaling,
)
from infonb.experiments.predictable_memorization.given import score_sequences
from infonb.experiments.predictable_memorization.live import explore_predictable
from infonb.experiments.predictable_memorization.prediction import equal_compute, recommended
from infonb.experiments.typesetting import typeset

__all__ = [
    "PredictableMemorization",
    "answer_words",
    "checks_table",
    "compute_words",
    "equal_compute",
    "explore_predictable",
    "information_words",
    "plot_by_copies",
    "plot_groups",
    "plot_prediction",
    "plot_scaling",
    "recommended",
    "score_sequences",
    "sizes_table",
    "typeset",
]
