"""Déjà vu: what a vision-language model remembers of images whose captions it has seen."""

from __future__ import annotations

from infonb.experiments.deja_vu.answer import (
    answer_words,
    checks_table,
    information_words,
    treatments_table,
)
from infonb.experiments.deja_vu.experiment import DejaVu
from infonb.experiments.deja_vu.live import explore_deja_vu, recalled

__all__ = [
    "DejaVu",
    "answer_words",
    "checks_table",
    "explore_deja_vu",
    "information_words",
    "recalled",
    "treatments_table",
]
