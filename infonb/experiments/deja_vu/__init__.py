"""Déjà vu: what a vision-language model remembers of images whose captions it has seen."""

from __future__ import annotations

from infonb.experiments.deja_vu.answer import (
    alone_table,
    answer_words,
    checks_table,
    confidence_words,
    information_words,
    treatments_table,
)
from infonb.experiments.deja_vu.experiment import DejaVu
from infonb.experiments.deja_vu.live import explore_deja_vu, recalled
from infonb.experiments.typesetting import typeset

__all__ = [
    "DejaVu",
    "alone_table",
    "answer_words",
    "checks_table",
    "confidence_words",
    "explore_deja_vu",
    "information_words",
    "recalled",
    "treatments_table",
    "typeset",
]
