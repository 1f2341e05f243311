"""Memorizers that generalize, and memorizers that do not."""

from __future__ import annotations

from infonb.experiments.generalizable_memorizers.answer import (
    answer_words,
    cover_words,
    information_words,
    memorizers_table,
    pairs_words,
    size_words,
    width_words,
)
from infonb.experiments.generalizable_memorizers.experiment import GeneralizableMemorizers
from infonb.experiments.generalizable_memorizers.live import explore_regions, explore_wrong
from infonb.experiments.typesetting import typeset

__all__ = [
    "GeneralizableMemorizers",
    "answer_words",
    "cover_words",
    "explore_regions",
    "explore_wrong",
    "information_words",
    "memorizers_table",
    "pairs_words",
    "size_words",
    "typeset",
    "width_words",
]
